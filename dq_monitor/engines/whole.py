"""What is asked of all that a table will hold, on Polars: a batch with the rows that stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import polars as pl

from dq_monitor.engines import polars as engine
from dq_monitor.engines.groups import ByRule
from dq_monitor.engines.passes import States, table_groups, table_states
from dq_monitor.engines.plan import Plan
from dq_monitor.engines.queries import ask_queries
from dq_monitor.engines.rule_states import RuleState, groups_of
from dq_monitor.engines.segments import merged_groups, observe_query_segments, without_segments
from dq_monitor.model.rule import Scope
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import Files

Known = Mapping[str, RuleState]
NOTHING: Known = MappingProxyType({})
Both = tuple[pl.LazyFrame, pl.LazyFrame | None]  # the batch's rows, and the stored ones


def whole_states(
    plan: Plan,
    states: States,
    rows: pl.LazyFrame,
    stored: pl.LazyFrame | None,
    known: Known = NOTHING,
) -> States:
    """Measure the table rules that are asked of all the table will hold.

    The states of the stored rows are added to the batch's; what cannot be added up is asked of both
    together. `known` are states of the stored rows that need not be measured.
    """
    whole = plan.of_whole_table()
    if stored is None or not whole:
        return {}
    merging = [q for q in whole if q.mergeable]
    single = [q for q in whole if not q.mergeable]
    unknown = [q for q in merging if q.rule.id not in known]
    there = table_states(stored, plan, unknown) if unknown else {}
    remembered = {rule_id: state.parts for rule_id, state in known.items()}
    return {
        **engine.merged(merging, states, {**there, **remembered}),
        **(table_states(_both(rows, stored), plan, single) if single else {}),
    }


def whole_groups(
    plan: Plan, groups: ByRule, empty: States, both: Both, known: Known = NOTHING
) -> ByRule:
    """Measure the same by segment: those of the batch, and those that are only stored."""
    rows, stored = both
    whole = [q for q in plan.of_whole_table() if q.rule.by]
    if stored is None or not whole:
        return {}
    merging = [q for q in whole if q.mergeable]
    single = [q for q in whole if not q.mergeable]
    there = table_groups(stored, plan, [q for q in merging if q.rule.id not in known])
    there |= {q.rule.id: groups_of(q, known[q.rule.id]) for q in merging if q.rule.id in known}
    return {
        **merged_groups(merging, groups, there, empty),
        **table_groups(_both(rows, stored), plan, single),
    }


def whole_tables(
    plan: Plan, states: States, batch_states: States, stored: Files
) -> list[Observation]:
    """Measure the table rules; those asked of the whole table see the stored files too."""
    staged = plan.view.files.sizes if plan.view.files else ()
    whole = replace(plan.view, files=Files((*staged, *stored.sizes)))
    of_batch = tuple(q for q in plan.tables if q.rule.scope is not Scope.TABLE)
    of_table = tuple(q for q in plan.tables if q.rule.scope is Scope.TABLE)
    parts = (replace(plan, tables=of_batch), replace(plan, tables=of_table, view=whole))
    return [o for part in parts for o in engine.observe_tables(part, states, batch_states)]


def whole_queries(
    plan: Plan,
    rows: pl.LazyFrame,
    stored: pl.LazyFrame | None,
    references: Mapping[str, pl.LazyFrame],
) -> list[Observation]:
    """Ask the query rules of the rows that will be committed, or of all the table will hold."""
    whole = [q for q in plan.queries if q.rule.scope is Scope.TABLE]
    batch = [q for q in plan.queries if q.rule.scope is not Scope.TABLE]
    everything = rows if stored is None else _both(rows, stored)
    found: list[Observation] = []
    for asked, questions in ((rows, batch), (everything, whole)):
        found += ask_queries(asked, without_segments(questions), references, plan.view)
        found += observe_query_segments(asked, questions, references, plan.view)
    return found


def _both(rows: pl.LazyFrame, stored: pl.LazyFrame) -> pl.LazyFrame:
    return pl.concat([rows, stored], how="diagonal_relaxed")
