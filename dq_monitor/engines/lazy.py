"""Turns the questions of a plan into lazy queries, for any backend that narwhals knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

import narwhals.stable.v2 as nw

from dq_monitor import expression
from dq_monitor.engines.isolation import Frame
from dq_monitor.engines.plan import Plan, QueryQuestion, SetQuestion, compile_rules
from dq_monitor.model.check import Kind, Stored
from dq_monitor.model.rule import Rule
from dq_monitor.model.view import View

AddClocks: TypeAlias = Callable[[Frame, Mapping[str, str], str], Frame]

UTC = "UTC"
YES, NO = "yes", "no"
COUNT = "_dq_count"


@dataclass(frozen=True, slots=True)
class Asked:
    """Rows where they lie, and what they are held against.

    `references` are the tables that rules refer to, by name; `stored` the rows that keys are held
    against beside the frame's own.
    """

    rows: Frame
    references: Mapping[str, Frame]
    stored: Frame | None
    plan: Plan

    def within(self, where: nw.Expr | None) -> Frame:
        """Return the rows that a rule is asked of."""
        return self.rows if where is None else self.rows.filter(where)


@dataclass(frozen=True, slots=True)
class Reduction:
    """What one rule wants of a select: reducing `parts`, by the rule's own names.

    `answers` are added to the rows first, as columns that the parts may read.
    """

    rule: Rule
    where: nw.Expr | None
    parts: Mapping[str, nw.Expr]
    answers: Mapping[str, nw.Expr]


def beside_clocks(rows: Frame, view: View, add: AddClocks) -> tuple[Frame, View]:
    """Have an engine show instants on the clocks of the table's time zone, in columns beside.

    Engines do that fast, but narwhals cannot ask them to: as an expression it is a long one.
    """
    instants = [n for n, t in view.schema.items() if isinstance(t, nw.Datetime) and t.time_zone]
    if view.timezone == UTC or not instants:
        return rows, view
    clocks = {name: f"_dq_clock_{number}" for number, name in enumerate(instants)}
    return add(rows, clocks, view.timezone), replace(view, clocks=clocks)


def count_of(condition: nw.Expr) -> nw.Expr:
    """Count where a condition is true: not all engines add booleans up, nor cast them."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0)).sum()


def ask(
    rows: Frame,
    rules: Sequence[Rule],
    view: View,
    references: Mapping[str, Frame],
    stored: Frame | None,
) -> Asked:
    """Compile the rules, all but those on history; see `Asked`."""
    plan = compile_rules([rule for rule in rules if rule.kind is not Kind.HISTORY], view)
    return Asked(rows, references, stored, plan)


def reductions(plan: Plan) -> list[Reduction]:
    """Return what the row, set and table questions of a plan want to have reduced."""
    answers = [(q.rule, q.answer) for q in plan.rows]
    answers += [(q.rule, _known(q, plan.view)) for q in plan.sets]
    return [
        *(_counted(*answer, number) for number, answer in enumerate(answers)),
        *(
            Reduction(q.rule, q.asked, {name: part.expr for name, part in q.parts.items()}, {})
            for q in plan.tables
        ),
    ]


def groups(wanted: Sequence[Reduction]) -> Sequence[Sequence[Reduction]]:
    """Return the reductions, those together that are over the same rows: a select each."""
    found: dict[str | None, list[Reduction]] = {}
    for one in wanted:
        found.setdefault(None if one.where is None else one.rule.where, []).append(one)
    return list(found.values())


def plain(value: object) -> object:
    """Return a number as Polars would: DuckDB and PostgreSQL answer some with decimals."""
    if not isinstance(value, Decimal):
        return value
    whole = value.is_finite() and value == value.to_integral_value()
    return int(value) if whole else float(value)


def where_of(rule: Rule, view: View) -> nw.Expr | None:
    """Return the `where` of a rule."""
    return expression.compile_boolean(rule.where, view) if rule.where else None


def _counted(rule: Rule, answer: nw.Expr, number: int) -> Reduction:
    """Count how often a row's answer is true and how often it is false."""
    name = f"_dq_answer_{number}"
    counts = {YES: count_of(nw.col(name)), NO: count_of(~nw.col(name))}
    return Reduction(rule, None, counts, {name: answer})


def _known(question: SetQuestion, view: View) -> nw.Expr:
    """Return whether a row's key has no null part; null where the row is not asked."""
    parts = [~view.col(column).is_null() for column in question.rule.columns]
    known = nw.all_horizontal(*parts, ignore_nulls=False)
    return known if question.asked is None else nw.when(question.asked).then(known)


def select(asked: Asked, wanted: Sequence[Reduction]) -> Frame | None:
    """Return one row of all parts of reductions over the same rows; None where none has any."""
    parts = [expr for one in wanted for expr in one.parts.values()]
    if not parts:
        return None
    rows = asked.within(wanted[0].where)
    answers = [expr.alias(name) for one in wanted for name, expr in one.answers.items()]
    if answers:
        rows = rows.with_columns(*answers)
    # short names of our own: PostgreSQL cuts names at 63 bytes
    return rows.select(*(expr.alias(f"_dq_{number}") for number, expr in enumerate(parts)))


def carrying(asked: Asked, question: SetQuestion) -> Frame:
    """Return how many rows carry a key that fails, among those whose key has no null part."""
    keys, failing = held_keys(asked, question)
    names = list(question.rule.columns)
    return keys.join(failing, on=names, how="semi").select(nw.len().alias(COUNT))


def held_keys(asked: Asked, question: SetQuestion) -> tuple[Frame, Frame]:
    """Return the keys of all rows, those with a null part left out, and the distinct failing."""
    parts = [asked.plan.view.col(column).alias(column) for column in question.rule.columns]
    keys = asked.within(question.asked).select(*parts).drop_nulls()
    return keys, question.check.failing(keys, _others(asked, question))


def _others(asked: Asked, question: SetQuestion) -> Frame | None:
    """Return the keys that a rule's are held against, under the rule's names."""
    columns = question.rule.columns
    reference = question.check.reference()
    if reference is None:
        others = None if question.check.stored is Stored.NONE else asked.stored
        if others is not None and question.asked is not None:
            others = others.filter(question.asked)
    else:
        others = _referred(asked, reference.table, "look the key up in")
    if others is None:
        return None
    pairs = zip(columns if reference is None else reference.columns, columns, strict=True)
    return others.select(*(nw.col(name).alias(column) for name, column in pairs)).drop_nulls()


def _referred(asked: Asked, table: str, purpose: str) -> Frame:
    if table not in asked.references:
        raise ValueError(f"there is no table {table!r} to {purpose}")
    return asked.references[table]


def query(asked: Asked, question: QueryQuestion) -> Frame:
    """Return the one row that a query rule measures."""
    reference = question.check.reference()
    others = None if reference is None else _referred(asked, reference.table, "compare with")
    return question.check.query(asked.within(question.asked), others, asked.plan.view)
