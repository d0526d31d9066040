"""Texts that are JSON (RFC 8259), judged by Polars' own pass: no other engine takes a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals.stable.v2 as nw
from pydantic_core import from_json

from dq_monitor.checks._batches import by_batch, of_distinct
from dq_monitor.expression.types import Type, column
from dq_monitor.model.view import View


def judged(
    view: View, name: str, judge: Callable[[Any], bool], *, asked_by: str, asked_for: str = ""
) -> nw.Expr:
    """Return what `judge` says of the JSON values in a column: no for a text that is none.

    `asked_for` tells apart what a check asks with other parameters. Raises ValueError where another
    engine runs.
    """
    text = column(view, name, {Type.STRING}, asked_by=asked_by)

    def says_yes(text: str) -> bool:
        try:
            value = from_json(text, allow_inf_nan=False)
        except ValueError:
            return False
        return judge(value)

    made = by_batch(view, name, f"{asked_by}:{asked_for}", of_distinct(says_yes))
    if made is None:
        raise ValueError(f"{text.label} cannot be read as JSON here: only Polars can")
    return made
