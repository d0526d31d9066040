"""Regular expressions: refused at load where they are none, and searched for on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import narwhals.stable.v2 as nw
import polars as pl
from pydantic import Field

from dq_monitor.checks._parameters import Flag
from dq_monitor.checks._pattern_dialects import spelled
from dq_monitor.model.view import View

MAX_PATTERN = 1_000

Pattern = Annotated[str, Field(min_length=1, description="regular expression, Rust syntax")]
Full = Annotated[Flag, Field(description="match the whole text instead of searching")]


def require_patterns(*patterns: str) -> None:
    """Refuse patterns that Polars refuses, each and together: it says so without any row."""
    for pattern in patterns:
        if len(pattern) > MAX_PATTERN:
            raise ValueError(f"the pattern is longer than {MAX_PATTERN:,} characters")
        _try(pattern)
    # Not instead: `a)(b` is no pattern although its anchored form is one.
    _try(f"^(?:{any_of(patterns)})$")


def any_of(patterns: Sequence[str]) -> str:
    """Return one pattern for several: they are looked for in one go."""
    return patterns[0] if len(patterns) == 1 else "|".join(f"(?:{one})" for one in patterns)


def search(view: View, column: str, text: nw.Expr, pattern: str, *, full: bool) -> nw.Expr:
    """Return whether a rule's pattern is found in the text of a column, or is all of it.

    Raises ValueError where the engine has no word for what the pattern says.
    """
    flags, body = spelled(pattern, view.engine)
    regex = f"{flags}^(?:{body}){_end(view)}" if full else f"{flags}{body}"
    return view.share(f"{column} ~ {regex}", text.str.contains(regex))


def whole(text: nw.Expr, pattern: str, view: View) -> nw.Expr:
    """Return whether all of a text is what a pattern of ours says, which every engine reads."""
    return text.str.contains(f"^(?:{pattern}){_end(view)}")


def group(engine: str, number: int) -> str:
    """Return how an engine puts a group of a pattern into what replaces it."""
    return {"polars": f"${{{number}}}", "spark": f"${number}"}.get(engine, f"\\{number}")


def _end(view: View) -> str:
    # Java's `$` also stands before a line end that is last; PostgreSQL has no `\z`.
    return r"\z" if view.engine == "spark" else "$"


def _try(regex: str) -> None:
    try:
        pl.Series([""]).str.contains(regex)
    except pl.exceptions.ComputeError as error:
        raise ValueError(f"invalid pattern: {_reason(str(error))}") from error


def _reason(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if "error:" in line]
    return (lines[-1] if lines else text.splitlines()[0]).removeprefix("error: ")
