"""What each contestant found, side by side, and why some found something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

Found = Mapping[str, Any]
SAME = "="
NEAR = 1e-9  # of a mean: sums are added in another order everywhere


def table(ours: Found, others: Mapping[str, Found]) -> str:
    """Return Markdown: our counts, beside each other's where it differs, and the explanations."""
    rows = []
    for rule, value in ours.items():
        cells = " | ".join(_cell(rule, value, found) for found in others.values())
        rows.append(f"| {rule} | {_number(value)} | {cells} |")
    return "\n".join(
        [
            "Failing rows by rule, or the value of `row_count` and `mean`. `=` is the same number,",
            "`-` a rule that the library cannot ask.",
            "",
            f"| rule | dq_monitor | {' | '.join(others)} |",
            f"|---|---:|{'---:|' * len(others)}",
            *rows,
            "",
            *_explained([name for name in others if name != "hand"]),
        ]
    )


def differing(ours: Found, theirs: Found) -> list[str]:
    """Return the rules for which another number was found, or none."""
    return [rule for rule, value in ours.items() if _cell(rule, value, theirs) != SAME]


def _cell(rule: str, ours: float, found: Found) -> str:
    if rule not in found:
        return "-"
    theirs = found[rule]
    return SAME if abs(theirs - ours) <= NEAR * abs(ours) else _number(theirs)


def _number(value: float) -> str:
    return f"{value:,.4f}" if value % 1 else f"{value:,.0f}"


def _explained(peers: Sequence[str]) -> Iterator[str]:
    for name in peers:
        reasons: Mapping[str, str] = import_module(f"benchmarks.peers.{name}").DIFFERENCES
        yield from (f"- {name}, `{check}`: {why}." for check, why in reasons.items())
