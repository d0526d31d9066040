from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from dq_monitor.cli._bundled import bundled
from dq_monitor.demo import gold, silver
from dq_monitor.demo.steps import pipeline
from dq_monitor.engines.polars import evaluate
from dq_monitor.model.check import Kind
from dq_monitor.model.pack import Pack
from dq_monitor.packs import load_packs
from dq_monitor.packtest import run_pack_tests
from dq_monitor.pipeline.sql import query

PACKS = load_packs(bundled("rules"))
NOW = datetime(2013, 1, 2, 11, tzinfo=UTC)

every_pack = pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))


def delivered(feed: str) -> pl.LazyFrame:
    columns = PACKS[f"bronze.{feed}"].contract.columns
    return pl.LazyFrame(schema={name: pl.String for name in columns if not name.startswith("_")})


def promised(table: str) -> dict[str, str]:
    return {name: column.type for name, column in PACKS[table].contract.columns.items()}


def made(frame: pl.LazyFrame) -> dict[str, str]:
    # A contract says `datetime`, whatever its unit.
    types = {name: str(dtype).lower() for name, dtype in frame.collect_schema().items()}
    return {name: dtype.partition("(")[0] for name, dtype in types.items()}


def test_each_table_of_the_pipeline_has_a_pack_and_each_pack_a_table() -> None:
    assert set(PACKS) == set(pipeline.tables)


@every_pack
def test_a_pack_says_whose_it_is_and_who_is_told(pack: Pack) -> None:
    assert pack.owner
    assert pack.notify
    assert pack.description
    assert pack.contract.columns


@every_pack
def test_the_tests_of_a_pack_pass(pack: Pack) -> None:
    results = list(run_pack_tests(pack, evaluate, NOW))
    assert results
    assert {r.test.name: r.mismatches for r in results if r.mismatches} == {}


def test_the_packs_use_checks_of_every_kind() -> None:
    used = {rule.name for pack in PACKS.values() for rule in pack.rules}
    assert used >= {"not_null", "unique", "foreign_key", "expression", "mean", "anomaly"}
    assert {rule.kind for pack in PACKS.values() for rule in pack.rules} == set(Kind)


@pytest.mark.parametrize("feed", ["airlines", "airports", "planes", "flights", "weather"])
def test_silver_keeps_its_contract(feed: str) -> None:
    assert made(getattr(silver, feed)(delivered(feed))) == promised(f"silver.{feed}")


def test_gold_keeps_its_contract() -> None:
    flights = silver.flights(delivered("flights"))
    airlines = silver.airlines(delivered("airlines"))
    assert made(gold.carrier_days(flights, airlines)) == promised("gold.carrier_days")
    assert made(query(gold.ROUTE_DAYS, {"flights": flights})) == promised("gold.route_days")
