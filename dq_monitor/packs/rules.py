"""Turns the `rules` of a file into typed rules with ids, thresholds and consequences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dq_monitor.model.check import AnyCheck, Kind
from dq_monitor.model.metric import IMPORTED
from dq_monitor.model.rule import Limit, Nulls, OnFail, Place, Rule, Scope, Threshold
from dq_monitor.packs.catalog import Catalog, CheckType
from dq_monitor.packs.document import Node
from dq_monitor.packs.entry import Entry, names_of, read_entry
from dq_monitor.packs.options import (
    AgeOptions,
    ChangeOptions,
    HistoryOptions,
    Options,
    SizeOptions,
)
from dq_monitor.packs.report import Mark, Report, cut

MAX_RULES = 5_000
_EXAMPLES: Mapping[type[Options], str] = {
    HistoryOptions: "`warn: {beyond: 4}`",
    ChangeOptions: "`warn: {outside: [-20%, 20%]}`",
    AgeOptions: "`error: {over: 26h}`",
    SizeOptions: "`warn: {below: 16MB}`",
}
ANY_FAILURE = Threshold(over=Limit(0.0))


@dataclass(slots=True)
class RuleSet:
    """The rules that could be read, and the names of those that could not.

    Whoever refers to a rule that is there but wrong is not told that it does not exist.
    """

    rules: dict[str, Rule] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def may_have(self, rule_id: str) -> bool:
        """Say whether `rule_id` may be one of the broken rules."""
        return rule_id in self.broken or rule_id.partition(".")[0] in self.broken


def read_rules(node: Node | None, catalog: Catalog, report: Report) -> RuleSet:
    """Read the list of rules; every error goes into `report`."""
    found = RuleSet()
    if node is None or not isinstance(node.value, list):
        return found
    if len(node.value) > MAX_RULES:
        report.add(
            node.mark, f"{len(node.value):,} rules, the limit is {MAX_RULES:,}: split the pack"
        )
        return found
    for child in node.value:
        entry = read_entry(child, catalog, report)
        rules = list(_bind(entry, child.mark, report)) if entry else []
        for rule in rules:
            admit(rule, found, report)
        if not rules:
            found.broken |= names_of(child, catalog, report)
    return found


def admit(rule: Rule, found: RuleSet, report: Report) -> None:
    """Take a rule in, unless another has its id."""
    first = found.rules.setdefault(rule.id, rule)
    if first is not rule and rule.place and first.place:
        report.add(
            Mark(rule.place.line, rule.place.column),
            f"rule id {cut(rule.id)!r} is used twice, first in line {first.place.line}: "
            "give this one an `id` of its own",
        )


def _bind(entry: Entry, mark: Mark, report: Report) -> Iterator[Rule]:
    known, options = entry.type, entry.options
    warn, error = _thresholds(known, options)
    if warn is None and error is None:
        report.add(mark, f"{known.name} needs `warn` or `error`, such as {_example(known)}")
        return
    for place, check in entry.checks:
        yield Rule(
            id=options.id or _default_id(known, check),
            name=known.name,
            check=check,
            where=getattr(options, "where", None),
            nulls=_nulls(options, check),
            warn=warn,
            error=error,
            on_fail=_on_fail(options, error),
            scope=getattr(options, "scope", Scope.BATCH),
            description=options.description,
            tags=options.tags,
            by=getattr(options, "by", None) or (),
            place=Place(report.file, *(mark if len(entry.checks) == 1 else place)),
        )


def _thresholds(known: CheckType, options: Options) -> tuple[Threshold | None, Threshold | None]:
    warn, error = options.warn_at, options.error_at
    if warn is None and error is None and not known.needs_threshold:
        return None, ANY_FAILURE
    return warn, error


def _example(known: CheckType) -> str:
    return _EXAMPLES.get(known.options, "`error: {below: 1}`")


def _nulls(options: Options, check: AnyCheck) -> Nulls:
    chosen: Nulls | None = getattr(options, "nulls", None)
    return chosen or Nulls(getattr(check, "null_keys", Nulls.SKIP))


def _on_fail(options: Options, error: Threshold | None) -> OnFail:
    chosen: OnFail | None = getattr(options, "on_fail", None)
    if chosen is not None:
        return chosen
    return options.default_on_fail if error else OnFail.KEEP


def _default_id(known: CheckType, check: AnyCheck) -> str:
    metric: str | None = getattr(check, "metric", None) if known.kind is Kind.HISTORY else None
    parts = [metric.removeprefix(IMPORTED)] if metric else ["_".join(check.columns())]
    return ".".join([known.name, *filter(None, parts)])
