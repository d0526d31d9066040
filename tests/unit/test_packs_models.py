"""A contract's model: its columns and checks are the pack's, and pandera runs what rules cannot."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from dq_monitor.engines.polars import evaluate
from dq_monitor.errors import PackInvalid
from dq_monitor.model.pack import ColumnContract, OnExtra, Pack
from dq_monitor.model.rule import OnFail, Rule
from dq_monitor.model.view import View
from dq_monitor.packs import parse_pack
from dq_monitor.registry import plug

NOW = datetime(2013, 1, 2, tzinfo=UTC)
PACK = "{table: silver.flights, contract: {model: Flights}}"
ROWS = {
    "flight": [1, 2, None, 7777],
    "carrier": ["AA", "UA", "XX", None],
    "dep": [1, 2, 3, 4],
    "arr": [0, 5, None, 9],
}


def rules_of(pack: Pack) -> dict[str, Rule]:
    return {rule.id: rule for rule in pack.rules}


def answers(pack: Pack, rows: dict[str, Any]) -> dict[str, Any]:
    frame = pl.LazyFrame(rows)
    view = View(nw.from_native(frame).collect_schema(), NOW)
    seen = evaluate(frame, pack.rules, view, {}, None)
    return {
        one.rule_id: one.error or (one.failing if one.value is None else one.value) for one in seen
    }


def test_checks_of_the_model_become_rules_or_are_run_by_pandera() -> None:
    rules = rules_of(parse_pack(PACK, "pack.yaml"))
    assert {name: (rule.name, rule.on_fail) for name, rule in rules.items()} == {
        "contract.not_null.carrier": ("not_null", OnFail.QUARANTINE),
        "model.in_range.flight": ("in_range", OnFail.QUARANTINE),
        "model.in_range.flight_2": ("in_range", OnFail.QUARANTINE),
        "model.in_set.carrier": ("in_set", OnFail.QUARANTINE),
        "model.length.carrier": ("length", OnFail.QUARANTINE),
        "model.in_range.arr": ("in_range", OnFail.KEEP),  # it only warns
        "model.unique.carrier_flight": ("unique", OnFail.QUARANTINE),
        "model.pandera_rows.flight": ("pandera_rows", OnFail.QUARANTINE),
        "model.pandera_rows.flight_2": ("pandera_rows", OnFail.QUARANTINE),
        "model.pandera_table.arr": ("pandera_table", OnFail.BLOCK),
        "model.pandera_table": ("pandera_table", OnFail.BLOCK),
    }


def test_every_check_of_the_model_is_asked() -> None:
    assert answers(parse_pack(PACK, "pack.yaml"), ROWS) == {
        "contract.not_null.carrier": 1,
        "model.in_range.flight": 0,
        "model.in_range.flight_2": 0,
        "model.in_set.carrier": 1,
        "model.length.carrier": 0,
        "model.in_range.arr": 1,
        "model.unique.carrier_flight": 0,
        "model.pandera_rows.flight": 1,
        "model.pandera_rows.flight_2": 1,
        "model.pandera_table.arr": 1,
        "model.pandera_table": 1,
    }


def test_the_contract_has_the_columns_of_the_model() -> None:
    contract = parse_pack(PACK, "pack.yaml").contract
    assert contract.columns["carrier"] == ColumnContract("string", nullable=False)
    assert contract.on_extra is OnExtra.REJECT


def test_what_the_pack_says_itself_stands() -> None:
    text = (
        "{table: a.b, contract: {model: Flights, on_extra: drop, "
        "columns: {dep: {type: int32, unit: minutes}}}}"
    )
    contract = parse_pack(text, "pack.yaml").contract
    assert contract.columns["dep"] == ColumnContract("int32", unit="minutes")
    assert list(contract.columns) == ["flight", "carrier", "dep", "arr"]
    assert contract.on_extra is OnExtra.DROP


def test_the_model_is_part_of_the_fingerprint() -> None:
    bare = parse_pack("{table: silver.flights}", "pack.yaml")
    assert parse_pack(PACK, "pack.yaml").fingerprint != bare.fingerprint


def test_rules_of_the_pack_may_name_columns_and_rules_of_the_model() -> None:
    text = (
        "{table: a.b, contract: {model: Flights}, rules: [not_null: dep], tests: "
        "[{name: x, rows: [{carrier: XX}], fails: {model.in_set.carrier: 1}}]}"
    )
    assert len(parse_pack(text, "pack.yaml").rules) == 12
    with pytest.raises(PackInvalid, match="'depp', which the contract does not have"):
        parse_pack(text.replace("not_null: dep", "not_null: depp"), "pack.yaml")


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("Flight", "no installed model 'Flight': did you mean 'Flights'"),
        ("dqm_models:Flights", "no installed model"),
        ("3", "takes text"),
    ],
)
def test_a_model_is_named_as_it_is_installed(model: str, reason: str) -> None:
    with pytest.raises(PackInvalid, match=reason):
        parse_pack(f"{{table: a.b, contract: {{model: {model}}}}}", "pack.yaml")


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("pandera_rows", {"column": "flight", "check": "is_add"}, "did you mean 'is_odd'"),
        ("pandera_rows", {"column": "fligth", "check": "is_odd"}, "did you mean 'flight'"),
        ("pandera_rows", {"column": "dep", "check": "is_odd"}, "has no check 'is_odd' there"),
        ("pandera_table", {"check": "late"}, "known are arrives_after_departure|did you mean"),
    ],
)
def test_a_check_that_the_model_has_not_is_refused(
    name: str, parameters: dict[str, Any], reason: str
) -> None:
    check: Any = plug("dq_monitor.checks", name, "check")
    with pytest.raises(ValueError, match=reason):
        check(model="Flights", **parameters)


def test_a_check_that_depends_on_other_rows_is_an_error_not_an_answer() -> None:
    text = "{table: a.b, rules: [pandera_rows: {model: Troubles, column: flight, check: grows}]}"
    found = answers(parse_pack(text, "pack.yaml"), {"flight": [1, 1, 2, 2]})
    assert "depends on other rows: use pandera_table" in found["pandera_rows.flight"]


def test_a_check_that_raises_is_an_error_of_its_rule() -> None:
    text = "{table: a.b, rules: [pandera_table: {model: Troubles, check: breaks, column: flight}]}"
    found = answers(parse_pack(text, "pack.yaml"), {"flight": [1]})
    assert found["pandera_table.flight"] == "check 'breaks' of pandera raised KeyError"
