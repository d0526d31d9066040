"""What an engine cannot do is refused by name before anything is read."""

from __future__ import annotations

import pytest

from dq_monitor.engines.refusal import refuse, why_not
from dq_monitor.errors import EngineCannot
from dq_monitor.packs import parse_pack

PACK = """\
table: silver.t
rules:
  - not_null: a
  - approx_distinct_count: a
    id: some
    warn: {over: 5}
  - in_set: {column: a, values: [1]}
    by: carrier
  - skewness: {column: a}
    warn: {over: 1}
  - anomaly: some
    warn: {beyond: 4}
"""
CANNOT_RUN, FIX = "cannot run on postgres", "use --engine polars or remove it"
CANNOT = {"skewness": "it has no third moment"}


def test_all_that_cannot_run_is_told_in_one_go() -> None:
    rules = parse_pack(PACK, "pack.yaml").rules
    refuse(rules, "polars", {})
    with pytest.raises(EngineCannot) as caught:
        refuse(rules, "postgres", CANNOT)
    assert caught.value.detail.splitlines() == [
        "2 of the pack's rules",
        f"rule some: approx_distinct_count {CANNOT_RUN}: it runs on polars only; {FIX}",
        f"rule skewness.a: skewness {CANNOT_RUN}: it has no third moment; {FIX}",
    ]


@pytest.mark.parametrize(
    ("engines", "engine", "why"),
    [
        ((), "duckdb", ""),
        (("polars", "duckdb"), "duckdb", ""),
        (("polars", "duckdb"), "spark", "it runs on polars and duckdb only"),
    ],
)
def test_a_check_names_its_engines(engines: tuple[str, ...], engine: str, why: str) -> None:
    assert why_not("x", engines, engine, {}) == why
