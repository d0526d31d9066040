"""The reference of checks in docs/rules.md, and one check as a terminal shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dq_monitor.packs.catalog import CheckType
from dq_monitor.packs.describe import by_family, describe, other_names

HEAD = """\
# Checks

Written by `dqm rules --markdown > docs/rules.md` from the checks themselves. What may stand beside
a check in a rule (`where`, `warn`, `error`, `on_fail`, ...) is in [packs.md](packs.md#rules), what
nulls and thresholds mean in [semantics.md](semantics.md).

A check is of one kind. **row**: each row passes, fails, or is unknown. **set**: a row passes or
fails by its key. **table**: the batch has a value, which `warn` and `error` bound. **history**: the
value of a table rule is held against its own past.
"""


def reference(checks: Sequence[CheckType]) -> Iterator[str]:
    """Return the lines of docs/rules.md."""
    families = by_family(checks)
    yield HEAD
    for family, group in families.items():
        yield from (f"**{family.value.capitalize()}**", "")
        yield from table(
            ("check", "kind", "what it asks"),
            [(f"[`{c.name}`](#{c.name})", c.kind.value, c.summary) for c in group],
        )
        yield ""
    for group in families.values():
        for check in group:
            yield from _section(check)


def explained(check: CheckType) -> Iterator[str]:
    """Return the lines that tell all of one check on a terminal."""
    told = describe(check)
    yield f"{check.name} ({check.kind.value} check, {check.family.value})"
    yield from ("", check.prose, "")
    yield "parameters" if told["parameters"] else "no parameters"
    yield from (f"  {_parameter(parameter)}" for parameter in told["parameters"])
    yield from _shorthand(check)
    needed = "one is needed" if check.needs_threshold else "without one it fails above 0"
    facts = {
        "measures": told["measures"],
        "warn and error": f"{', '.join(told['thresholds'])}; {needed}",
        "options": ", ".join(told["options"]),
        "engines": ", ".join(told["engines"]),
        "elsewhere": other_names(check).replace("`", ""),
    }
    yield ""
    yield from (f"{name + ':':<15} {value}" for name, value in facts.items() if value)
    yield from ("", "example", *(f"  {line}" for line in check.example.splitlines()))


def _parameter(parameter: Mapping[str, Any]) -> str:
    optional = "" if parameter["required"] else f" (default: {_default(parameter)})"
    about = f" - {parameter['description']}" if parameter["description"] else ""
    return f"{parameter['name']}: {parameter['takes']}{optional}{about}".replace("`", "")


def _section(check: CheckType) -> Iterator[str]:
    yield from (f"## {check.name}", "", f"Kind: {check.kind.value}.", "", check.prose, "")
    parameters = describe(check)["parameters"]
    if parameters:
        yield from table(
            ("parameter", "takes", "default", "meaning"),
            [(f"`{p['name']}`", p["takes"], _default(p), p["description"]) for p in parameters],
        )
    else:
        yield "It has no parameters."
    yield ""
    for line in _shorthand(check, mark="`"):
        yield from (line, "")
    if check.engines:
        yield from (f"It runs on {', '.join(check.engines)} only.", "")
    if check.aliases:
        yield from (f"Elsewhere: {other_names(check)}.", "")
    yield from ("```yaml", check.example, "```", "")


def _shorthand(check: CheckType, mark: str = "") -> Iterator[str]:
    if check.shorthand:
        each = ", and a list makes one rule for each entry" if check.each else ""
        name, parameter = f"{mark}{check.name}:{mark}", f"{mark}{check.shorthand}{mark}"
        yield f"A bare value after {name} stands for {parameter}{each}."


def _default(parameter: Mapping[str, Any]) -> str:
    if parameter["required"]:
        return "required"
    value = parameter["default"]
    if value is None or value == []:
        return "none given"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Return the lines of a table in Markdown."""
    yield _cells(head)
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield _cells(row)


def _cells(cells: Sequence[str]) -> str:
    # A bar ends a cell and an angle bracket may begin a tag, also where neither is meant.
    inert = (cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells)
    return f"| {' | '.join(inert)} |"
