"""What each row answers, on Polars: a column a rule, who stays, and why the others do not."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines import faults
from dq_monitor.engines.faults import Refusal
from dq_monitor.engines.plan import Plan, RowQuestion
from dq_monitor.model.rule import OnFail

KEPT = "_dq_kept"


def with_parts(frame: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    """Add the columns that several rules share, those that read others of them last."""
    if plan.parts is None:
        return frame
    rows = nw.from_native(frame.with_columns(**plan.parts.polars))
    for layer in (plan.parts.first, plan.parts.second):
        if layer:
            rows = rows.with_columns(expr.alias(name) for name, expr in layer.items())
    found: pl.LazyFrame = rows.to_native()
    return found


def answer(frame: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    """Add each row question's answer as a column, and `KEPT`: whether the row stays."""
    rows = nw.from_native(with_parts(frame, plan))
    asked = rows.with_columns(q.answer.alias(q.column) for q in plan.rows)
    stays = none_fails(plan.removing(OnFail.QUARANTINE, OnFail.DROP))
    return asked.to_native().with_columns(stays.alias(KEPT))


def split(answered: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    """Return the rows to be staged with `KEPT` telling the kept from the quarantined ones.

    Rows that only `drop` rules refuse are gone; a row that a quarantine rule refuses too is not.
    """
    rows = answered
    if plan.removing(OnFail.DROP):
        rows = rows.filter(pl.col(KEPT) | ~none_fails(plan.removing(OnFail.QUARANTINE)))
    return rows.drop(_added(plan))


def with_faults(frame: pl.LazyFrame, plan: Plan, name: str) -> pl.LazyFrame:
    """Add column `name`: which quarantine rules each row fails, in which column, and how."""
    held = plan.removing(OnFail.QUARANTINE)
    asked = answer(frame, plan).with_columns(_fails(q).alias(q.column) for q in held)
    refusals = [Refusal(q.rule, q.column) for q in held]
    return faults.with_faults(asked, refusals, plan.view, name).drop([KEPT, *_added(plan)])


def none_fails(questions: Sequence[RowQuestion]) -> pl.Expr:
    """Return whether a row fails none of the questions; unknown is no failure.

    An unknown answer never hides a no beside it, so the nulls are filled once and not in each.
    """
    if not questions:
        return pl.lit(value=True)
    return pl.all_horizontal([pl.col(q.column) for q in questions]).fill_null(value=True)


def _added(plan: Plan) -> list[str]:
    return [*(q.column for q in plan.rows), *(plan.parts.names if plan.parts else ())]


def _fails(question: RowQuestion) -> pl.Expr:
    return ~pl.col(question.column).fill_null(value=True)
