"""The twenty rules that every contestant is asked to keep, also as plain data for the peers."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, NamedTuple

from dq_monitor.model.check import Kind
from dq_monitor.model.pack import Pack
from dq_monitor.model.rule import Rule
from dq_monitor.packs import parse_pack

PACK = """
pack: bench.flights
table: bench.flights
rules:
  - not_null: [id, flight_date, carrier, dep_delay, tailnum]
  - unique: id
  - unique: [batch_no, line_no]
  - in_range: {column: dep_delay, min: -60, max: 1440}
  - in_range: {column: air_time, min: 1, max: 1200}
  - in_range: {column: distance, min: 1, max: 6000}
  - in_range: {column: fuel, min: 0, max: 100}
  - in_set: {column: origin, values: [EWR, JFK, LGA]}
  - in_set: {column: carrier, values: [UA, AA, DL, B6, EV, WN]}
  - in_set: {column: channel, values: [web, app, agent]}
  - matches: {column: tailnum, pattern: '^N[0-9]{5}$'}
  - matches: {column: booking, pattern: '^[A-Z]{2}-[0-9]{4}-[0-9]+$'}
  - length: {column: dest, min: 3, max: 3}
  - compare_columns: {column: arrived_at, op: '>', other: departed_at}
  - row_count: {}
    error: {below: 1}
  - mean: {column: dep_delay}
    warn: {outside: [0, 300]}
"""


class Answer(NamedTuple):
    """What a contestant says of a rule: rows that fail and pass, or a table rule's value."""

    failing: int | None = None
    passing: int | None = None
    value: float | None = None


def twenty() -> Pack:
    """Return the pack."""
    return parse_pack(PACK, "benchmarks/rules.py")


def without_keys(pack: Pack) -> Pack:
    """Return the pack without its unique rules: what is left needs no memory that grows."""
    return replace(pack, rules=tuple(rule for rule in pack.rules if rule.kind is not Kind.SET))


def plain(pack: Pack) -> list[dict[str, Any]]:
    """Return each rule as its id, its check's name, its `where` and its check's parameters.

    A table rule has the value's bounds, `min` and `max`, either of which may be None.
    """
    return [
        {"id": rule.id, "check": rule.name, "where": rule.where, **_parameters(rule)}
        for rule in pack.rules
    ]


def _parameters(rule: Rule) -> dict[str, Any]:
    parameters: dict[str, Any] = asdict(rule.check)  # type: ignore[call-overload]
    limit = rule.error or rule.warn
    if rule.kind is not Kind.TABLE or limit is None:
        return parameters
    low, high = limit.outside or (limit.below.value if limit.below else None, None)
    return {**parameters, "min": low, "max": high}
