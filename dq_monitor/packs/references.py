"""Checks what one part of a pack says about another: rule ids and the contract's columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from dq_monitor import expression
from dq_monitor.model.check import Kind
from dq_monitor.model.metric import IMPORTED
from dq_monitor.model.pack import Evolution, OnExtra
from dq_monitor.model.rule import Rule
from dq_monitor.model.types import column_type
from dq_monitor.packs.document import Node
from dq_monitor.packs.report import Mark, Report, cut
from dq_monitor.packs.rules import RuleSet
from dq_monitor.packs.shape import ContractShape, PackShape


def check_references(node: Node, shape: PackShape, found: RuleSet, report: Report) -> None:
    """Tell every name in the pack that stands for nothing."""
    for rule in found.rules.values():
        if rule.kind is Kind.HISTORY:
            _metric(rule, found, report)
    _tests(node.get("tests"), found, report)
    _freshness(node.get("freshness"), shape, report)
    if closed(shape.contract):
        for mark, column, what in _columns(node, found.rules.values()):
            if column not in shape.contract.columns:
                near = report.near(column, shape.contract.columns)
                report.add(mark, f"{what} {cut(column)!r}, which the contract does not have{near}")


def closed(contract: ContractShape) -> bool:
    """Say whether the contract names every column that a row can have when it is judged."""
    if not contract.columns:
        return False
    return contract.evolution is Evolution.STRICT or contract.on_extra is not OnExtra.KEEP


def _freshness(node: Node | None, shape: PackShape, report: Report) -> None:
    """Tell a column that by the contract's type says of no row when it happened."""
    column = node.get("column") if node else None
    known = shape.contract.columns.get(str(column.value)) if column else None
    if column is None or known is None:
        return
    if not column_type(known.type).is_temporal() or column_type(known.type) == pl.Time:
        report.add(
            column.mark,
            f"freshness reads column {cut(str(column.value))!r}, which is {known.type} in the"
            " contract: name a date or a timestamp",
        )


def _metric(rule: Rule, found: RuleSet, report: Report) -> None:
    name: str = getattr(rule.check, "metric", "")
    target = found.rules.get(name)
    if target is None and name.startswith(IMPORTED):  # another tool measures it
        return
    if target is None and not found.may_have(name):
        known = [r.id for r in found.rules.values() if r.kind is Kind.TABLE]
        near = report.near(name, known) if known else ": add the rule that measures it"
        report.add(_mark(rule), f"{rule.name}: no rule of this pack has the id {cut(name)!r}{near}")
    elif target is not None and target.kind is not Kind.TABLE:
        report.add(
            _mark(rule),
            f"{rule.name}: {cut(name)!r} is a {target.kind} rule, which measures no value: "
            "name a table rule such as row_count",
        )


def _tests(node: Node | None, found: RuleSet, report: Report) -> None:
    seen: dict[str, Mark] = {}
    for test in node.children() if node else ():
        fails, name = test.get("fails"), test.get("name")
        for rule_id, mark in fails.keys.items() if fails else ():
            _tested(rule_id, mark, found, report)
        if name is not None and isinstance(name.value, str):
            first = seen.setdefault(name.value, name.mark)
            if first != name.mark:
                report.add(
                    name.mark,
                    f"test {cut(name.value)!r} is there twice, first in line {first.line}",
                )


def _tested(rule_id: str, mark: Mark, found: RuleSet, report: Report) -> None:
    rule = found.rules.get(rule_id)
    if rule is None and not found.may_have(rule_id):
        report.add(
            mark,
            f"no rule of this pack has the id {cut(rule_id)!r}{report.near(rule_id, found.rules)}",
        )
    elif rule is not None and rule.kind is Kind.HISTORY:
        report.add(
            mark, f"{cut(rule_id)!r} needs stored history, which a pack test has not: remove it"
        )


def _columns(node: Node, rules: Iterable[Rule]) -> Iterator[tuple[Mark, str, str]]:
    """Return each column that the pack names outside its contract: where, which and by whom."""
    for rule in rules:
        wanted = [*rule.columns, *(expression.columns(rule.where) if rule.where else ()), *rule.by]
        for column in dict.fromkeys(wanted):
            yield _mark(rule), column, f"rule {cut(rule.id)!r} reads column"
    care = node.get("care")
    for parts, what in ((node.get("partition_by"), "partition_by"), (_zorder(care), "zorder")):
        for part in parts.children() if parts else ():
            yield part.mark, str(part.value), f"{what} names"
    freshness = node.get("freshness")
    if freshness and (column_node := freshness.get("column")):
        yield column_node.mark, str(column_node.value), "freshness reads column"


def _zorder(care: Node | None) -> Node | None:
    return care.get("zorder") if care else None


def _mark(rule: Rule) -> Mark:
    return Mark(rule.place.line, rule.place.column) if rule.place else Mark(1, 1)
