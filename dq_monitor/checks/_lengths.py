"""How long a text is, in characters or bytes, the same on every engine."""

from __future__ import annotations

from typing import Annotated, Literal

import narwhals.stable.v2 as nw
import polars as pl
from pydantic import Field

from dq_monitor.expression.types import Type, column
from dq_monitor.model.view import View

Unit = Annotated[Literal["characters", "bytes"], Field(description="what is counted")]

# Each character beyond ASCII stands for as many bytes as UTF-8 takes.
_WIDE = (
    ("[\x80-\u07ff]", "aa"),
    ("[\u0800-\uffff]", "aaa"),
    ("[\U00010000-\U0010ffff]", "aaaa"),
)


def text_length(view: View, name: str, unit: str, *, asked_by: str) -> nw.Expr:
    """Return how long the texts of a column are; raise ValueError where it holds none."""
    text = column(view, name, {Type.STRING}, asked_by=asked_by).expr
    if unit == "characters":
        return view.share(f"characters({name})", text.str.len_chars().cast(nw.Int64))
    # Only Polars counts bytes itself, in an eighth of the time that characters take.
    own = pl.col(name).cast(pl.String).str.len_bytes()
    size = view.made_by_polars(f"bytes({name})", own)
    if size is None:
        for characters, stand_in in _WIDE:
            text = text.str.replace_all(characters, stand_in)
        size = text.str.len_chars()
    return size.cast(nw.Int64)
