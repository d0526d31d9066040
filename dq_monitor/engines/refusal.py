"""What an engine cannot do is refused by name when it is asked for, before anything is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dq_monitor.errors import EngineCannot
from dq_monitor.model.check import Kind
from dq_monitor.model.rule import Rule

POLARS = "polars"


def why_not(name: str, engines: tuple[str, ...], engine: str, cannot: Mapping[str, str]) -> str:
    """Return why the check called `name` cannot run on `engine`; empty where it can.

    `engines` are those that the check itself names (empty: all), `cannot` is the engine's own list.
    """
    if name in cannot:
        return cannot[name]
    return "" if not engines or engine in engines else f"it runs on {' and '.join(engines)} only"


def refuse(rules: Iterable[Rule], engine: str, cannot: Mapping[str, str]) -> None:
    """Raise EngineCannot naming every rule whose check cannot run on `engine`."""
    asked = [rule for rule in rules if rule.kind is not Kind.HISTORY]
    reasons = {rule: why_not(rule.name, rule.check.engines, engine, cannot) for rule in asked}
    refuse_each({rule: why for rule, why in reasons.items() if why}, engine)


def refuse_each(reasons: Mapping[Rule, str], engine: str) -> None:
    """Raise EngineCannot naming every rule of `reasons`; do nothing where there is none."""
    if not reasons:
        return
    lines = [
        f"rule {rule.id}: {rule.name} cannot run on {engine}: {why};"
        f" use --engine {POLARS} or remove it"
        for rule, why in reasons.items()
    ]
    raise EngineCannot("\n".join([f"{len(lines)} of the pack's rules", *lines]))
