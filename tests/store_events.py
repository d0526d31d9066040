"""Facts of a write for tests of the store: ordinary values, each of which a test may replace."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, Literal

from hypothesis import strategies as st

from dq_monitor.model.check import Kind
from dq_monitor.model.event import (
    BatchCommitted,
    Dataset,
    Event,
    Origin,
    StepStarted,
    TableAudited,
    WriteAbandoned,
    WriteJudged,
    WriteRejected,
    WriteStarted,
)
from dq_monitor.model.metric import Metric
from dq_monitor.model.table import WriteMode
from dq_monitor.model.verdict import Counts, Decision, Finding, Status, Verdict

NOW = datetime(2013, 2, 8, 23, 30, tzinfo=UTC)
TABLE = "silver.flights"
HOSTILE = (
    "'; DROP TABLE event_log; --",
    '"quoted" `ticks` %s %(name)s :name ? {} \\',
    "🛬 flüge\n\t漢字 \u202e",
    "x" * 300,
    "🛬" * 300,
)


def dataset(name: str = TABLE) -> Dataset:
    return Dataset(name, "file", f"/lake/{name}")


def origin(output: str = TABLE, *inputs: str) -> Origin:
    return Origin(
        job=f"make {output}",
        run_id=f"run of {output}",
        inputs=tuple(dataset(name) for name in inputs),
        output=dataset(output),
        day=date(2013, 2, 8),
    )


def started(write_id: str = "w1", table: str = TABLE, at: datetime = NOW) -> WriteStarted:
    return WriteStarted(
        write_id, table, WriteMode.APPEND, table, "f0", "stage-w1", at, origin(table)
    )


def finding(rule: str = "not_null.dest", status: Status = Status.PASS, **more: Any) -> Finding:
    return Finding(rule, rule.partition(".")[0], Kind.ROW, status, f"{rule} {status}", **more)


def metric(value: float = 1.0, name: str = "row_count", **more: Any) -> Metric:
    return replace(Metric(TABLE, name, value, NOW), **more)


def verdict(
    subject: str = "w1",
    *findings: Finding,
    table: str = TABLE,
    status: Status = Status.PASS,
    counts: Counts = Counts(10, 8, 1, 1),  # noqa: B008 - a frozen value
    at: datetime = NOW,
) -> Verdict:
    return Verdict(
        id=f"verdict of {subject}",
        subject=subject,
        table=table,
        pack=table,
        fingerprint="f0",
        status=status,
        decision=Decision.COMMIT,
        counts=counts,
        judged_at=at,
        findings=findings,
    )


def judged(write_id: str = "w1", *metrics: Metric, of: Verdict | None = None) -> WriteJudged:
    answer = of or verdict(write_id, finding())
    return WriteJudged(
        write_id, answer.table, answer.judged_at, answer, origin(answer.table), metrics
    )


def committed(
    write_id: str = "w1", version: int = 1, table: str = TABLE, at: datetime = NOW
) -> BatchCommitted:
    return BatchCommitted(write_id, table, version, at)


def rejected(write_id: str = "w1", **more: Any) -> WriteRejected:
    return WriteRejected(write_id, TABLE, NOW, ("row_count is 0, below 1",), **more)


def abandoned(write_id: str = "w1") -> WriteAbandoned:
    return WriteAbandoned(write_id, TABLE, NOW)


def step(output: str, *inputs: str, run_id: str = "") -> StepStarted:
    return StepStarted(replace(origin(output, *inputs), run_id=run_id or f"run of {output}"), NOW)


def audited(audit_id: str, of: Verdict, scope: Literal["freshness", "full"]) -> TableAudited:
    return TableAudited(audit_id, of.table, of.judged_at, of, scope=scope)


def whole_write(write_id: str, table: str = TABLE, **more: Any) -> Sequence[Event]:
    """Return a write from start to commit."""
    answer = verdict(write_id, finding(), table=table, **more)
    return started(write_id, table), judged(write_id, of=answer), committed(write_id, table=table)


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def any_event() -> st.SearchStrategy[Event]:
    """Return events of every type with any content that the model allows."""
    return st.one_of([any_of(kind) for kind in typing.get_args(Event)])


def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Return values of a type, as the model's dataclasses use types."""
    if isinstance(kind, type) and is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return st.builds(kind, **{field.name: any_of(hints[field.name]) for field in fields(kind)})
    origin_, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin_ is tuple:
        return st.lists(any_of(arguments[0]), max_size=2).map(tuple)
    if origin_ in {types.UnionType, typing.Union}:
        return st.one_of([any_of(one) for one in arguments])
    if origin_ is Literal:
        return st.sampled_from(arguments)
    return _plain(kind)


def _plain(kind: Any) -> st.SearchStrategy[Any]:
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    # a year is left at both ends, so that no zone leads out of the calendar
    span = {"min_value": datetime(2, 1, 1), "max_value": datetime(9998, 1, 1)}  # noqa: DTZ001 - hypothesis adds the zone
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=20),
        bool: st.booleans(),
        int: st.integers(0, 2**40),
        float: st.floats(allow_nan=False, allow_infinity=False),
        datetime: st.datetimes(**span, timezones=st.just(UTC)),  # type: ignore[arg-type]  # see span
        date: st.dates(),
        type(None): st.none(),
    }
    return plain[kind]


def append_all(log: Any, events: Iterator[Event] | Sequence[Event]) -> list[int]:
    return [log.append(event) for event in events]
