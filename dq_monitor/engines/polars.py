"""The Polars engine: all questions of a plan in one streaming pass over the batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import polars as pl

from dq_monitor.engines.passes import Pass, States, empty_states, scan_columns, scan_once
from dq_monitor.engines.plan import Plan, SetQuestion, TableQuestion, compile_rules
from dq_monitor.engines.queries import ask_queries
from dq_monitor.engines.segments import (
    observe_key_segments,
    observe_query_segments,
    observe_segments,
    parted,
    without_segments,
)
from dq_monitor.engines.sets import Held, KeyAnswer, ask_keys
from dq_monitor.engines.states import merge_states, observe_state
from dq_monitor.engines.watch import Watch, unwatched
from dq_monitor.model.check import Stored
from dq_monitor.model.rule import OnFail, Rule
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import View

Result = TypeVar("Result")
Failure = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


def evaluate(
    frame: pl.LazyFrame,
    rules: Sequence[Rule],
    view: View,
    references: Mapping[str, pl.LazyFrame],
    stored: pl.LazyFrame | None,
    *,
    columnar: bool = False,
    watch: Watch = unwatched,
) -> tuple[Observation, ...]:
    """Judge a frame where it lies: every rule asked of all its rows, nothing is written.

    `references` are the tables that rules refer to, by name; `stored` the rows that unique keys are
    held against beside the frame's own. `columnar` says that the frame only scans Parquet, so that
    reading it column by column costs no more than reading it once. `watch` is told of each part.
    """
    staying = [replace(rule, on_fail=OnFail.KEEP) for rule in rules]
    plan = compile_rules(staying, view, share=True)
    pass_over = scan_columns if columnar else scan_once
    plan, seen = sound(frame, plan, lambda plan: pass_over(frame, plan, watch))
    held = [Held(q, others(q, references, stored)) for q in plan.sets]
    answers = ask_keys(frame, held, view, seen.hashes, watch)
    return concluded(frame, plan, seen, answers, references, watch=watch)


def concluded(
    frame: pl.LazyFrame,
    plan: Plan,
    seen: Pass,
    answers: Mapping[str, KeyAnswer],
    references: Mapping[str, pl.LazyFrame],
    *,
    watch: Watch = unwatched,
) -> tuple[Observation, ...]:
    """Return what every rule measured, from a pass and the keys' answers; ask the queries."""
    view = plan.view
    whole = (
        observe_rows(plan, seen)
        + [answer.seen for answer in answers.values()]
        + observe_tables(plan, seen.states, seen.batch_states)
        + ask_queries(frame, without_segments(plan.queries), references, view, watch)
        + observe_errors(plan)
    )
    segments = (
        *observe_segments(plan, seen.groups, seen.kept_groups, empty_states(frame, plan)),
        *observe_key_segments(frame, plan, answers, watch),
        *observe_query_segments(frame, plan.queries, references, view, watch),
    )
    return parted(whole, segments)


def sound(frame: pl.LazyFrame, plan: Plan, run: Callable[[Plan], Result]) -> tuple[Plan, Result]:
    """Run `run(plan)`; when a rule breaks it, find which and run without, the rule in error.

    Polars raises on data that only evaluation meets, and its PanicException is a BaseException.
    When the frame itself cannot be read the error is the caller's.
    """
    try:
        return plan, run(plan)
    except Failure:
        frame.select(pl.all().null_count()).collect(engine="streaming")
        healthy = _without_culprits(frame, plan)
        return healthy, run(healthy)


def _without_culprits(frame: pl.LazyFrame, plan: Plan) -> Plan:
    """Ask each row and table question alone; return the plan of those that can be answered."""
    alone = {q.rule.id: replace(plan, rows=(q,), sets=(), tables=()) for q in plan.rows}
    alone |= {q.rule.id: replace(plan, rows=(), sets=(), tables=(q,)) for q in plan.tables}
    broken = {rule_id: error for rule_id, one in alone.items() if (error := _break(frame, one))}
    return replace(
        plan,
        rows=tuple(q for q in plan.rows if q.rule.id not in broken),
        tables=tuple(q for q in plan.tables if q.rule.id not in broken),
        errors={**plan.errors, **broken},
    )


def _break(frame: pl.LazyFrame, plan: Plan) -> str:
    """Return why the plan cannot be run, without the values that Polars would quote."""
    try:
        scan_once(frame, plan)
    except Failure as error:
        return f"evaluation failed with {type(error).__name__}: check the rule against the column"
    return ""


def observe_rows(plan: Plan, seen: Pass) -> list[Observation]:
    """Return what the row rules measured."""
    return [
        Observation(q.rule.id, failing=seen.failing[q.rule.id], passing=seen.passing[q.rule.id])
        for q in plan.rows
    ]


def observe_tables(
    plan: Plan,
    states: States,
    batch_states: States,
) -> list[Observation]:
    """Return what the table rules measured over the kept rows, and over the batch beside."""
    return [
        observe_state(q, plan.view, states[q.rule.id], batch_states[q.rule.id]) for q in plan.tables
    ]


def observe_errors(plan: Plan) -> list[Observation]:
    """Return the rules that could not be asked."""
    return [Observation(rule_id, error=error) for rule_id, error in plan.errors.items()]


def merged(
    questions: Iterable[TableQuestion], states: States, stored: States
) -> dict[str, Mapping[str, Any]]:
    """Add the stored rows' states to those of a batch."""
    return {q.rule.id: merge_states(q, states[q.rule.id], stored[q.rule.id]) for q in questions}


def others(
    question: SetQuestion, references: Mapping[str, pl.LazyFrame], stored: pl.LazyFrame | None
) -> pl.LazyFrame | None:
    """Return the rows that the keys of a question are held against; None where there are none."""
    reference = question.check.reference()
    if reference is not None:
        return references.get(reference.table)
    return None if question.check.stored is Stored.NONE else stored
