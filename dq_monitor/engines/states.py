"""States of table rules: what two of them make together, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dq_monitor.engines.plan import TableQuestion
from dq_monitor.model.check import Merge, MergingCheck
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import View

State = Mapping[str, Any]


def merge_states(question: TableQuestion, one: State, other: State) -> dict[str, Any]:
    """Return the state of both parts of a table."""
    if isinstance(question.check, MergingCheck):
        return dict(question.check.merge(one, other))
    return {n: _added(part.merge, one[n], other[n]) for n, part in question.parts.items()}


def observe_state(question: TableQuestion, view: View, kept: State, batch: State) -> Observation:
    """Return what a rule measured over the rows that stay, and over the whole batch beside."""
    rule_id = question.rule.id
    try:
        staying = question.check.measure(kept, view)
        whole = question.check.measure(batch, view)
    except ValueError as error:
        return Observation(rule_id, error=str(error))
    return Observation(rule_id, value=staying.value, batch_value=whole.value, note=staying.note)


def _added(merge: Merge, one: Any, other: Any) -> Any:
    """Merge two partial values; None stands for no rows."""
    if one is None or other is None:
        return other if one is None else one
    if merge is Merge.SUM:
        return one + other
    return min(one, other) if merge is Merge.MIN else max(one, other)
