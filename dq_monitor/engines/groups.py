"""Rows in segments, on Polars: what rules with `by` reduce is reduced once for each group.

A segment is named by its values: `UA`, or `UA, EWR` for two columns, `(null)` for a missing one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor import expression
from dq_monitor.engines.plan import Plan, RowQuestion, TableQuestion
from dq_monitor.model.rule import Rule
from dq_monitor.model.view import View

# More segments are no longer looked at by people, and each is a finding, a metric, an incident.
MOST = 1_000
LONGEST = 100
NULL = "(null)"
SIZE = "_dq_size"
BY = "_dq_by_"
# A text that would read as something else, or as several: it stands in quotes.
UNCLEAR = re.compile(r'\A\(null\)\Z|\A\Z|\A\s|\s\Z|,|"')


@dataclass(frozen=True, slots=True)
class Groups:
    """What was reduced, by the segment's name; `too_many` when there are more than `MOST`."""

    rows: Mapping[str, Mapping[str, Any]]
    too_many: bool = False


ByRule = Mapping[str, Groups]


@dataclass(frozen=True, slots=True)
class Kin:
    """Questions that are asked of the same segments of the same rows: one group_by for all."""

    by: tuple[str, ...]
    where: str | None
    rows: tuple[RowQuestion, ...]
    tables: tuple[TableQuestion, ...]

    @property
    def rules(self) -> list[Rule]:
        """Return the rules of all questions."""
        return [q.rule for q in self.rows] + [q.rule for q in self.tables]

    @property
    def name(self) -> str:
        """Return a name for what is reduced for the kin."""
        return f"by {self.by!r} where {self.where!r}"

    def counts(self) -> Iterator[nw.Expr]:
        """Count for each row rule the passing and the judged rows."""
        for question in self.rows:
            column = nw.col(question.column)
            yield column.sum().alias(f"passing:{question.rule.id}")
            yield column.count().alias(f"judged:{question.rule.id}")

    def parts(self) -> Iterator[nw.Expr]:
        """Reduce the state of each table rule."""
        for question in self.tables:
            yield from (p.expr.alias(question.columns[n]) for n, p in question.parts.items())


def kin_of(rows: Iterable[RowQuestion], tables: Iterable[TableQuestion]) -> list[Kin]:
    """Return the questions that have segments, with those that they share a group_by with."""
    asked = [q for q in rows if q.rule.by]
    measured = [q for q in tables if q.rule.by]
    rules = [q.rule for q in asked] + [q.rule for q in measured]
    return [
        Kin(
            by,
            where,
            tuple(q for q in asked if _segments(q.rule) == (by, where)),
            tuple(q for q in measured if _segments(q.rule) == (by, where)),
        )
        for by, where in dict.fromkeys(map(_segments, rules))
    ]


def branches(answered: pl.LazyFrame, plan: Plan, kept: str) -> Iterator[tuple[str, pl.LazyFrame]]:
    """Return what a pass reduces by segment beside everything else, by name.

    `kept` is the column that says which rows stay, empty where all do.
    """
    for kin in kin_of(plan.rows, plan.tables):
        both = [*kin.counts(), *kin.parts()]
        yield kin.name, _of_kin(answered, kin, both, plan.view)
        if kept and kin.tables:
            yield f"kept {kin.name}", _of_kin(answered, kin, [*kin.parts()], plan.view, kept)


def read(plan: Plan, results: Mapping[str, pl.DataFrame]) -> tuple[ByRule, ByRule]:
    """Return what `branches` reduced: of all rows, and of the kept ones."""
    batch: dict[str, Groups] = {}
    kept: dict[str, Groups] = {}
    for kin in kin_of(plan.rows, plan.tables):
        found = groups_of(results[kin.name])
        stays = results.get(f"kept {kin.name}")
        kept_groups = found if stays is None else groups_of(stays)
        batch |= {rule.id: found for rule in kin.rules}
        kept |= {q.rule.id: kept_groups for q in kin.tables}
    return batch, kept


def table_groups(
    rows: pl.LazyFrame, questions: Sequence[TableQuestion], view: View
) -> dict[str, Groups]:
    """Reduce the states of table questions alone; `rows` have the plan's shared parts already."""
    kin = kin_of((), questions)
    frames = [_of_kin(rows, one, [*one.parts()], view) for one in kin]
    results = pl.collect_all(frames, engine="streaming") if frames else []
    return {
        q.rule.id: groups_of(found)
        for one, found in zip(kin, results, strict=True)
        for q in one.tables
    }


def grouped(
    rows: nw.LazyFrame[Any], by: Sequence[str], reduced: Iterable[nw.Expr], view: View
) -> pl.LazyFrame:
    """Return one row for each segment: its values, its size, and what is reduced."""
    named = rows.with_columns(view.col(name).alias(f"{BY}{n}") for n, name in enumerate(by))
    groups = named.group_by(*keys_of(by)).agg(nw.len().alias(SIZE), *reduced)
    found: pl.LazyFrame = groups.to_native().limit(MOST + 1)
    return found


def keys_of(by: Sequence[str]) -> list[str]:
    """Return the names under which a segment's values stand in what `grouped` returns."""
    return [f"{BY}{n}" for n in range(len(by))]


def groups_of(found: pl.DataFrame) -> Groups:
    """Return what `grouped` found, by the segment's name."""
    if found.height > MOST:
        return Groups({}, too_many=True)
    keys = [name for name in found.columns if name.startswith(BY)]
    rows = found.iter_rows(named=True)
    return Groups({label([row[key] for key in keys]): row for row in rows})


def inside(rows: pl.LazyFrame, rule: Rule, view: View, only: str = "") -> nw.LazyFrame[Any]:
    """Return the rows that the rule is asked of; `only` is a boolean column that they must have.

    One filter for both: see `hashes.hashed`.
    """
    needed = [expression.compile_boolean(rule.where, view)] if rule.where else []
    needed += [nw.col(only)] if only else []
    asked = nw.from_native(rows)
    return asked.filter(nw.all_horizontal(*needed, ignore_nulls=False)) if needed else asked


def label(values: Sequence[Any]) -> str:
    """Return the name of a segment: no two segments of one rule have the same."""
    return ", ".join(map(_word, values))


def _word(value: Any) -> str:
    if value is None:
        return NULL
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value + 0.0)  # + 0.0: -0.0 and 0.0 are one group
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if len(text) > LONGEST:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        text = f"{text[:LONGEST]}... {digest}"
    if isinstance(value, str) and UNCLEAR.search(text):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return text


def _segments(rule: Rule) -> tuple[tuple[str, ...], str | None]:
    return rule.by, rule.where


def _of_kin(
    rows: pl.LazyFrame, kin: Kin, reduced: list[nw.Expr], view: View, only: str = ""
) -> pl.LazyFrame:
    return grouped(inside(rows, kin.rules[0], view, only), kin.by, reduced, view)
