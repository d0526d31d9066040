"""Why a row is refused, for people: which rule, which column, and what its value is: no value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.model.check import AnyCheck
from dq_monitor.model.quarantine import FAULT
from dq_monitor.model.rule import Nulls, Rule
from dq_monitor.model.view import View

NULL, NAN = "null", "nan"
# What these checks refuse includes values that are not there.
_ABSENT = {NULL, "not finite", "missing", "blank"}


@runtime_checkable
class SidedCheck(Protocol):
    """A row check that can say on which side of what passes a failing value lies."""

    def sides(self, view: View) -> Mapping[str, nw.Expr]:
        """Return by fault (`too low`) a boolean expression that is true where it is that one."""
        ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that refuses rows, and the boolean column that says which."""

    rule: Rule
    column: str


def with_faults(
    rows: pl.LazyFrame, refusals: Sequence[Refusal], view: View, name: str
) -> pl.LazyFrame:
    """Add to `rows` the list column `name`: rule, column and fault of each refusal that applies."""
    plain = replace(view, parts=None)
    found = [_fault(one, number, plain) for number, one in enumerate(refusals)]
    if not found:
        return rows.with_columns(pl.lit([], dtype=pl.List(FAULT)).alias(name))
    marks = {mark: expr for one in found for mark, expr in one.marks.items()}
    marked: pl.LazyFrame = (
        nw.from_native(rows)
        .with_columns(expr.fill_null(value=False).alias(mark) for mark, expr in marks.items())
        .to_native()
    )
    faults = pl.concat_list(one.struct for one in found).list.drop_nulls().cast(pl.List(FAULT))
    return marked.with_columns(faults.alias(name)).drop(list(marks))


@dataclass(frozen=True, slots=True)
class _Fault:
    """The boolean columns that tell one fault from another, and the struct made of them."""

    marks: dict[str, nw.Expr]
    struct: pl.Expr


def _fault(one: Refusal, number: int, view: View) -> _Fault:
    check = one.rule.check
    columns = one.rule.columns
    marks: dict[str, nw.Expr] = {}
    cases = []
    for column, fault, expr in _cases(one.rule, check, view):
        mark = f"_dq_fault:{number}:{len(marks)}"
        marks[mark] = expr
        cases.append((pl.col(mark), _struct(one.rule, column, fault)))
    otherwise = _struct(one.rule, ", ".join(columns), check.fault)
    for applies, struct in reversed(cases):
        otherwise = pl.when(applies).then(struct).otherwise(otherwise)
    return _Fault(marks, pl.when(pl.col(one.column)).then(otherwise))


def _cases(rule: Rule, check: AnyCheck, view: View) -> Sequence[tuple[str, str, nw.Expr]]:
    """Return column, fault and condition of what can be told apart, the first that holds counts."""
    names = [name for name in rule.columns if name in view.schema]
    absent: list[tuple[str, str, nw.Expr]] = []
    if len(names) == 1 or rule.nulls is Nulls.FAIL or check.fault in _ABSENT:
        absent = [(name, NULL, nw.col(name).is_null()) for name in names]
        absent += [
            (name, NAN, nw.col(name).is_nan()) for name in names if view.schema[name].is_float()
        ]
    sides = check.sides(view) if isinstance(check, SidedCheck) else {}
    return [*absent, *((", ".join(names), fault, expr) for fault, expr in sides.items())]


def _struct(rule: Rule, column: str, fault: str) -> pl.Expr:
    return pl.struct(
        pl.lit(rule.id).alias("rule"), pl.lit(column).alias("column"), pl.lit(fault).alias("fault")
    )
