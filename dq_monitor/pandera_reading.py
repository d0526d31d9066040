"""Reads a pandera schema as what a pack says: a contract, rules, and what neither can hold.

pandera 0.35 is not imported: whoever has a schema has imported it. The private parts that are read
(`Check._check_fn`, `Check._check_kwargs`) are held in place by a contract test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from dq_monitor.counterparts import NoCounterpart, PanderaCheck, rule_of
from dq_monitor.model.pack import OnExtra
from dq_monitor.model.types import column_type, type_name

_STRICTNESS = {True: OnExtra.REJECT, "filter": OnExtra.DROP, False: OnExtra.KEEP}
_ANY_FAILURE = {"over": 0}


@dataclass(frozen=True, slots=True)
class ForeignCheck:
    """A check that only pandera can run: the user's own code.

    `column` is empty for a check of the whole frame; `number` is its place among its checks.
    `by_row` says that it answers for each row, so that those that fail can be named.
    """

    column: str
    number: int
    name: str
    warns: bool
    by_row: bool = False
    fails_nulls: bool = False


@dataclass(frozen=True, slots=True)
class Described:
    """What a schema says, in the words of a pack.

    `rules` are as they stand in YAML. `left` are checks that pandera must run; `lost` says what has
    no counterpart at all, a line each.
    """

    contract: dict[str, Any]
    rules: tuple[dict[str, Any], ...]
    left: tuple[ForeignCheck, ...]
    lost: tuple[str, ...]


def describe_schema(schema: Any) -> Described:
    """Return what a pandera DataFrameSchema of Polars says."""
    rules: list[dict[str, Any]] = []
    left: list[ForeignCheck] = []
    for name, column in _columns(schema):
        if not column.nullable and column.required and not _type_of(column):
            rules.append({"not_null": [name]})
        if column.unique:
            rules.append({"unique": [name]})
        for number, check in enumerate(column.checks):
            _sort(column, number, check, rules, left)
    if schema.unique:
        rules.append({"unique": list(schema.unique)})
    for number, check in enumerate(schema.checks):
        left.append(ForeignCheck("", number, _name(check), bool(check.raise_warning)))
    return Described(_contract(schema), tuple(_named(rules)), tuple(left), tuple(_lost(schema)))


def _columns(schema: Any) -> list[tuple[str, Any]]:
    return [(str(name), column) for name, column in schema.columns.items() if not column.regex]


def _sort(
    column: Any, number: int, check: Any, rules: list[dict[str, Any]], left: list[ForeignCheck]
) -> None:
    try:
        name, parameters = rule_of(_built_in(check))
    except NoCounterpart:
        by_row = _answers_rows(check, column)
        warns = bool(check.raise_warning)
        strict = by_row and not check.ignore_na
        left.append(ForeignCheck(column.name, number, _name(check), warns, by_row, strict))
        return
    rule: dict[str, Any] = {name: {"column": column.name, **parameters}}
    if check.raise_warning:
        rule["warn"] = dict(_ANY_FAILURE)
    if not check.ignore_na:
        rule["nulls"] = "fail"
    if check.description:
        rule["description"] = check.description
    rules.append(rule)


def _built_in(check: Any) -> PanderaCheck:
    # A user's check may bear the name of a built-in one; only those are called by dispatch.
    if type(check._check_fn).__name__ != "Dispatcher" or check.element_wise:  # noqa: SLF001 - see above
        raise NoCounterpart(f"{check.name} is no built-in check")
    return PanderaCheck(check.name, {**check._check_kwargs, **(check.statistics or {})})  # noqa: SLF001 - the same


def _name(check: Any) -> str:
    return str(check.name or "check")


def _answers_rows(check: Any, column: Any) -> bool:
    """Ask the check of two rows without values: who answers with two has an answer for each row."""
    dtype = _whole(getattr(column.dtype, "type", None)) or pl.Null()
    rows = pl.DataFrame({column.name: pl.Series([None, None], dtype=dtype)})
    try:
        answer: Any = check(rows.lazy(), column.name).check_output.collect()
    except Exception:  # noqa: BLE001 - it is the user's code, and may not like nulls
        return bool(check.element_wise)
    return bool(answer.height == rows.height)


def _named(rules: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give rules that would have the same id one of their own."""
    usual: set[tuple[str, str]] = set()
    times: Counter[str] = Counter()
    for rule in rules:
        name, value = next(iter(rule.items()))
        columns = "_".join(value) if isinstance(value, list) else value["column"]
        times[name] += 1
        known = (name, columns) in usual
        usual.add((name, columns))
        yield {**rule, "id": f"{name}_{times[name]}"} if known else rule


def _contract(schema: Any) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, column in _columns(schema):
        kind = _type_of(column)
        if kind:
            nullable = column.nullable if column.required else True
            about = {"description": column.description} if column.description else {}
            columns[name] = {"type": kind, "nullable": nullable, **about}
    typed = len(columns) == len(schema.columns)
    extra = _STRICTNESS.get(schema.strict, OnExtra.KEEP) if typed else OnExtra.KEEP
    return {"on_extra": extra.value, "columns": columns} if columns else {}


def _type_of(column: Any) -> str:
    """Return what a contract calls the column's type; empty where it has no name for it."""
    dtype = _whole(getattr(column.dtype, "type", None))
    if dtype is None:
        return ""
    try:
        name = type_name(dtype)
        return name if column_type(name) == dtype else ""
    except ValueError:
        return ""


def _whole(dtype: Any) -> pl.DataType | None:
    """Return a Polars type, which may be given as a class, as the value; None for any other."""
    if isinstance(dtype, type) and issubclass(dtype, pl.DataType):
        return dtype()
    if isinstance(dtype, pl.List):
        inner = _whole(dtype.inner)
        return pl.List(inner) if inner is not None else None
    return dtype if isinstance(dtype, pl.DataType) else None


def _lost(schema: Any) -> Iterator[str]:
    for name, column in schema.columns.items():
        if column.regex:
            yield f"columns like {name!r}: a rule names its columns"
            continue
        if column.dtype is not None and not _type_of(column):
            yield f"type {column.dtype} of {name!r}: a contract cannot have it"
        if column.parsers:
            yield f"parsers of {name!r}: change values in the step"
        if getattr(column, "default", None) is not None:
            yield f"default of {name!r}: fill nulls in the step"
        if not column.nullable and not column.required:
            yield f"{name!r} must have values but may be missing: in the contract it is nullable"
    if schema.parsers:
        yield "parsers: change values in the step"
    if schema.ordered:
        yield "ordered: ask `columns_match` with `mode: ordered`"
