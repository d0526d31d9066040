"""A rule that the contract's types cannot answer is an error at load, not in every batch."""

from __future__ import annotations

import pytest

from dq_monitor.errors import PackInvalid
from dq_monitor.packs import parse_pack

PACK = """\
table: silver.orders
contract:
  columns:
    id: {type: int64}
    name: {type: string}
    price: {type: "decimal(12, 2)"}
    day: {type: date}
    tags: {type: "list[string]"}
rules:
"""


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("- matches: {column: id, pattern: '^a'}", "'id'"),
        ("- in_range: {column: name, min: 1}", "'name'"),
        ("- in_range: {column: day, min: 1}", "'day'"),
        ("- mean: {column: name}\n  warn: {over: 1}", "'name'"),
        ("- in_set: {column: id, values: [a, b]}", "'id'"),
        ("- {not_null: id, where: name > 1}", "'name'"),
        ("- expression: id + 1 = name", "'name'"),
        ("- freshness: {column: name}\n  warn: {over: 1h}", "'name'"),
        ("- length: {column: day, min: 1}", "'day'"),
    ],
)
def test_a_rule_that_its_columns_types_cannot_answer_is_told_at_its_place(
    rule: str, said: str
) -> None:
    with pytest.raises(PackInvalid) as told:
        parse_pack(PACK + rule, "orders.yaml")
    assert "orders.yaml:10:3: rule" in str(told.value)
    assert "by the contract's types: " in str(told.value)
    assert said in str(told.value)


@pytest.mark.parametrize(
    "rule",
    [
        "- in_range: {column: price, min: 0, max: 9.99}",
        "- in_range: {column: day, min: 2026-01-01}",
        "- matches: {column: elsewhere, pattern: '^a'}",
        "- {not_null: id, where: elsewhere > 1}",
        "- unique: [id, name]",
        "- length: {column: name, min: 1}",
    ],
)
def test_what_can_be_asked_or_is_not_known_to_the_contract_passes(rule: str) -> None:
    assert parse_pack(PACK + rule, "orders.yaml").rules
