from __future__ import annotations

from dq_monitor.model.rule import OnFail
from dq_monitor.packs import parse_pack

PACK = """
table: silver.flights
contract:
  columns:
    carrier: {type: string, nullable: false}
    origin: {type: string, nullable: false}
    dest: {type: string}
rules:
  - not_null: origin
"""


def test_a_column_that_is_not_nullable_is_asked_for_values() -> None:
    rules = {rule.id: rule for rule in parse_pack(PACK, "flights.yaml").rules}
    assert list(rules) == ["contract.not_null.carrier", "not_null.origin"]
    assert rules["contract.not_null.carrier"].on_fail is OnFail.QUARANTINE


def test_a_rule_that_asks_only_some_rows_does_not_keep_the_promise() -> None:
    some = PACK.replace("- not_null: origin", "- not_null: origin\n    where: \"dest = 'LAX'\"")
    rules = [rule.id for rule in parse_pack(some, "flights.yaml").rules]
    assert "contract.not_null.origin" in rules
