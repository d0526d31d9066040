"""What each check can do, as plain data, and the checks that people look for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dq_monitor.model.check import ENGINES, Family, Kind, Measures
from dq_monitor.packs.catalog import Catalog, CheckType
from dq_monitor.packs.foreign import by_alias, tool_of
from dq_monitor.packs.validate import shape_of
from dq_monitor.packs.words import expected, fields

MEASURED = {
    Measures.VALUE: "a value",
    Measures.AGE: "an age",
    Measures.SIZE: "a size",
    Measures.SCORE: "how far a value lies from its past",
    Measures.CHANGE: "how a value changed",
}


def describe(check: CheckType) -> dict[str, Any]:
    """Return what a check is and what it can do."""
    return {
        "name": check.name,
        "kind": check.kind.value,
        "family": check.family.value,
        "summary": check.summary,
        "aliases": list(check.aliases),
        "shorthand": check.shorthand,
        "each": check.each,
        "parameters": [
            {
                "name": name,
                "takes": expected(schema, check.shape.schema),
                "required": name in check.required,
                "default": schema.get("default"),
                "description": schema.get("description", ""),
            }
            for name, schema in check.parameters.items()
        ],
        "options": list(check.options.model_fields),
        "measures": measured(check),
        "thresholds": thresholds(check),
        "needs_threshold": check.needs_threshold,
        "engines": list(check.engines or ENGINES),
        "example": check.example,
    }


def measured(check: CheckType) -> str:
    """Return what the thresholds are held against."""
    if check.kind in {Kind.ROW, Kind.SET}:
        return "failing rows"
    return MEASURED.get(check.measures, "a count of what is wrong")


def thresholds(check: CheckType) -> list[str]:
    """Return the bounds that `warn` and `error` take."""
    shape = shape_of(check.options)
    return list(fields(shape.fields["error"], shape.schema))


def by_family(checks: Iterable[CheckType]) -> dict[Family, list[CheckType]]:
    """Return the checks in the order in which people are shown them."""
    found = list(checks)
    groups = {family: [check for check in found if check.family is family] for family in Family}
    return {family: group for family, group in groups.items() if group}


def look_for(catalog: Catalog, words: Sequence[str]) -> list[CheckType]:
    """Return the checks that are about all of `words`; a check's own name finds it alone."""
    if len(words) == 1 and (found := named(catalog, words[0])):
        return [found]
    return [check for check in catalog.values() if all(_is_about(check, word) for word in words)]


def named(catalog: Catalog, name: str) -> CheckType | None:
    """Return the check that is called `name`, here or by another tool."""
    return catalog.get(name) or by_alias(catalog).get(name)


def other_names(check: CheckType) -> str:
    """Return the names that other tools give the check, for people."""
    tools = ((alias, tool_of(alias)) for alias in check.aliases)
    return ", ".join(f"`{alias}` ({tool})" if tool else f"`{alias}`" for alias, tool in tools)


def _is_about(check: CheckType, word: str) -> bool:
    parts = (check.name, check.family.value, check.kind.value, *check.aliases, check.prose)
    return any(word.lower() in part.lower() for part in parts)
