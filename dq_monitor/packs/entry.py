"""Reads one entry of `rules`: finds its check, writes shorthand out, tells what does not fit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from dq_monitor.model.check import AnyCheck, Kind
from dq_monitor.packs import words
from dq_monitor.packs.catalog import Catalog, CheckType
from dq_monitor.packs.document import Node
from dq_monitor.packs.foreign import by_alias, introduced
from dq_monitor.packs.options import AgeOptions, HistoryOptions, Options, RowOptions, TableOptions
from dq_monitor.packs.report import Mark, Report, cut, shown
from dq_monitor.packs.validate import shape_of, validate

OPTION_NAMES = frozenset(
    name
    for model in (RowOptions, TableOptions, AgeOptions, HistoryOptions)
    for name in model.model_fields
)
LONGEST = 40
HELP = " (`dqm rules` lists the checks)"
WHAT = {
    Kind.ROW: "judges rows",
    Kind.SET: "judges rows by their keys",
    Kind.TABLE: "measures the table as a whole",
    Kind.HISTORY: "compares a stored metric with its past",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry says: its check's type, the options, and each check it makes, with place."""

    type: CheckType
    options: Options
    checks: tuple[tuple[Mark, AnyCheck], ...]


def read_entry(node: Node, catalog: Catalog, report: Report) -> Entry | None:
    """Return what `node` says, or None with every reason in `report`."""
    before = len(report.problems)
    known = _check_type(node, catalog, report)
    if known is None:
        return None
    options = _options(node, known, report)
    checks = [
        (parameters.mark, _check(known, parameters, report))
        for parameters in _parameters(node, known, report)
    ]
    if options is None or len(report.problems) > before:
        return None
    return Entry(known, options, tuple((mark, check) for mark, check in checks if check))


def names_of(node: Node, catalog: Catalog) -> set[str]:
    """Return by what names others may call the rules of an entry that could not be read."""
    if not isinstance(node.value, dict):
        return {str(node.value)}
    checks = {key for key in node.value if key not in OPTION_NAMES}
    # Whoever misspelt the check here wrote it rightly elsewhere.
    aliases = by_alias(catalog)
    known = [*catalog, *aliases]
    near = {name for key in checks for name in get_close_matches(key[:LONGEST], known, n=1)}
    meant = {aliases[name].name for name in near | checks if name in aliases}
    given = node.get("id")
    return checks | near | meant | ({str(given.value)} if given else set())


def _check_type(node: Node, catalog: Catalog, report: Report) -> CheckType | None:
    """Return the type of the one key that names a check."""
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


def _options(node: Node, known: CheckType, report: Report) -> Options | None:
    entries = {}
    for key in OPTION_NAMES & node.keys.keys():
        value = node.get(key)
        if key not in known.options.model_fields:
            report.add(
                node.keys[key],
                f"`{key}` does not apply to {known.name}, which {WHAT[known.kind]}: remove it",
            )
        elif value is not None:
            entries[key] = value
    return validate(shape_of(known.options), Node(node.mark, entries, node.keys), report, "a rule")


def _parameters(node: Node, known: CheckType, report: Report) -> list[Node]:
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


def _check(known: CheckType, parameters: Node, report: Report) -> AnyCheck | None:
    endless = list(_endless(parameters))
    for mark in endless:
        report.add(mark, f"{known.name}: .inf and .nan are no bounds: leave the parameter out")
    return None if endless else validate(known.shape, parameters, report, known.name)


def _endless(node: Node) -> Iterator[Mark]:
    if isinstance(node.value, float) and not math.isfinite(node.value):
        yield node.mark
    for child in node.children():
        yield from _endless(child)
