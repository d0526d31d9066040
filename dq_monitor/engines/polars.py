"""The Polars engine: all questions of a plan in one streaming pass over the batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, TypeVar

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.plan import Plan, RowQuestion, SetQuestion, TableQuestion, compile_rules
from dq_monitor.engines.queries import ask_queries
from dq_monitor.engines.sets import Held, ask_keys, asked_keys
from dq_monitor.model.check import Merge, MergingCheck, Stored, View
from dq_monitor.model.rule import OnFail, Rule
from dq_monitor.model.verdict import Counts, Observation

KEPT = "_dq_kept"
ROWS = "rows"
Result = TypeVar("Result")
States = Mapping[str, Mapping[str, Any]]
Failure = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass over a batch measured.

    `keys` holds for each unique rule how many kept rows have a key, and how many distinct hashes
    these have: fewer means that some may repeat. `states` and `batch_states` hold each table
    rule's state over the kept rows and over all rows.
    """

    counts: Counts
    failing: Mapping[str, int]
    passing: Mapping[str, int]
    keys: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    states: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    batch_states: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def evaluate(
    frame: pl.LazyFrame,
    rules: Sequence[Rule],
    view: View,
    references: Mapping[str, pl.LazyFrame],
    stored: pl.LazyFrame | None,
) -> tuple[Observation, ...]:
    """Judge a frame where it lies: every rule asked of all its rows, nothing is written.

    `references` are the tables that rules refer to, by name; `stored` the rows that unique keys are
    held against beside the frame's own.
    """
    plan, seen = sound(
        frame, compile_rules(rules, view), lambda plan: scan(answer(frame, plan), plan)
    )
    held = [Held(q, _others(q, references, stored)) for q in plan.sets]
    return tuple(
        observe_rows(plan, seen)
        + [answer.seen for answer in ask_keys(frame, held, view).values()]
        + observe_tables(plan, seen.states, seen.batch_states)
        + ask_queries(frame, plan.queries, references, view)
        + observe_errors(plan)
    )


def scan(answered: pl.LazyFrame, plan: Plan, sink: pl.LazyFrame | None = None) -> Pass:
    """Count every answer and measure every table rule in one pass, beside `sink` if there is one.

    `answered` comes from `answer()`, and so must the `sink`'s rows, for the scan to be shared.
    """
    kept = answered.filter(pl.col(KEPT)) if plan.removing(OnFail.QUARANTINE, OnFail.DROP) else None
    branches = _branches(answered, kept, plan)
    sinks = [] if sink is None else [sink]
    results = pl.collect_all([*sinks, *branches.values()], engine="streaming")[len(sinks) :]
    return _read(plan, dict(zip(branches, results, strict=True)), shared=kept is None)


def answer(frame: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    """Add each row question's answer as a column, and `KEPT`: whether the row stays."""
    asked = nw.from_native(frame).with_columns(q.answer.alias(q.column) for q in plan.rows)
    return asked.to_native().with_columns(
        (~_any_fails(plan.removing(OnFail.QUARANTINE, OnFail.DROP))).alias(KEPT)
    )


def split(answered: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    """Return the rows to be staged with `KEPT` telling the kept from the quarantined ones.

    Rows that only `drop` rules refuse are gone; a row that a quarantine rule refuses too is not.
    """
    rows = answered
    if plan.removing(OnFail.DROP):
        rows = rows.filter(pl.col(KEPT) | _any_fails(plan.removing(OnFail.QUARANTINE)))
    return rows.drop(q.column for q in plan.rows)


def reasons(frame: pl.LazyFrame, plan: Plan, name: str) -> pl.LazyFrame:
    """Add column `name`: the ids of the quarantine rules that each row fails."""
    asked = answer(frame, plan)
    failed = [pl.when(_fails(q)).then(pl.lit(q.rule.id)) for q in plan.removing(OnFail.QUARANTINE)]
    ids = pl.concat_list(failed).list.drop_nulls() if failed else _no_reasons()
    return asked.with_columns(ids.alias(name)).drop([KEPT, *(q.column for q in plan.rows)])


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
        scan(answer(frame, plan), plan)
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
    return [_observe_table(q, plan.view, states, batch_states) for q in plan.tables]


def observe_errors(plan: Plan) -> list[Observation]:
    """Return the rules that could not be asked."""
    return [Observation(rule_id, error=error) for rule_id, error in plan.errors.items()]


def table_states(
    frame: pl.LazyFrame, questions: Sequence[TableQuestion]
) -> dict[str, dict[str, Any]]:
    """Measure table questions alone, over the rows of `frame`."""
    branches = dict(_table_branches(frame, questions, ROWS))
    results = pl.collect_all(list(branches.values()), engine="streaming")
    return _states(questions, dict(zip(branches, results, strict=True)), ROWS)


def merged(
    questions: Iterable[TableQuestion], states: States, stored: States
) -> dict[str, Mapping[str, Any]]:
    """Add the stored rows' states to those of a batch."""
    return {q.rule.id: _merge(q, states[q.rule.id], stored[q.rule.id]) for q in questions}


def _merge(
    question: TableQuestion, one: Mapping[str, Any], other: Mapping[str, Any]
) -> dict[str, Any]:
    if isinstance(question.check, MergingCheck):
        return dict(question.check.merge(one, other))
    return {n: _added(part.merge, one[n], other[n]) for n, part in question.parts.items()}


def _added(merge: Merge, one: Any, other: Any) -> Any:
    """Merge two partial values; None stands for no rows."""
    if one is None or other is None:
        return other if one is None else one
    if merge is Merge.SUM:
        return one + other
    return min(one, other) if merge is Merge.MIN else max(one, other)


def _observe_table(
    question: TableQuestion,
    view: View,
    states: States,
    batch_states: States,
) -> Observation:
    rule_id = question.rule.id
    try:
        kept = question.check.measure(states[rule_id], view)
        batch = question.check.measure(batch_states[rule_id], view)
    except ValueError as error:
        return Observation(rule_id, error=str(error))
    return Observation(rule_id, value=kept.value, batch_value=batch.value, note=kept.note)


def _others(
    question: SetQuestion, references: Mapping[str, pl.LazyFrame], stored: pl.LazyFrame | None
) -> pl.LazyFrame | None:
    reference = question.check.reference()
    if reference is not None:
        return references.get(reference.table)
    return None if question.check.stored is Stored.NONE else stored


def _fails(question: RowQuestion) -> pl.Expr:
    return ~pl.col(question.column).fill_null(value=True)


def _any_fails(questions: Sequence[RowQuestion]) -> pl.Expr:
    if not questions:
        return pl.lit(value=False)
    return pl.any_horizontal([_fails(q) for q in questions])


def _no_reasons() -> pl.Expr:
    return pl.lit([], dtype=pl.List(pl.String))


def _branches(
    answered: pl.LazyFrame, kept: pl.LazyFrame | None, plan: Plan
) -> dict[str, pl.LazyFrame]:
    rows = answered if kept is None else kept
    return {
        ROWS: answered.select(_row_counts(plan)),
        **dict(_table_branches(answered, plan.tables, "batch")),
        **({} if kept is None else dict(_table_branches(kept, plan.tables, "kept"))),
        **{f"keys:{q.rule.id}": _key_hashes(rows, q, plan.view) for q in _unique(plan)},
    }


def _row_counts(plan: Plan) -> Iterator[pl.Expr]:
    quarantined = _any_fails(plan.removing(OnFail.QUARANTINE))
    yield pl.len().alias("rows_in")
    yield pl.col(KEPT).sum().alias("kept")
    yield (quarantined & ~pl.col(KEPT)).sum().alias("quarantined")
    for question in plan.rows:
        column = pl.col(question.column)
        yield column.sum().alias(f"passing:{question.rule.id}")
        yield (~column).sum().alias(f"failing:{question.rule.id}")


def _table_branches(
    frame: pl.LazyFrame, questions: Sequence[TableQuestion], name: str
) -> Iterator[tuple[str, pl.LazyFrame]]:
    """One branch for the questions of each distinct `where`, since parts only reduce."""
    for where in dict.fromkeys(q.rule.where for q in questions):
        group = [q for q in questions if q.rule.where == where and q.parts]
        if not group:
            continue
        rows = nw.from_native(frame)
        if group[0].asked is not None:
            rows = rows.filter(group[0].asked)
        parts = [p.expr.alias(q.columns[n]) for q in group for n, p in q.parts.items()]
        yield f"{name}:{where}", rows.select(parts).to_native()


def _unique(plan: Plan) -> Iterable[SetQuestion]:
    return (q for q in plan.sets if q.only_repeats)


def _key_hashes(rows: pl.LazyFrame, question: SetQuestion, view: View) -> pl.LazyFrame:
    """Project the keys to 64 bits: 8 bytes a row, whatever the key's types.

    Each column is hashed under its own seed, so that equal values in two columns do not cancel.
    """
    keys = asked_keys(rows, question, view)
    hashes = [pl.col(key).hash(seed=seed) for seed, key in enumerate(question.rule.columns)]
    return keys.select(reduce(pl.Expr.xor, hashes).alias("key"))


def _read(plan: Plan, results: Mapping[str, pl.DataFrame], *, shared: bool) -> Pass:
    row = results[ROWS].row(0, named=True)
    kept = "batch" if shared else "kept"
    counts = Counts(
        rows_in=row["rows_in"],
        kept=row["kept"],
        quarantined=row["quarantined"],
        dropped=row["rows_in"] - row["kept"] - row["quarantined"],
    )
    return Pass(
        counts=counts,
        failing={q.rule.id: row[f"failing:{q.rule.id}"] for q in plan.rows},
        passing={q.rule.id: row[f"passing:{q.rule.id}"] for q in plan.rows},
        keys={q.rule.id: _distinct(results[f"keys:{q.rule.id}"]) for q in _unique(plan)},
        states=_states(plan.tables, results, kept),
        batch_states=_states(plan.tables, results, "batch"),
    )


def _distinct(keys: pl.DataFrame) -> tuple[int, int]:
    return keys.height, keys["key"].n_unique()


def _states(
    questions: Sequence[TableQuestion], results: Mapping[str, pl.DataFrame], name: str
) -> dict[str, dict[str, Any]]:
    states = {}
    for question in questions:
        row = {}
        if question.parts:
            row = results[f"{name}:{question.rule.where}"].row(0, named=True)
        states[question.rule.id] = {n: row[c] for n, c in question.columns.items()}
    return states
