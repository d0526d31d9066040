"""Asks each rule of the types that the contract promises: what cannot be asked is told at load."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import cast

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor import expression
from dq_monitor.model.check import AnyCheck, Kind, QueryCheck, ReducibleCheck, RowCheck, TableCheck
from dq_monitor.model.rule import Rule
from dq_monitor.model.types import column_type
from dq_monitor.model.view import Parts, View
from dq_monitor.packs.report import Mark, Report, cut
from dq_monitor.packs.shape import PackShape

# What depends on the time depends on no type.
SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def check_types(shape: PackShape, rules: Iterable[Rule], report: Report) -> None:
    """Tell every rule that no row of the contract could ever be asked.

    Without this each batch would be rejected, however good. Rules that read a column of which the
    contract says nothing are left to the table.
    """
    types = {name: column_type(column.type) for name, column in shape.contract.columns.items()}
    if not types:
        return
    schema = nw.from_native(pl.LazyFrame(schema=types)).collect_schema()
    view = View(schema, SOME_TIME, shape.timezone, parts=Parts())
    for rule in rules:
        if _reads(rule) <= types.keys():
            try:
                _ask(rule, view)
            except (ValueError, TypeError) as error:
                mark = Mark(rule.place.line, rule.place.column) if rule.place else Mark(1, 1)
                report.add(mark, f"rule {cut(rule.id)!r} by the contract's types: {error}")


def _reads(rule: Rule) -> set[str]:
    where = expression.columns(rule.where) if rule.where else ()
    return {*rule.columns, *where, *rule.by}


def _ask(rule: Rule, view: View) -> None:
    """Compile what a rule asks; keys and queries are left to their tables."""
    if rule.where:
        expression.compile_boolean(rule.where, view)
    if rule.kind is Kind.ROW:
        cast("RowCheck", rule.check).passes(view)
    elif rule.kind is Kind.TABLE and _reduces(rule.check, view):
        cast("TableCheck", rule.check).aggregates(view)


def _reduces(check: AnyCheck, view: View) -> bool:
    """Say whether a table check is an aggregate here, not a query."""
    if isinstance(check, ReducibleCheck):
        return check.reduces(view)
    return not isinstance(check, QueryCheck)
