"""The portable engine: the questions of a plan on any lazy backend, in few queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from dq_monitor.engines.isolation import Broken, Collect, Frame, collecting, isolate, singly
from dq_monitor.engines.lazy import (
    COUNT,
    NO,
    YES,
    Asked,
    Reduction,
    ask,
    carrying,
    groups,
    query,
    select,
)
from dq_monitor.engines.plan import QueryQuestion, SetQuestion, TableQuestion
from dq_monitor.model.check import View
from dq_monitor.model.rule import Nulls, Rule
from dq_monitor.model.verdict import Observation

State = Mapping[str, Any]


def evaluate(
    rows: Frame,
    rules: Sequence[Rule],
    view: View,
    references: Mapping[str, Frame],
    stored: Frame | None = None,
    *,
    collect: Collect,
) -> tuple[Observation, ...]:
    """Judge rows where they lie, as `engines.polars.evaluate` does, on whichever engine.

    `view.engine` is its name, `collect` runs a query there. History rules are left out. A rule that
    breaks is in error alone.
    """
    asked, run = ask(rows, rules, view, references, stored), collecting(collect)
    plan = asked.plan
    states: dict[str, State] = {}
    errors: dict[str, str] = dict(plan.errors)
    for group in groups(plan):
        for one, state in isolate(lambda some: _states(asked, some, run), group):
            if isinstance(state, Broken):
                errors[one.rule.id] = state.why
            else:
                states[one.rule.id] = state
    sets = [q for q in plan.sets if q.rule.id in states]
    return (
        *(_observe_rows(q.rule.id, states[q.rule.id]) for q in plan.rows if q.rule.id in states),
        *(_observe_set(q.rule, states[q.rule.id], n) for q, n in _failing(asked, sets, run)),
        *(_observe(q, states[q.rule.id], view) for q in plan.tables if q.rule.id in states),
        *(_observe(q, state, view) for q, state in _queried(asked, run)),
        *(Observation(rule_id, error=why) for rule_id, why in errors.items()),
    )


def lacking(
    rows: Frame,
    rules: Sequence[Rule],
    view: View,
    references: Mapping[str, Frame],
    *,
    prepare: Callable[[Frame], None],
) -> Mapping[Rule, str]:
    """Return the rules that the engine does not know how to ask, and why; no row is read.

    `prepare` has the engine look at a query without running it.
    """
    asked = ask(rows, rules, view, references, None)

    def prepared(some: Sequence[Reduction]) -> Sequence[None]:
        frame = select(asked, some)
        if frame is not None:
            prepare(frame)
        return [None] * len(some)

    found: list[tuple[Rule, Broken | None]] = [
        *((one.rule, w) for group in groups(asked.plan) for one, w in isolate(prepared, group)),
        *((q.rule, w) for q, w in singly(lambda q: prepare(carrying(asked, q)), asked.plan.sets)),
        *((q.rule, w) for q, w in singly(lambda q: prepare(query(asked, q)), asked.plan.queries)),
    ]
    return {rule: why.why for rule, why in found if why is not None and why.lacking}


def _states(asked: Asked, wanted: Sequence[Reduction], run: Collect) -> Sequence[State]:
    frame = select(asked, wanted)
    row = {} if frame is None else _one_row(run(frame))
    values = iter(row.values())
    return [{name: next(values) for name in one.parts} for one in wanted]


def _one_row(found: Any) -> dict[str, Any]:
    return {name: _plain(value) for name, value in found.row(0, named=True).items()}


def _plain(value: object) -> object:
    """Return a number as Polars would: DuckDB and PostgreSQL answer some with decimals."""
    if not isinstance(value, Decimal):
        return value
    whole = value.is_finite() and value == value.to_integral_value()
    return int(value) if whole else float(value)


def _observe_rows(rule_id: str, state: State) -> Observation:
    return Observation(rule_id, failing=state[NO], passing=state[YES])


def _observe_set(rule: Rule, keys: State, failing: int | Broken) -> Observation:
    if isinstance(failing, Broken):
        return Observation(rule.id, error=failing.why)
    bad = failing + (keys[NO] if rule.nulls is Nulls.FAIL else 0)
    good = keys[YES] - failing + (keys[NO] if rule.nulls is Nulls.PASS else 0)
    return Observation(rule.id, failing=bad, passing=good)


def _observe(
    question: TableQuestion | QueryQuestion, state: State | Broken, view: View
) -> Observation:
    rule_id = question.rule.id
    if isinstance(state, Broken):
        return Observation(rule_id, error=state.why)
    try:
        measure = question.check.measure(state, view)
    except ValueError as error:
        return Observation(rule_id, error=str(error))
    # as on Polars: of a query there is no second answer, of the whole batch
    batch = measure.value if isinstance(question, TableQuestion) else None
    return Observation(rule_id, value=measure.value, batch_value=batch, note=measure.note)


def _failing(
    asked: Asked, questions: Sequence[SetQuestion], run: Collect
) -> Iterator[tuple[SetQuestion, int | Broken]]:
    """Count the rows that carry a failing key: a query each, as each joins keys of its own."""

    def count(question: SetQuestion) -> int:
        found: int = _one_row(run(carrying(asked, question)))[COUNT]
        return found

    return singly(count, questions)


def _queried(asked: Asked, run: Collect) -> Iterator[tuple[QueryQuestion, State | Broken]]:
    return singly(lambda q: _one_row(run(query(asked, q))), asked.plan.queries)
