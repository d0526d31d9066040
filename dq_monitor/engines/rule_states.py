"""What one rule measured of some of a table's rows: states of parts that do not overlap add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from types import MappingProxyType
from typing import Any

from dq_monitor.engines.groups import MOST, SIZE, Groups
from dq_monitor.engines.passes import Pass
from dq_monitor.engines.plan import Plan, RowQuestion, TableQuestion
from dq_monitor.engines.states import merge_states
from dq_monitor.model.verdict import Counts

Question = RowQuestion | TableQuestion
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RuleState:
    """What one rule measured: rows that fail and pass, or the parts of a table rule's state.

    `segments` holds the same for each segment of a rule with `by`; `size` is a segment's number of
    rows. `too_many` says that there are more segments than are told apart.
    """

    failing: int = 0
    passing: int = 0
    parts: Mapping[str, Any] = field(default_factory=dict)
    segments: Mapping[str, RuleState] = field(default_factory=dict)
    size: int = 0
    too_many: bool = False


def states_of(plan: Plan, seen: Pass) -> dict[str, RuleState]:
    """Return the states of row and table rules after a pass in which every row stayed."""
    rows = {
        q.rule.id: RuleState(
            seen.failing[q.rule.id],
            seen.passing[q.rule.id],
            **_segments(q, seen.groups.get(q.rule.id)),
        )
        for q in plan.rows
    }
    tables = {
        q.rule.id: RuleState(
            parts=seen.states[q.rule.id], **_segments(q, seen.groups.get(q.rule.id))
        )
        for q in plan.tables
    }
    return {**rows, **tables}


def pass_of(plan: Plan, rows: int, states: Mapping[str, RuleState]) -> Pass:
    """Return the pass over all rows that would have measured these states."""
    measured = {q.rule.id: states[q.rule.id].parts for q in plan.tables}
    groups = {q.rule.id: groups_of(q, states[q.rule.id]) for q in _questions(plan) if q.rule.by}
    return Pass(
        counts=Counts(rows, rows),
        failing={q.rule.id: states[q.rule.id].failing for q in plan.rows},
        passing={q.rule.id: states[q.rule.id].passing for q in plan.rows},
        states=measured,
        batch_states=measured,
        groups=groups,
        kept_groups=groups,
    )


def _questions(plan: Plan) -> tuple[Question, ...]:
    return (*plan.rows, *plan.tables)


def total(question: Question, states: Sequence[RuleState]) -> RuleState:
    """Return the state of all parts of a table together; there is at least one."""
    return reduce(lambda one, other: add(question, one, other), states)


def add(question: Question, one: RuleState, other: RuleState) -> RuleState:
    """Return the state of two parts of a table together."""
    segments = {**one.segments, **other.segments}
    for name in one.segments.keys() & other.segments.keys():
        segments[name] = add(question, one.segments[name], other.segments[name])
    many = one.too_many or other.too_many or len(segments) > MOST
    return RuleState(
        one.failing + other.failing,
        one.passing + other.passing,
        _parts(question, one.parts, other.parts),
        {} if many else segments,
        one.size + other.size,
        many,
    )


def _parts(
    question: Question, one: Mapping[str, Any], other: Mapping[str, Any]
) -> Mapping[str, Any]:
    if isinstance(question, RowQuestion) or not question.parts:
        return NOTHING
    return merge_states(question, one, other)


def _segments(question: Question, groups: Groups | None) -> dict[str, Any]:
    if groups is None or not question.rule.by:
        return {}
    found = {name: _segment(question, row) for name, row in groups.rows.items()}
    return {"segments": found, "too_many": groups.too_many}


def _segment(question: Question, row: Mapping[str, Any]) -> RuleState:
    if isinstance(question, TableQuestion):
        parts = {name: row[column] for name, column in question.columns.items()}
        return RuleState(parts=parts, size=row[SIZE])
    passing = row[f"passing:{question.rule.id}"]
    judged = row[f"judged:{question.rule.id}"]
    return RuleState(judged - passing, passing, size=row[SIZE])


def groups_of(question: Question, state: RuleState) -> Groups:
    """Return a state's segments as a pass would have reduced them."""
    rows = {name: _row(question, one) for name, one in state.segments.items()}
    return Groups(rows, state.too_many)


def _row(question: Question, segment: RuleState) -> dict[str, Any]:
    if isinstance(question, TableQuestion):
        named = {question.columns[name]: value for name, value in segment.parts.items()}
        return {**named, SIZE: segment.size}
    rule_id = question.rule.id
    judged = segment.failing + segment.passing
    return {f"passing:{rule_id}": segment.passing, f"judged:{rule_id}": judged, SIZE: segment.size}


def rows_only(plan: Plan) -> Plan:
    """Return the plan without set questions and queries: what one pass over rows answers."""
    return replace(plan, sets=(), queries=(), histories=())
