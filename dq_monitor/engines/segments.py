"""Rules with `by`, on Polars: what they measured, an observation for each segment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.groups import (
    MOST,
    SIZE,
    ByRule,
    Groups,
    grouped,
    groups_of,
    inside,
    keys_of,
    label,
)
from dq_monitor.engines.plan import Plan, QueryQuestion, RowQuestion, SetQuestion, TableQuestion
from dq_monitor.engines.queries import ask_queries
from dq_monitor.engines.sets import KeyAnswer
from dq_monitor.engines.states import State, merge_states, observe_state
from dq_monitor.engines.watch import Part, Watch, unwatched
from dq_monitor.model.rule import Nulls, Rule
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import View

# Each segment of a query rule is a query of its own.
MOST_QUERIES = 100
KEY = "_dq_key_"
BAD = "_dq_bad"
NO_ROWS = "no segment: there are no rows"


def parted(
    whole: Iterable[Observation], segments: Iterable[Observation]
) -> tuple[Observation, ...]:
    """Return the observations, of rules with `by` those of each segment."""
    found = list(segments)
    ids = {seen.rule_id for seen in found}
    return (*(seen for seen in whole if seen.rule_id not in ids), *found)


def observe_segments(
    plan: Plan, batch: ByRule, kept: ByRule, empty: Mapping[str, State]
) -> Iterator[Observation]:
    """Return what row and table rules measured of each segment.

    `batch` and `kept` are what was reduced of all rows and of those that stay, `empty` the states
    of no rows.
    """
    for row in plan.rows:
        if row.rule.by:
            yield from _rows(row, batch[row.rule.id])
    for table in plan.tables:
        if table.rule.by:
            rule_id = table.rule.id
            yield from _values(table, plan.view, batch[rule_id], kept[rule_id], empty[rule_id])


def observe_key_segments(
    rows: pl.LazyFrame, plan: Plan, answers: Mapping[str, KeyAnswer], watch: Watch = unwatched
) -> Iterator[Observation]:
    """Return how many rows of each segment have a key that fails."""
    for question in plan.sets:
        answer = answers[question.rule.id]
        if question.rule.by and answer.seen.error is None:
            with watch(Part.SEGMENTS, [question.rule.id]):
                yield from _keys(rows, question, answer, plan.view)


def observe_query_segments(
    rows: pl.LazyFrame,
    questions: Sequence[QueryQuestion],
    references: Mapping[str, pl.LazyFrame],
    view: View,
    watch: Watch = unwatched,
) -> Iterator[Observation]:
    """Run each query with `by` once for each segment."""
    for question in questions:
        if question.rule.by:
            with watch(Part.SEGMENTS, [question.rule.id]):
                yield from _queries(rows, question, references, view)


def without_segments(questions: Sequence[QueryQuestion]) -> list[QueryQuestion]:
    """Return the queries that are asked of all rows at once."""
    return [question for question in questions if not question.rule.by]


def merged_groups(
    questions: Iterable[TableQuestion],
    groups: ByRule,
    stored: ByRule,
    empty: Mapping[str, State],
) -> dict[str, Groups]:
    """Add the stored rows' states to those of a batch, segment by segment."""
    return {
        q.rule.id: _merged(q, groups[q.rule.id], stored[q.rule.id], empty[q.rule.id])
        for q in questions
    }


def _merged(question: TableQuestion, one: Groups, other: Groups, empty: State) -> Groups:
    names = dict.fromkeys([*one.rows, *other.rows])
    if one.too_many or other.too_many or len(names) > MOST:
        return Groups({}, too_many=True)

    def state(groups: Groups, name: str) -> State:
        return _state(question, groups.rows[name]) if name in groups.rows else empty

    rows: dict[str, Mapping[str, Any]] = {}
    for name in names:
        both = merge_states(question, state(one, name), state(other, name))
        sizes = (groups.rows[name][SIZE] for groups in (one, other) if name in groups.rows)
        rows[name] = {question.columns[n]: part for n, part in both.items()} | {SIZE: sum(sizes)}
    return Groups(rows)


def _rows(question: RowQuestion, groups: Groups) -> Iterator[Observation]:
    rule = question.rule
    yield from _none(rule, groups, Observation(rule.id, failing=0, passing=0))
    for name, row in sorted(groups.rows.items()):
        passing = row[f"passing:{rule.id}"]
        failing = row[f"judged:{rule.id}"] - passing
        yield Observation(rule.id, failing=failing, passing=passing, segment=name)


def _values(
    question: TableQuestion, view: View, batch: Groups, kept: Groups, empty: State
) -> Iterator[Observation]:
    rule = question.rule
    many = Groups({}, too_many=batch.too_many or kept.too_many)
    known = many if many.too_many else Groups({**batch.rows, **kept.rows})
    yield from _none(rule, known, Observation(rule.id, note=NO_ROWS))
    for name in sorted(known.rows):
        staying, whole = (
            _state(question, groups.rows[name]) if name in groups.rows else empty
            for groups in (kept, batch)
        )
        seen = observe_state(question, view, staying, whole)
        size = kept.rows[name][SIZE] if name in kept.rows else 0
        yield replace(seen, segment=name, note=seen.note or size_note(size))


def _state(question: TableQuestion, row: Mapping[str, Any]) -> State:
    return {name: row[column] for name, column in question.columns.items()}


def size_note(rows: int) -> str:
    """Return how many rows a segment has, for where there is nothing else to note."""
    return "1 row" if rows == 1 else f"{rows:,} rows"


def _none(rule: Rule, groups: Groups, nothing: Observation) -> Iterator[Observation]:
    """Tell that there are no segments, or too many."""
    if groups.too_many:
        yield Observation(rule.id, error=too_many(rule, MOST))
    elif not groups.rows:
        yield nothing


def too_many(rule: Rule, limit: int) -> str:
    """Return why a rule with this many segments is not asked."""
    return (
        f"by {', '.join(rule.by)} makes more than {limit:,} segments: "
        "name columns with fewer values, or leave some rows out with `where`"
    )


def observe_leaving(
    rows: pl.LazyFrame, plan: Plan, answers: Mapping[str, KeyAnswer]
) -> Iterator[Observation]:
    """Return what rows that leave answered, by rule and segment: they are not asked again."""
    for question in plan.sets:
        answer = answers[question.rule.id]
        if answer.seen.error is None:
            yield from _keys(rows, question, answer, plan.view)


def _keys(
    rows: pl.LazyFrame, question: SetQuestion, answer: KeyAnswer, view: View
) -> Iterator[Observation]:
    """Count the rows by what their keys answer: in each segment, or in all where there is none."""
    rule = question.rule
    named = {f"{KEY}{n}": name for n, name in enumerate(rule.columns)}
    asked = inside(rows, rule, view).with_columns(
        view.col(name).alias(key) for key, name in named.items()
    )
    marked = asked.to_native()
    has_key = pl.all_horizontal([pl.col(key).is_not_null() for key in named])
    fails = pl.lit(value=False)
    if answer.failing is not None:
        bad = answer.failing.select(pl.col(name).alias(key) for key, name in named.items())
        marks = bad.lazy().with_columns(pl.lit(value=True).alias(BAD))
        marked = marked.join(marks, on=list(named), how="left")
        fails = pl.col(BAD).is_not_null()
    marked = marked.with_columns(has_key.alias(f"{KEY}known"), (has_key & fails).alias(f"{KEY}bad"))
    counts = [nw.col(f"{KEY}known").sum(), nw.col(f"{KEY}bad").sum()]
    whole = nw.from_native(marked)
    if rule.by:
        found = grouped(whole, rule.by, counts, view).collect(engine="streaming")
        groups = groups_of(found)
    else:
        only = whole.select(nw.len().alias(SIZE), *counts).to_native()
        groups = Groups({"": only.collect(engine="streaming").row(0, named=True)})
    yield from _none(rule, groups, Observation(rule.id, failing=0, passing=0))
    for name, row in sorted(groups.rows.items()):
        known, failing = row[f"{KEY}known"], row[f"{KEY}bad"]
        keyless = row[SIZE] - known
        failing += keyless if rule.nulls is Nulls.FAIL else 0
        passing = known - row[f"{KEY}bad"] + (keyless if rule.nulls is Nulls.PASS else 0)
        yield Observation(rule.id, failing=failing, passing=passing, segment=name)


def _queries(
    rows: pl.LazyFrame,
    question: QueryQuestion,
    references: Mapping[str, pl.LazyFrame],
    view: View,
) -> Iterator[Observation]:
    rule, keys = question.rule, keys_of(question.rule.by)
    found = grouped(inside(rows, rule, view), rule.by, (), view).collect(engine="streaming")
    if found.height > MOST_QUERIES:
        yield Observation(rule.id, error=too_many(rule, MOST_QUERIES))
        return
    if found.is_empty():
        yield Observation(rule.id, note=NO_ROWS)
    named = nw.from_native(rows).with_columns(
        view.col(name).alias(key) for key, name in zip(keys, rule.by, strict=True)
    )
    alone = replace(question, rule=replace(rule, by=()))
    names = [label(values) for values in found.select(keys).iter_rows()]
    for name, at in sorted((name, at) for at, name in enumerate(names)):
        one = found[at].lazy().select(keys)
        own = named.to_native().join(one, on=keys, how="semi", nulls_equal=True).drop(keys)
        (seen,) = ask_queries(own, [alone], references, view)
        yield replace(seen, segment=name, note=seen.note or size_note(found[SIZE][at]))
