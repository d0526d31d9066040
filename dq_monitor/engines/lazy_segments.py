"""Rules with `by` on any lazy backend: one query reduces all segments that rules share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.groups import MOST, SIZE, keys_of, label
from dq_monitor.engines.isolation import Collect, Frame
from dq_monitor.engines.lazy import Asked, Reduction, held_keys, plain, query, where_of
from dq_monitor.engines.plan import QueryQuestion, SetQuestion
from dq_monitor.engines.segments import MOST_QUERIES, too_many
from dq_monitor.model.rule import Rule

State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Segment:
    """The rows of a rule's segment, and what was reduced of them."""

    size: int
    state: State


Segments = Mapping[str, Segment]


def kin_of(wanted: Sequence[Reduction]) -> Sequence[Sequence[Reduction]]:
    """Return the reductions, those together that share segments of the same rows."""
    found: dict[tuple[tuple[str, ...], str | None], list[Reduction]] = {}
    for one in wanted:
        found.setdefault((one.rule.by, one.rule.where), []).append(one)
    return list(found.values())


def reduced(asked: Asked, wanted: Sequence[Reduction]) -> Frame:
    """Return a row for each segment: its values, its size and all parts, in this order."""
    rule = wanted[0].rule
    answers = [expr.alias(name) for one in wanted for name, expr in one.answers.items()]
    parts = [expr for one in wanted for expr in one.parts.values()]
    rows = _named(asked, rule)
    if answers:
        rows = rows.with_columns(*answers)
    return _grouped(rows, rule, *(e.alias(f"_dq_{number}") for number, e in enumerate(parts)))


def segments(asked: Asked, wanted: Sequence[Reduction], run: Collect) -> Sequence[Segments]:
    """Return what was reduced for each rule, by the segment's name or raise ValueError."""
    found = _few(run(reduced(asked, wanted)), wanted[0].rule, MOST)
    by = len(wanted[0].rule.by)
    each: list[dict[str, Segment]] = [{} for _ in wanted]
    for row in found.iter_rows():
        name, size, values = label(row[:by]), row[by], map(plain, row[by + 1 :])
        for one, into in zip(wanted, each, strict=True):
            into[name] = Segment(size, {part: next(values) for part in one.parts})
    return each


def carrying(asked: Asked, question: SetQuestion) -> Frame:
    """Return a row for each segment that has rows whose key fails: its values, and how many."""
    rule = question.rule
    _, failing = held_keys(asked, question)
    aside = {name: f"_dq_key_{number}" for number, name in enumerate(rule.columns)}
    marks = failing.select(*(nw.col(name).alias(key) for name, key in aside.items()))
    shown = [asked.plan.view.col(name).alias(key) for name, key in aside.items()]
    rows = _named(asked, rule).with_columns(*shown)
    return _grouped(rows.join(marks, on=list(aside.values()), how="semi"), rule)


def failing_by_segment(asked: Asked, question: SetQuestion, run: Collect) -> Mapping[str, int]:
    """Return how many rows of each segment have a key that fails; those with none are left out."""
    by = len(question.rule.by)
    found = run(carrying(asked, question))
    return {label(row[:by]): row[by] for row in found.iter_rows()}


def parts_of(asked: Asked, rule: Rule) -> Frame:
    """Return a row for each segment of a rule: its values and its size."""
    return _grouped(_named(asked, rule), rule)


def queried(asked: Asked, question: QueryQuestion, run: Collect) -> Mapping[str, Segment]:
    """Run a query once for each segment or raise ValueError."""
    rule = question.rule
    found = _few(run(parts_of(asked, rule)), rule, MOST_QUERIES)
    each = {}
    for *values, size in sorted(found.iter_rows(), key=lambda row: label(row[:-1])):
        own = replace(asked, rows=_where(asked, rule, values))
        state = run(query(own, question)).row(0, named=True)
        each[label(values)] = Segment(size, {name: plain(part) for name, part in state.items()})
    return each


def _named(asked: Asked, rule: Rule) -> Frame:
    """Return the rows that a rule is asked of, with the values of their segment beside."""
    view = asked.plan.view
    shown = [view.col(name).alias(key) for name, key in zip(rule.by, keys_of(rule.by), strict=True)]
    return asked.within(where_of(rule, view)).with_columns(*shown)


def _grouped(rows: Frame, rule: Rule, *parts: nw.Expr) -> Frame:
    keys = keys_of(rule.by)
    found = rows.group_by(*keys).agg(nw.len().alias(SIZE), *parts)
    named = [f"_dq_{number}" for number in range(len(parts))]
    return found.select(*keys, SIZE, *named).head(MOST + 1)


def _few(found: pl.DataFrame, rule: Rule, most: int) -> pl.DataFrame:
    if found.height > most:
        raise ValueError(too_many(rule, most))
    return found


def _where(asked: Asked, rule: Rule, values: Sequence[Any]) -> Frame:
    own = [asked.plan.view.col(name) for name in rule.by]
    inside = [
        column.is_null() if value is None else column == nw.lit(value)
        for column, value in zip(own, values, strict=True)
    ]
    return asked.rows.filter(nw.all_horizontal(*inside, ignore_nulls=False))
