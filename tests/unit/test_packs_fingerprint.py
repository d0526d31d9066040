from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_monitor.packs import parse_pack

quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

columns = st.sampled_from(["dep_delay", "carrier", "origin", "2013", "no", "ä"])
words = st.text(st.characters(categories=["L", "Zs"]), max_size=8)
options = st.fixed_dictionaries(
    {},
    optional={
        "where": st.sampled_from(["a > 1", "b = 'x'"]),
        "nulls": st.sampled_from(["skip", "fail", "pass"]),
        "on_fail": st.sampled_from(["keep", "drop", "quarantine", "block"]),
        "warn": st.fixed_dictionaries({"over": st.sampled_from([0, 1, "0.1%", "5%"])}),
        "description": words,
        "tags": st.lists(words, max_size=2),
    },
)
checks = st.one_of(
    columns.map(lambda name: {"not_null": name}),
    st.builds(lambda a, b: {"in_range": {"column": a, "min": b}}, columns, st.integers(-9, 9)),
    st.builds(
        lambda a, b: {"in_set": {"column": a, "values": b}},
        columns,
        st.lists(st.one_of(words, st.booleans(), st.integers(-9, 9)), min_size=1, max_size=3),
    ),
)
rules = st.lists(st.builds(lambda check, beside: check | beside, checks, options), max_size=4)
packs = st.fixed_dictionaries(
    {"table": st.sampled_from(["silver.a", "silver.b"]), "rules": rules},
    optional={
        "owner": words,
        "notify": st.lists(words.filter(bool), max_size=2),
        "timezone": st.sampled_from(["UTC", "America/New_York"]),
        "gate": st.fixed_dictionaries({"max_quarantined": st.sampled_from([10, "5%"])}),
        "contract": st.fixed_dictionaries(
            {
                "columns": st.dictionaries(
                    # Other columns than those of the rules, which do not fit all types.
                    columns.map("c_{}".format),
                    st.fixed_dictionaries({"type": st.sampled_from(["string", "int64"])}),
                )
            }
        ),
    },
)


def named(pack: dict[str, Any]) -> dict[str, Any]:
    """Give each rule an id, since generated rules repeat themselves."""
    ids = ({"id": f"rule_{n}"} | rule for n, rule in enumerate(pack["rules"]))
    return pack | {"rules": list(ids)}


def fingerprint(pack: dict[str, Any], **style: Any) -> str:
    text = yaml.safe_dump(pack, sort_keys=False, **style)
    return parse_pack(text, "pack.yaml").fingerprint


def shuffled(value: Any, order: random.Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: shuffled(value[key], order) for key in keys}
    return [shuffled(part, order) for part in value] if isinstance(value, list) else value


@quick
@given(packs.map(named), st.randoms(use_true_random=False))
def test_formatting_and_the_order_of_keys_do_not_change_the_fingerprint(
    pack: dict[str, Any], order: random.Random
) -> None:
    again = shuffled(pack, order)
    assert fingerprint(again, default_flow_style=True, width=40) == fingerprint(pack)


@quick
@given(packs.map(named), packs.map(named))
def test_two_packs_share_a_fingerprint_only_if_they_mean_the_same(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    first, second = (parse_pack(yaml.safe_dump(pack), "pack.yaml") for pack in (one, other))
    alike = replace(first, fingerprint="") == replace(second, fingerprint="")
    assert (first.fingerprint == second.fingerprint) == alike


BASE = """\
table: silver.t
rules:
  - in_range: {column: a, min: 1, max: 9}
    warn: {over: 5%}
  - not_null: b
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("rules:", "# why\nrules:  # what follows\n", id="comments"),
        pytest.param("min: 1, max: 9", "max: 9, min: 1", id="order of keys"),
        pytest.param("not_null: b", "not_null: [b]", id="shorthand as a list"),
        pytest.param("not_null: b", "not_null: {column: b}", id="shorthand written out"),
        pytest.param("not_null: b", "not_null: b\n    nulls: skip", id="a default spelled out"),
        pytest.param("not_null: b", "not_null: b\n    error: {over: 0}", id="default threshold"),
        pytest.param("table: silver.t", "table: 'silver.t'", id="quotes"),
        pytest.param("table: silver.t", "table: silver.t\npack: silver.t", id="default name"),
        pytest.param("5%", "5.0%", id="digits"),
        pytest.param("over: 5%", "above: 5%", id="another word for over"),
    ],
)
def test_another_way_to_write_it_is_the_same_pack(old: str, new: str) -> None:
    changed = parse_pack(BASE.replace(old, new), "another.yaml")
    assert changed.fingerprint == parse_pack(BASE, "pack.yaml").fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("not_null: a", "is_null: a"),
        ("in_set: {column: a, values: [1]}", "not_in_set: {column: a, values: [1]}"),
        ("in_range: {column: a, min: 1}", "in_range: {column: a, max: 1}"),
        ("all_of: [{not_null: a}]", "any_of: [{not_null: a}]"),
    ],
)
def test_checks_within_a_check_are_told_apart(one: str, other: str) -> None:
    packs = [f"table: t\nrules: [{{none_of: [{{{part}}}]}}]" for part in (one, other)]
    first, second = (parse_pack(text, "pack.yaml").fingerprint for text in packs)
    assert first != second


def test_shorthand_within_a_check_is_the_same_pack() -> None:
    short = "table: t\nrules: [{any_of: [{not_null: a}, {all_not_null: [a, b]}]}]"
    long = (
        "table: t\nrules: [{any_of: {rules: "
        "[{not_null: {column: a}}, {all_not_null: {columns: [a, b]}}]}}]"
    )
    first, second = (parse_pack(text, "pack.yaml").fingerprint for text in (short, long))
    assert first == second


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("silver.t", "silver.u"),
        ("min: 1", "min: 2"),
        ("min: 1, ", ""),
        ("5%", "6%"),
        ("5%", "5"),
        ("warn", "error"),
        ("not_null: b", "not_null: c"),
        ("not_null: b", "not_null: b\n    where: a > 1"),
        ("not_null: b", "not_null: b\n    nulls: fail"),
        ("not_null: b", "not_null: b\n    on_fail: keep"),
        ("not_null: b", "not_null: b\n    id: other"),
        ("not_null: b", "not_null: b\n    by: c"),
        ("not_null: b", "not_null: b\n    by: [c, d]"),
        ("not_null: b", "unique: b"),
        ("rules:", "gate: {on_empty: warn}\nrules:"),
        ("rules:", "partition_by: [a]\nrules:"),
        ("rules:", "timezone: America/New_York\nrules:"),
        ("rules:", "freshness: {column: a, warn_after: 26h}\nrules:"),
        ("rules:", "contract: {columns: {a: {type: int64}}}\nrules:"),
        ("rules:", "tests: [{name: x, rows: [{a: 1}]}]\nrules:"),
    ],
)
def test_every_change_of_meaning_is_another_pack(old: str, new: str) -> None:
    changed = parse_pack(BASE.replace(old, new, 1), "pack.yaml")
    assert changed.fingerprint != parse_pack(BASE, "pack.yaml").fingerprint


def test_the_fingerprint_stays_the_same_over_releases() -> None:
    # It stands in commits of tables that exist: a change here makes every pack look changed.
    assert (
        parse_pack(BASE, "pack.yaml").fingerprint
        == "135f1fb70fa9b42aeac0a0748abd28b52b8f2e7ddeb4a1d9a873bb6633063a78"
    )


@pytest.mark.parametrize(
    "bound",
    ["over: 1", "below: -1", "outside: [1, 9]", "outside: [1%, 9%]", "equal: 1", "unequal: 1"],
)
def test_each_bound_is_another_pack(bound: str) -> None:
    text = "table: silver.t\nrules: [{mean: a, warn: {below: 0}, error: {BOUND}}]"
    plain = parse_pack(text.replace("BOUND", "over: 5"), "pack.yaml")
    assert parse_pack(text.replace("BOUND", bound), "pack.yaml").fingerprint != plain.fingerprint


def test_one_column_of_segments_may_stand_alone_or_in_a_list() -> None:
    alone = parse_pack(f"{BASE}    by: c\n", "pack.yaml")
    assert alone.fingerprint == parse_pack(f"{BASE}    by: [c]\n", "pack.yaml").fingerprint
