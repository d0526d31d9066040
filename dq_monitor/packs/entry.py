"""Reads one entry of `rules`: what it asks, and the options beside it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from dq_monitor.model.check import AnyCheck
from dq_monitor.packs.asked import WHAT, check_type, parameters_of, read_check
from dq_monitor.packs.catalog import Catalog, CheckType
from dq_monitor.packs.document import Node
from dq_monitor.packs.foreign import by_alias
from dq_monitor.packs.options import OPTION_NAMES, Options
from dq_monitor.packs.report import Mark, Report
from dq_monitor.packs.validate import shape_of, validate


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry says: its check's type, the options, and each check it makes, with place."""

    type: CheckType
    options: Options
    checks: tuple[tuple[Mark, AnyCheck], ...]


def read_entry(node: Node, catalog: Catalog, report: Report) -> Entry | None:
    """Return what `node` says, or None with every reason in `report`."""
    before = len(report.problems)
    known = check_type(node, catalog, report)
    if known is None:
        return None
    options = _options(node, known, report)
    checks = [
        (parameters.mark, read_check(known, parameters, catalog, report))
        for parameters in parameters_of(node, known, report)
    ]
    if options is None or len(report.problems) > before:
        return None
    return Entry(known, options, tuple((mark, check) for mark, check in checks if check))


def names_of(node: Node, catalog: Catalog, report: Report) -> set[str]:
    """Return by what names others may call the rules of an entry that could not be read."""
    if not isinstance(node.value, dict):
        return {str(node.value)}
    checks = {key for key in node.value if key not in OPTION_NAMES}
    given = node.get("id")
    named = checks | ({str(given.value)} if given else set())
    return named | (_meant(checks, catalog, report) if report.suggests else set())


def _meant(checks: Set[str], catalog: Catalog, report: Report) -> set[str]:
    """Return what the checks may be called elsewhere, where whoever misspelt them wrote rightly."""
    aliases = by_alias(catalog)
    near = {report.closest(key, [*catalog, *aliases]) for key in checks} - {""}
    return near | {aliases[name].name for name in near | checks if name in aliases}


def _options(node: Node, known: CheckType, report: Report) -> Options | None:
    entries = {}
    for key in OPTION_NAMES & node.keys.keys():
        value = node.get(key)
        if key not in known.options.model_fields:
            what = WHAT[known.kind] if known.reads_rows else "reads no row"
            complaint = f"`{key}` does not apply to {known.name}, which {what}: remove it"
            report.add(node.keys[key], complaint)
        elif value is not None:
            entries[key] = value
    return validate(shape_of(known.options), Node(node.mark, entries, node.keys), report, "a rule")
