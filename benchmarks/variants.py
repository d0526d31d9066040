"""Ten variants of each of the twenty rules: other bounds, sets, patterns, columns, conditions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dq_monitor.model.pack import Pack
from dq_monitor.packs import parse_pack

Entry = dict[str, Any]
COLUMNS = (
    *("id", "batch_no", "line_no", "flight_date", "carrier", "origin", "dest", "tailnum"),
    *("booking", "flight", "dep_delay", "arr_delay", "air_time", "distance", "fuel", "price"),
    *("departed_at", "arrived_at", "cancelled", "channel"),
)
REQUIRED = ("id", "flight_date", "carrier", "dep_delay", "tailnum")
CARRIERS = ("UA", "AA", "DL", "B6", "EV", "WN")
ORIGINS = ("EWR", "JFK", "LGA")
CHANNELS = ("web", "app", "agent")
PARTS = (
    *(f"carrier = '{name}'" for name in CARRIERS),
    *(f"origin = '{name}'" for name in ORIGINS),
)
SLICES = (*PARTS[-3:], *(f"channel = '{name}'" for name in CHANNELS))
BOUNDS = {
    "dep_delay": (-60, 1_440),
    "air_time": (1, 1_200),
    "distance": (1, 6_000),
    "fuel": (0, 100),
}
SETS = {"origin": ORIGINS, "carrier": CARRIERS, "channel": CHANNELS}
PATTERNS = {
    "tailnum": (
        *("^N[0-9]{5}$", "^N", "[0-9]$", "^N[1-9][0-9]{4}$", "^[A-Z][0-9]+$"),
        *(r"^N\d{5}$", "^(N|X)[0-9]{5}$", "^N[0-9]{4,6}$", "N[0-9]+", r"^\S+$"),
    ),
    "booking": (
        *("^[A-Z]{2}-[0-9]{4}-[0-9]+$", "^UA-", "-[0-9]+$", "^UA-[0-9]+-[0-9]+$", "^[A-Z]+-"),
        *(r"^\w+-\w+-\w+$", "^(UA|AA)-", "-[1-9][0-9]{3}-", "^[^ ]+$", "^[A-Z0-9-]{9,10}$"),
    ),
}
LENGTHS = (
    *(("dest", 3, 3), ("dest", 1, 4), ("origin", 3, 3), ("origin", 1, 8), ("carrier", 2, 2)),
    *(("tailnum", 6, 6), ("tailnum", 2, 12), ("booking", 9, 10), ("booking", 4, 16)),
    ("channel", 3, 5),
)
RELATIONS = (
    *(("arrived_at", op, "departed_at") for op in (">", ">=", "<>")),
    *(("id", ">=", "batch_no"), ("id", ">=", "line_no"), ("distance", ">", "fuel")),
    *(("distance", "<>", "air_time"), ("arr_delay", "<>", "flight"), ("price", "<>", "fuel")),
    ("arr_delay", "<", "distance"),
)
MEANS = ("dep_delay", "arr_delay", "air_time", "distance", "fuel", "price", "flight")


def two_hundred() -> Pack:
    """Return the pack; most of its rules fail few rows, as those of a table in use."""
    rules = [{**entry, "id": f"r{number:03}"} for number, entry in enumerate(_entries(), 1)]
    pack = {"pack": "bench.flights", "table": "bench.flights", "rules": rules}
    return parse_pack(json.dumps(pack), "benchmarks/variants.py")


def _entries() -> Iterator[Entry]:
    yield from ({"not_null": column} for column in COLUMNS)
    yield from ({"not_null": c, "where": where} for c in REQUIRED for where in SLICES)
    for key in (["id"], ["batch_no", "line_no"]):
        yield {"unique": key}
        yield from ({"unique": key, "where": where} for where in PARTS)
    yield from _columns()
    for where in (None, *PARTS):
        yield {"row_count": {}, "error": {"below": 1}, **_in(where)}
    for column, where in (*((c, None) for c in MEANS), *(("dep_delay", p) for p in PARTS[-3:])):
        yield {"mean": {"column": column}, "error": {"below": 1}, **_in(where)}


def _in(where: str | None) -> Entry:
    return {"where": where} if where else {}


def _columns() -> Iterator[Entry]:
    for column, (low, high) in BOUNDS.items():
        for wider in range(10):
            bounds = {"min": low - wider, "max": high + wider}
            yield {"in_range": {"column": column, **bounds}}
    for column, values in SETS.items():
        for more in range(10):
            listed = [*values, *(f"Z{number}" for number in range(more))]
            yield {"in_set": {"column": column, "values": listed}}
    for column, patterns in PATTERNS.items():
        yield from ({"matches": {"column": column, "pattern": pattern}} for pattern in patterns)
    for column, low, high in LENGTHS:
        yield {"length": {"column": column, "min": low, "max": high}}
    for column, op, other in RELATIONS:
        yield {"compare_columns": {"column": column, "op": op, "other": other}}
