"""Reads what a rule asks: its check, the parameters with shorthand written out, rules within it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from dq_monitor.model.check import ROW_CHECK, AnyCheck, Kind
from dq_monitor.packs import words
from dq_monitor.packs.catalog import Catalog, CheckType
from dq_monitor.packs.document import Node
from dq_monitor.packs.foreign import by_alias, introduced
from dq_monitor.packs.options import OPTION_NAMES
from dq_monitor.packs.report import Mark, Report, cut, shown
from dq_monitor.packs.validate import validate

HELP = " (`dqm rules` lists the checks)"
WHAT = {
    Kind.ROW: "judges rows",
    Kind.SET: "judges rows by their keys",
    Kind.TABLE: "measures the table as a whole",
    Kind.HISTORY: "compares a stored metric with its past",
}


def check_type(node: Node, catalog: Catalog, report: Report) -> CheckType | None:
    """Return the type of the one key that names a check, None where there is no such key."""
    if not isinstance(node.value, dict):
        bare = isinstance(node.value, str) and node.value in catalog
        example = f"`{node.value}: {{}}`" if bare else "`not_null: carrier`"
        report.add(node.mark, f"a rule is a mapping such as {example}, not {shown(node.plain())}")
        return None
    names = [key for key in node.value if key in catalog]
    unknown = [key for key in node.value if key not in catalog and key not in OPTION_NAMES]
    for key in unknown:
        report.add(node.keys[key], _unknown(key, catalog, report, has_check=bool(names)))
    if len(names) > 1:
        report.add(
            node.keys[names[1]],
            f"a rule has one check, this one has {' and '.join(names)}: "
            "begin the next rule with its own '- '",
        )
    elif not names and not unknown:
        report.add(
            node.mark, f"this rule names no check: add one, such as `not_null: carrier`{HELP}"
        )
    return catalog[names[0]] if len(names) == 1 else None


def _unknown(key: str, catalog: Catalog, report: Report, *, has_check: bool) -> str:
    aliases = by_alias(catalog)
    if key in aliases and not has_check:
        return introduced(key, aliases[key])
    near_option = report.nearest(key, OPTION_NAMES)
    near_check = report.closest(key, [*catalog, *aliases])
    if has_check or (near_option and not near_check):
        return f"unknown option {cut(key)!r}{near_option or report.near(key, OPTION_NAMES)}"
    ours = aliases[near_check].name if near_check in aliases else near_check
    return f"unknown check {cut(key)!r}{f' (did you mean {ours!r}?)' if ours else HELP}"


def parameters_of(node: Node, known: CheckType, report: Report) -> list[Node]:
    """Return the parameters of each rule that the entry makes, with shorthand written out."""
    given = node.get(known.name)
    if given is None or given.value is None:
        return [Node(given.mark if given else node.mark, {})]
    if isinstance(given.value, dict):
        return [given]
    if not known.shorthand:
        parameters = ", ".join(known.parameters)
        takes = f"a mapping of {parameters}" if parameters else "no parameters"
        fix = "" if parameters else f": write `{known.name}: {{}}`"
        report.add(given.mark, f"{known.name} takes {takes}, not {shown(given.plain())}{fix}")
        return []
    if known.each and isinstance(given.value, list):
        return _one_each(node, known, given.value, report)
    return [_written_out(known, given)]


def _one_each(node: Node, known: CheckType, entries: list[Node], report: Report) -> list[Node]:
    if not entries:
        report.add(node.keys[known.name], f"{known.name}: the list is empty, so nothing is checked")
    if len(entries) > 1 and "id" in node.keys:
        report.add(
            node.keys["id"],
            f"one id for the {len(entries)} rules that {known.name} makes of its list: "
            "remove the id, or write one rule for each",
        )
    return [_written_out(known, entry) for entry in entries]


def _written_out(known: CheckType, given: Node) -> Node:
    """Return the mapping that a bare value stands for; one column is a list of one."""
    schema = words.resolved(known.parameters[known.shorthand], known.shape.schema)
    if schema.get("type") == "array" and not isinstance(given.value, list):
        given = Node(given.mark, [given])
    return Node(given.mark, {known.shorthand: given}, {known.shorthand: given.mark})


def read_check(
    known: CheckType, parameters: Node, catalog: Catalog, report: Report
) -> AnyCheck | None:
    """Return the check with these parameters, or None with every reason in `report`."""
    return _validated(known, _with_parts(known, parameters, catalog, report), report)


def _validated(known: CheckType, parameters: Node, report: Report) -> AnyCheck | None:
    endless = list(_endless(parameters))
    for mark in endless:
        report.add(mark, f"{known.name}: .inf and .nan are no bounds: leave the parameter out")
    return None if endless else validate(known.shape, parameters, report, known.name)


def _endless(node: Node) -> Iterator[Mark]:
    if isinstance(node.value, float) and not math.isfinite(node.value):
        yield node.mark
    for child in node.children():
        yield from _endless(child)


def _with_parts(known: CheckType, parameters: Node, catalog: Catalog, report: Report) -> Node:
    """Write out the rules within a check, and tell at its own place what is wrong with each."""
    if not isinstance(parameters.value, dict):
        return parameters
    value = dict(parameters.value)
    for name, given in parameters.value.items():
        schema = words.resolved(known.parameters.get(name, {}), known.shape.schema)
        if ROW_CHECK in schema:
            value[name] = _part(given, catalog, report)
        elif ROW_CHECK in schema.get("items", {}) and isinstance(given.value, list):
            most = schema.get("maxItems", len(given.value))
            parts = [_part(entry, catalog, report) for entry in given.value[:most]]
            value[name] = replace(given, value=parts)
            if len(given.value) > most:
                message = f"holds {len(given.value):,} rules, the limit is {most}"
                report.add(given.mark, f"{known.name}: `{name}` {message}")
    return replace(parameters, value=value)


def _part(node: Node, catalog: Catalog, report: Report) -> Node:
    """Return a rule within another, written out; a sound one in its place where it is wrong.

    So that the rest of the outer check is looked at too, in one go.
    """
    before = len(report.problems)
    known = check_type(node, catalog, report)
    given = _part_parameters(node, known, report) if known else None
    if known is not None and given is not None:
        written = _with_parts(known, given, catalog, report)
        _validated(known, written, report)
        if len(report.problems) == before:
            return _mapping(node, known.name, written)
    return _mapping(node, "not_null", _mapping(node, "column", replace(node, value="any")))


def _part_parameters(node: Node, known: CheckType, report: Report) -> Node | None:
    for name in OPTION_NAMES & node.keys.keys():
        report.add(node.keys[name], f"`{name}` stands beside the whole rule, not within it")
    if known.kind is not Kind.ROW:
        report.add(
            node.keys[known.name],
            f"{known.name}, which {WHAT[known.kind]}, cannot stand within another rule: "
            "only checks that judge rows by themselves can",
        )
        return None
    given = node.get(known.name)
    if known.each and given is not None and isinstance(given.value, list):
        report.add(given.mark, f"{known.name} within another rule takes no list: write one each")
        return None
    return next(iter(parameters_of(node, known, report)), None)


def _mapping(node: Node, key: str, value: Node) -> Node:
    return Node(node.mark, {key: value}, {key: node.mark})
