"""The portable engine: the questions of a plan on any lazy backend, in few queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dq_monitor.engines import lazy_segments as by_segment
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
    plain,
    query,
    reductions,
    select,
)
from dq_monitor.engines.lazy_segments import Segments, kin_of
from dq_monitor.engines.plan import Plan, QueryQuestion, SetQuestion, TableQuestion
from dq_monitor.engines.segments import NO_ROWS, size_note
from dq_monitor.model.rule import Nulls, Rule
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import View

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
    errors = asked.plan.errors.items()
    return (
        *_whole(replace(asked, plan=_some(asked.plan, segmented=False)), run),
        *_parted(replace(asked, plan=_some(asked.plan, segmented=True)), run),
        *(Observation(rule_id, error=why) for rule_id, why in errors),
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
    whole, parted = (_some(asked.plan, segmented=one) for one in (False, True))

    def selected(some: Sequence[Reduction]) -> Sequence[None]:
        frame = select(asked, some)
        if frame is not None:
            prepare(frame)
        return [None] * len(some)

    def grouped(some: Sequence[Reduction]) -> Sequence[None]:
        prepare(by_segment.reduced(asked, some))
        return [None] * len(some)

    def counted(question: SetQuestion) -> None:
        count = by_segment.carrying if question.rule.by else carrying
        prepare(count(asked, question))

    def queried(question: QueryQuestion) -> None:
        prepare(query(asked, question))

    found: list[tuple[Rule, Broken | None]] = [
        *((q.rule, w) for some in groups(reductions(whole)) for q, w in isolate(selected, some)),
        *((q.rule, w) for some in kin_of(reductions(parted)) for q, w in isolate(grouped, some)),
        *((q.rule, why) for q, why in singly(counted, asked.plan.sets)),
        *((q.rule, why) for q, why in singly(queried, asked.plan.queries)),
    ]
    return {rule: why.why for rule, why in found if why is not None and why.lacking}


def _some(plan: Plan, *, segmented: bool) -> Plan:
    """Return the plan's questions that have segments, or those that have none."""
    return replace(
        plan,
        rows=tuple(q for q in plan.rows if bool(q.rule.by) is segmented),
        sets=tuple(q for q in plan.sets if bool(q.rule.by) is segmented),
        tables=tuple(q for q in plan.tables if bool(q.rule.by) is segmented),
        queries=tuple(q for q in plan.queries if bool(q.rule.by) is segmented),
    )


def _whole(asked: Asked, run: Collect) -> Iterator[Observation]:
    """Ask the rules that have no segments."""
    plan, states = asked.plan, dict[str, State]()
    for group in groups(reductions(plan)):
        for one, state in isolate(lambda some: _states(asked, some, run), group):
            if isinstance(state, Broken):
                yield Observation(one.rule.id, error=state.why)
            else:
                states[one.rule.id] = state
    yield from (_counted(q.rule, states[q.rule.id]) for q in plan.rows if q.rule.id in states)
    sets = [q for q in plan.sets if q.rule.id in states]
    for question, failing in singly(lambda q: _failing(asked, q, run), sets):
        yield _held(question.rule, states[question.rule.id], failing)
    for table in plan.tables:
        if table.rule.id in states:
            yield _measured(table, states[table.rule.id], plan.view)
    for asking, state in singly(lambda q: _one_row(run(query(asked, q))), plan.queries):
        yield _measured(asking, state, plan.view)


def _parted(asked: Asked, run: Collect) -> Iterator[Observation]:
    """Ask the rules that have segments: an observation for each."""
    plan, found = asked.plan, dict[str, Segments]()
    for kin in kin_of(reductions(plan)):
        for one, each in isolate(lambda some: by_segment.segments(asked, some, run), kin):
            if isinstance(each, Broken):
                yield Observation(one.rule.id, error=each.why)
            else:
                found[one.rule.id] = each
    for row in plan.rows:
        yield from _counted_each(row.rule, found.get(row.rule.id), None)
    sets = [q for q in plan.sets if q.rule.id in found]
    for held, failing in singly(lambda q: by_segment.failing_by_segment(asked, q, run), sets):
        yield from _counted_each(held.rule, found[held.rule.id], failing)
    for table in plan.tables:
        if table.rule.id in found:
            yield from _measured_each(table, found[table.rule.id], plan.view)
    for asking, segments in singly(lambda q: by_segment.queried(asked, q, run), plan.queries):
        yield from _measured_each(asking, segments, plan.view)


def _states(asked: Asked, wanted: Sequence[Reduction], run: Collect) -> Sequence[State]:
    frame = select(asked, wanted)
    row = {} if frame is None else _one_row(run(frame))
    values = iter(row.values())
    return [{name: next(values) for name in one.parts} for one in wanted]


def _failing(asked: Asked, question: SetQuestion, run: Collect) -> int:
    found: int = _one_row(run(carrying(asked, question)))[COUNT]
    return found


def _one_row(found: Any) -> dict[str, Any]:
    return {name: plain(value) for name, value in found.row(0, named=True).items()}


def _counted(rule: Rule, state: State) -> Observation:
    return Observation(rule.id, failing=state[NO], passing=state[YES])


def _held(rule: Rule, keys: State, failing: int | Broken) -> Observation:
    """Return what a set rule counted: of `keys`, how many have no null part, and how many have."""
    if isinstance(failing, Broken):
        return Observation(rule.id, error=failing.why)
    bad = failing + (keys[NO] if rule.nulls is Nulls.FAIL else 0)
    good = keys[YES] - failing + (keys[NO] if rule.nulls is Nulls.PASS else 0)
    return Observation(rule.id, failing=bad, passing=good)


def _measured(
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


def _counted_each(
    rule: Rule, segments: Segments | None, failing: Mapping[str, int] | Broken | None
) -> Iterator[Observation]:
    """Return what a row rule counted in each segment; or a set rule, by `failing` keys."""
    if segments is None:
        return
    if isinstance(failing, Broken):
        yield Observation(rule.id, error=failing.why)
        return
    if not segments:
        yield Observation(rule.id, failing=0, passing=0)
    for name, segment in sorted(segments.items()):
        seen = _counted(rule, segment.state)
        if failing is not None:
            seen = _held(rule, segment.state, failing.get(name, 0))
        yield replace(seen, segment=name)


def _measured_each(
    question: TableQuestion | QueryQuestion, segments: Segments | Broken, view: View
) -> Iterator[Observation]:
    if isinstance(segments, Broken):
        yield Observation(question.rule.id, error=segments.why)
        return
    if not segments:
        yield Observation(question.rule.id, note=NO_ROWS)
    for name, segment in sorted(segments.items()):
        seen = _measured(question, segment.state, view)
        yield replace(seen, segment=name, note=seen.note or size_note(segment.size))
