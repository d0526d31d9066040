"""Runs the unit tests that packs carry: rows in, and how many of them fail each rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor import expression
from dq_monitor.judge import trips
from dq_monitor.model.check import Kind
from dq_monitor.model.pack import Contract, Pack, PackTest
from dq_monitor.model.rule import Rule
from dq_monitor.model.types import column_type
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import View


class Evaluate(Protocol):
    """An engine's way to judge a frame where it lies."""

    def __call__(
        self,
        frame: pl.LazyFrame,
        rules: Sequence[Rule],
        view: View,
        references: Mapping[str, pl.LazyFrame],
        stored: pl.LazyFrame | None,
    ) -> tuple[Observation, ...]:
        """Return what each rule measured."""
        ...


@dataclass(frozen=True, slots=True)
class PackTestResult:
    """How one test came out; `mismatches` is empty when it passed."""

    pack: Pack
    test: PackTest
    mismatches: tuple[str, ...]


class _Unfit(Exception):
    """A value of a test's rows does not fit its column."""


def run_pack_tests(pack: Pack, evaluate: Evaluate, now: datetime) -> Iterator[PackTestResult]:
    """Run each test of `pack` by itself; the rows take the contract's types."""
    for test in pack.tests:
        try:
            mismatches = tuple(_mismatches(pack, test, evaluate, now))
        except _Unfit as error:
            mismatches = (str(error),)
        yield PackTestResult(pack, test, mismatches)


def _mismatches(pack: Pack, test: PackTest, evaluate: Evaluate, now: datetime) -> Iterator[str]:
    given = dict.fromkeys(name for row in test.rows for name in row)
    rules = [rule for rule in pack.rules if _takes_part(rule, test, given.keys())]
    frame = _frame(test, dict.fromkeys([*given, *_read_by(rules)]), pack.contract)
    schema = nw.from_native(frame).collect_schema()
    seen = evaluate(frame.lazy(), rules, View(schema, now, pack.timezone), {}, None)
    by_id: dict[str, list[Observation]] = defaultdict(list)
    for observation in seen:
        by_id[observation.rule_id].append(observation)
    for rule in rules:
        yield from _compare(rule, by_id[rule.id], test.fails.get(rule.id, 0))
    for rule in pack.rules:
        if rule.id in test.fails and rule.id not in by_id:
            yield f"{rule.id}: needs the rows of another table, which a pack test has not"


def _takes_part(rule: Rule, test: PackTest, given: Set[str]) -> bool:
    """Say whether the rows can answer: what the test names, and row and set rules they cover."""
    if rule.kind is Kind.HISTORY or rule.reference:
        return False
    return rule.id in test.fails or (rule.kind is not Kind.TABLE and given >= set(_read_by([rule])))


def _compare(rule: Rule, seen: Sequence[Observation], expected: int) -> Iterator[str]:
    """Tell what differs; rows of all segments add up, and one segment that trips is enough."""
    broken = next((one for one in seen if one.error is not None), None)
    if broken is not None:
        yield f"{rule.id}: {broken.error}"
    elif rule.kind is Kind.TABLE:
        tripping = [one for one in seen if _trips(rule, one.value)]
        if bool(tripping) != bool(expected):
            one = (tripping or list(seen))[0]
            shown = "no value" if one.value is None else f"{one.value:g}"
            segment = f" in {one.segment}" if one.segment else ""
            what = "trips" if tripping else "passes"
            yield f"{rule.id}: measured {shown}{segment}, which {what}"
    else:
        failing = sum(one.failing or 0 for one in seen)
        if failing != expected:
            rows = "1 row fails" if failing == 1 else f"{failing} rows fail"
            yield f"{rule.id}: {rows}, {expected} expected"


def _trips(rule: Rule, value: float | None) -> bool:
    if value is None:
        return False
    return any(trips(threshold, value, value) for threshold in (rule.warn, rule.error))


def _read_by(rules: Sequence[Rule]) -> Iterator[str]:
    for rule in rules:
        yield from (*rule.columns, *rule.by)
        if rule.where:
            yield from expression.columns(rule.where)


def _frame(test: PackTest, names: Iterable[str], contract: Contract) -> pl.DataFrame:
    """Return the rows as a frame with the columns `names`; what a row does not have is null."""
    return pl.DataFrame(
        [_column(name, [row.get(name) for row in test.rows], contract) for name in names]
    )


def _column(name: str, values: list[Any], contract: Contract) -> pl.Series:
    promise = contract.columns.get(name)
    dtype = column_type(promise.type) if promise else None
    try:
        if dtype is None:
            column = pl.Series(name, values, strict=True)
            return column.cast(pl.String) if column.dtype == pl.Null else column
        return pl.Series(name, [_typed(value, dtype) for value in values], dtype, strict=True)
    except (TypeError, ValueError, ArithmeticError, pl.exceptions.PolarsError) as error:
        why = (
            f"not every value is of type {promise.type}"
            if promise
            else "its values are of several types"
        )
        raise _Unfit(f"column {name!r}: {why}") from error


def _typed(value: Any, dtype: pl.DataType) -> Any:
    """Return a value of YAML as the column's own type: text becomes a date, a number a decimal."""
    if value is None:
        return None
    if isinstance(dtype, pl.Datetime):
        moment = datetime.fromisoformat(value)
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return zoned.astimezone(UTC) if dtype.time_zone else zoned.replace(tzinfo=None)
    if isinstance(dtype, pl.Date):
        return date.fromisoformat(value)
    if isinstance(dtype, pl.Decimal):
        return Decimal(str(value))
    return value.encode() if isinstance(dtype, pl.Binary) else value
