"""What rides along with the rows counts the same as a pass that branches."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from dq_monitor.checks.in_range import InRange
from dq_monitor.checks.mean import Mean
from dq_monitor.checks.not_null import NotNull
from dq_monitor.checks.row_count import RowCount
from dq_monitor.engines.along import can_ride, counting, with_staged
from dq_monitor.engines.answers import KEPT, answer
from dq_monitor.engines.passes import scan
from dq_monitor.engines.plan import Plan, compile_rules
from dq_monitor.model.rule import OnFail, Rule
from dq_monitor.model.verdict import Counts
from dq_monitor.model.view import View

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOT_NULL = Rule("not_null.a", "not_null", NotNull(column="a"), on_fail=OnFail.QUARANTINE)
SMALL = Rule("small", "in_range", InRange(column="a", max=5), on_fail=OnFail.DROP)
KNOWN = Rule("known", "in_range", InRange(column="b", min=0), on_fail=OnFail.KEEP)
ROWS = Rule("rows", "row_count", RowCount(), on_fail=OnFail.KEEP)
PARTED = Rule("parted", "not_null", NotNull(column="a"), by=("b",))
MEANS = Rule("means", "mean", Mean(column="a"), by=("b",), where="b > -3", on_fail=OnFail.KEEP)
LARGE = Rule("large", "in_range", InRange(column="b", max=1), by=("a", "b"), on_fail=OnFail.KEEP)
MIXED = pl.DataFrame({"a": [1, None, 9, 4, 7, None], "b": [1.0, None, -1.0, 2.0, None, -3.0]})


def plan_of(frame: pl.DataFrame, *rules: Rule) -> Plan:
    view = View(dict(nw.from_native(frame).schema), NOW, "UTC")
    return compile_rules(rules, view, share=True)


@pytest.mark.parametrize(
    "frame",
    [MIXED, MIXED.clear(), pl.concat([MIXED] * 60_000)],
    ids=["mixed", "empty", "several morsels"],
)
@pytest.mark.parametrize(
    "rules",
    [(), (NOT_NULL,), (SMALL,), (NOT_NULL, SMALL), (NOT_NULL, SMALL, KNOWN)],
    ids=["none", "quarantine", "drop", "both", "all"],
)
def test_riding_counts_what_a_pass_counts(frame: pl.DataFrame, rules: tuple[Rule, ...]) -> None:
    plan = plan_of(frame, *rules)
    answered = answer(frame.lazy(), plan)
    riding, seen = counting(answered, plan)
    assert riding.collect(engine="streaming").height == frame.height
    branched = scan(answered, plan)
    assert (seen().counts, seen().failing, seen().passing) == (
        branched.counts,
        branched.failing,
        branched.passing,
    )


@pytest.mark.parametrize("frame", [MIXED, MIXED.clear(), MIXED.drop_nulls()], ids=str)
@pytest.mark.parametrize(
    "rules",
    [(PARTED,), (MEANS,), (ROWS, MEANS, PARTED), (KNOWN, PARTED, MEANS, LARGE)],
    ids=["rows", "tables", "both", "all"],
)
def test_what_was_staged_tells_what_a_pass_measures(
    frame: pl.DataFrame, rules: tuple[Rule, ...]
) -> None:
    plan = plan_of(frame, NOT_NULL, *rules)
    answered = answer(frame.lazy(), plan)
    riding, seen = counting(answered, plan)
    riding.collect(engine="streaming")
    kept, held = (answered.filter(s).select(frame.columns) for s in (pl.col(KEPT), ~pl.col(KEPT)))
    assert with_staged(seen(), plan, kept, held) == replace(scan(answered, plan), hashes={})


def test_a_row_that_two_rules_refuse_is_held_and_not_dropped() -> None:
    plan = plan_of(MIXED, NOT_NULL, SMALL)
    riding, seen = counting(answer(MIXED.lazy(), plan), plan)
    riding.collect(engine="streaming")
    assert seen().counts == Counts(6, 2, 2, 2)


@pytest.mark.parametrize(
    ("rules", "rides"),
    [
        ((NOT_NULL, SMALL), True),
        ((NOT_NULL, ROWS), True),
        ((SMALL, ROWS), False),
        ((PARTED, NOT_NULL), True),
        ((PARTED, SMALL), False),
    ],
    ids=["rows", "a table", "a table beside dropped rows", "segments", "and beside those"],
)
def test_what_staged_rows_cannot_tell_does_not_ride(rules: tuple[Rule, ...], rides: bool) -> None:  # noqa: FBT001 - a column of the table
    assert can_ride(plan_of(MIXED, *rules)) is rides
