"""Rules with `by` on the gate: rows leave one by one, verdicts are told by segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_monitor.checks.anomaly import Anomaly
from dq_monitor.checks.functional_dependency import FunctionalDependency
from dq_monitor.checks.in_range import InRange
from dq_monitor.checks.mean import Mean
from dq_monitor.checks.row_count import RowCount
from dq_monitor.checks.unique import Unique
from dq_monitor.gate import Gate, Outcome, Write
from dq_monitor.model.event import Origin, WriteJudged
from dq_monitor.model.pack import Pack
from dq_monitor.model.rule import Limit, OnFail, Rule, Scope, Threshold
from dq_monitor.model.verdict import Counts, Decision, Finding, Status
from dq_monitor.store.memory import MemoryHistory, MemoryLog
from dq_monitor.tables.delta import DeltaTables

NOW = datetime(2013, 2, 9, 11, tzinfo=UTC)
TABLE = "silver.flights"
ORIGIN = Origin(job="test", run_id="00000000-0000-0000-0000-000000000001")
ANY = Threshold(over=Limit(0))
BY = ("g",)
RANGE = Rule("range", "in_range", InRange(column="a", max=9), error=ANY, by=BY)
UNIQUE = Rule("unique", "unique", Unique(key=("a",)), error=ANY, by=BY)
FEW = Threshold(below=Limit(2))
ROWS = Rule("rows", "row_count", RowCount(), error=FEW, on_fail=OnFail.BLOCK, by=BY)
MEAN = Rule("mean", "mean", Mean(column="a"), warn=Threshold(over=Limit(5)), by=BY)


class House:
    """A warehouse with one guarded table and a log in memory."""

    def __init__(self, root: Path, *rules: Rule) -> None:
        self.log = MemoryLog()
        self.tables = DeltaTables(str(root))
        history = MemoryHistory(self.log)
        pack = Pack("flights", TABLE, "f1", rules=rules)
        self.gate = Gate(tables=self.tables, packs={TABLE: pack}, log=self.log, history=history)

    def write(self, frame: pl.DataFrame, key: str = "one", day: int = 0) -> Outcome:
        now = NOW + timedelta(days=day)
        return self.gate.write(
            Write(table=TABLE, frame=frame.lazy(), write_id=key, origin=ORIGIN, now=now)
        )


def frame_of(**groups: list[int | None]) -> pl.DataFrame:
    """Return rows `g`, `a`: those of each group."""
    rows = [(name, value) for name, values in groups.items() for value in values]
    return pl.DataFrame(rows, schema={"g": pl.String, "a": pl.Int64}, orient="row")


def by_segment(outcome: Outcome, rule: str) -> Mapping[str, Finding]:
    return {one.segment: one for one in outcome.verdict.findings if one.rule_id == rule}


def test_rows_leave_by_themselves_and_are_counted_by_segment(tmp_path: Path) -> None:
    house = House(tmp_path, RANGE, replace(UNIQUE, on_fail=OnFail.DROP))
    outcome = house.write(frame_of(x=[1, 2, 99], y=[3, 3, None]))
    assert outcome.verdict.counts == Counts(6, 3, 1, 2)
    ranges = by_segment(outcome, "range")
    assert {name: (one.failing, one.status) for name, one in ranges.items()} == {
        "x": (1, Status.FAIL),
        "y": (0, Status.PASS),
    }
    keys = by_segment(outcome, "unique")
    assert {name: (one.failing, one.passing) for name, one in keys.items()} == {
        "x": (0, 2),
        "y": (2, 0),
    }


def test_a_table_rule_measures_what_stays_of_each_segment(tmp_path: Path) -> None:
    house = House(tmp_path, RANGE, replace(UNIQUE, on_fail=OnFail.QUARANTINE), MEAN)
    outcome = house.write(frame_of(x=[1, 2, 99], y=[99], z=[7, 7, 8]))
    found = by_segment(outcome, "mean")
    assert {name: (one.value, one.batch_value) for name, one in found.items()} == {
        "x": (1.5, 34.0),
        "y": (None, 99.0),
        "z": (8.0, pytest.approx(22 / 3)),
    }
    assert {name: one.status for name, one in found.items()} == {
        "x": Status.PASS,
        "y": Status.NOT_EVALUATED,
        "z": Status.WARN,
    }


def test_one_segment_that_blocks_keeps_the_batch_out(tmp_path: Path) -> None:
    house = House(tmp_path, RANGE, ROWS)
    outcome = house.write(frame_of(x=[1, 2], y=[1, 99], z=[1]))
    assert outcome.decision is Decision.REJECT
    assert outcome.verdict.reasons == (
        "rule rows blocks in 2 segments, first [y]: measured 1 (1 row)",
    )


def test_a_segment_that_is_only_stored_is_asked_with_the_whole_table(tmp_path: Path) -> None:
    whole = replace(ROWS, scope=Scope.TABLE, on_fail=OnFail.KEEP)
    house = House(tmp_path, whole, replace(MEAN, scope=Scope.TABLE))
    house.write(frame_of(x=[1, 2], y=[3]))
    outcome = house.write(frame_of(y=[5], z=[4]), "two")
    assert {n: one.value for n, one in by_segment(outcome, "rows").items()} == {
        "x": 2.0,
        "y": 2.0,
        "z": 1.0,
    }
    assert {n: one.value for n, one in by_segment(outcome, "mean").items()} == {
        "x": 1.5,
        "y": 4.0,
        "z": 4.0,
    }


def test_an_empty_batch_has_no_segments(tmp_path: Path) -> None:
    outcome = House(tmp_path, RANGE, UNIQUE, ROWS, MEAN).write(frame_of())
    found = [(one.rule_id, one.segment, one.status) for one in outcome.verdict.findings]
    assert found == [
        ("range", "", Status.PASS),
        ("unique", "", Status.PASS),
        ("rows", "", Status.NOT_EVALUATED),
        ("mean", "", Status.NOT_EVALUATED),
    ]
    assert outcome.decision is Decision.COMMIT


def test_each_segment_has_a_history_of_its_own(tmp_path: Path) -> None:
    odd = Rule("odd", "anomaly", Anomaly(metric="mean", min_history=4), warn=Threshold(beyond=4))
    house = House(tmp_path, MEAN, odd)
    for day in range(5):
        house.write(frame_of(x=[1, 1], y=[100 + day]), f"d{day}", day)
    outcome = house.write(frame_of(x=[1, 1], y=[1], z=[1]), "last", 5)
    found = by_segment(outcome, "odd")
    assert {name: one.status for name, one in found.items()} == {
        "x": Status.PASS,
        "y": Status.WARN,
        "z": Status.NOT_EVALUATED,
    }
    judged = [e.event for e in house.log.read(0, 1000) if isinstance(e.event, WriteJudged)]
    flagged = {(one.name, one.segment): one.flagged for one in judged[-1].metrics}
    assert flagged[("mean", "y")] is True
    assert flagged[("mean", "x")] is False
    assert ("mean", "") not in flagged


values = st.lists(st.none() | st.integers(0, 12), max_size=6)
batches = st.dictionaries(st.sampled_from("xyz"), values, max_size=3)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(stored=batches, batch=batches, scope=st.sampled_from(Scope))
def test_segments_add_up_to_what_is_told_without_them(
    stored: dict[str, list[int | None]],
    batch: dict[str, list[int | None]],
    scope: Scope,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    depends = FunctionalDependency(determinant=("a",), dependent=("g",))
    rules = (
        RANGE,
        UNIQUE,
        Rule("depends", "functional_dependency", depends, error=ANY, by=BY),
        replace(ROWS, scope=scope, error=None, warn=FEW, on_fail=OnFail.KEEP),
        replace(MEAN, scope=scope),
    )
    plain = [replace(rule, id=f"{rule.id}_whole", by=()) for rule in rules]
    house = House(tmp_path_factory.mktemp("house"), *rules, *plain)
    house.write(frame_of(**stored), "first")
    outcome = house.write(frame_of(**batch), "second")
    whole = {one.rule_id: one for one in outcome.verdict.findings if not one.segment}
    for rule in rules[:3]:
        found = by_segment(outcome, rule.id).values()
        assert sum(one.failing or 0 for one in found) == whole[f"{rule.id}_whole"].failing
        assert sum(one.passing or 0 for one in found) == whole[f"{rule.id}_whole"].passing
    counts = by_segment(outcome, "rows").values()
    assert sum(one.value or 0 for one in counts) == whole["rows_whole"].value
    judged = house.tables.scan(TABLE).collect()
    if scope is Scope.TABLE:
        stays = {name[0]: part for name, part in judged.partition_by("g", as_dict=True).items()}
        for name, one in by_segment(outcome, "mean").items():
            if name:
                expected = stays[name]["a"].mean() if name in stays else None
                assert one.value == (None if expected is None else pytest.approx(expected))
