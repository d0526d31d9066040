"""Packs become pandera schemas and schemas become packs, and what cannot be said is said."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq_monitor.engines.schemas import as_script, exported, from_pandera, to_pandera
from dq_monitor.model.pack import Pack
from dq_monitor.packs import parse_pack

COLUMNS = {
    "n": "int64",
    "x": "float64",
    "s": "string",
    'say "x"': "string",
    "d": "date",
    "t": "datetime",
    "m": "decimal(10, 2)",
    "l": "list[string]",
}
numbers = st.integers(-5, 5)
names = st.sampled_from(["s", 'say "x"'])
TEXT = st.sampled_from(["a", "(b|c)", "^a", "[0-9]+$", "é", 'x"y', "a'b"])


def between(column: str, cells: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    def bounds(pair: tuple[Any, Any], sides: int, **flags: bool) -> dict[str, Any]:
        low, high = sorted(pair)
        rule = {"column": column, **{name: True for name, flag in flags.items() if flag}}
        if sides != 1:
            rule["min"] = low
        if sides != 0:
            rule["max"] = high
        rule = {k: v for k, v in rule.items() if not (k == "exclusive_min" and sides == 1)}
        return {k: v for k, v in rule.items() if not (k == "exclusive_max" and sides == 0)}

    pairs = st.tuples(cells, cells).filter(lambda pair: pair[0] != pair[1])
    return st.builds(
        bounds,
        pairs,
        sides=st.integers(0, 2),
        exclusive_min=st.booleans(),
        exclusive_max=st.booleans(),
    ).map(lambda parameters: {"in_range": parameters})


def listed(name: str) -> st.SearchStrategy[dict[str, Any]]:
    values = st.lists(TEXT, min_size=1, max_size=3, unique=True)
    return st.tuples(names, values).map(lambda p: {name: {"column": p[0], "values": p[1]}})


entries = st.one_of(
    between("n", numbers),
    between("x", st.floats(-5, 5)),
    between("d", st.dates(date(2013, 1, 1), date(2013, 1, 9)).map(date.isoformat)),
    between("t", st.integers(0, 9).map(lambda hour: f"2013-01-01T0{hour}:00:00+00:00")),
    listed("in_set"),
    st.tuples(names, TEXT, st.booleans()).map(
        lambda p: {"matches": {"column": p[0], "pattern": p[1], **({"full": True} if p[2] else {})}}
    ),
    st.tuples(names, st.integers(0, 3)).map(
        lambda p: {"length": {"column": p[0], "min": p[1], "max": p[1] + 2}}
    ),
    st.sampled_from(["n", "s", 'say "x"']).map(lambda name: {"unique": [name]}),
    st.just({"unique": ["n", "s"]}),
)
options = st.fixed_dictionaries(
    {},
    optional={
        "nulls": st.just("fail"),
        "warn": st.just({"over": 0}),
        "description": st.sampled_from(["why", 'a "quoted" one']),
    },
)


@st.composite
def packs(draw: st.DrawFn) -> Pack:
    rules = []
    for number, entry in enumerate(draw(st.lists(entries, max_size=5))):
        extra = {} if "unique" in entry else draw(options)
        rules.append({**entry, **extra, "id": f"rule_{number}"})
    nullable = draw(st.lists(st.booleans(), min_size=len(COLUMNS), max_size=len(COLUMNS)))
    columns = {
        name: {"type": kind, "nullable": may}
        for (name, kind), may in zip(COLUMNS.items(), nullable, strict=True)
    }
    contract = {
        "columns": columns,
        "on_extra": draw(st.sampled_from(["keep", "drop", "reject"])),
    }
    return pack_of({"table": "silver.flights", "contract": contract, "rules": rules})


def pack_of(content: dict[str, Any]) -> Pack:
    return parse_pack(json.dumps(content), "pack.yaml")


def meaning(pack: Pack) -> Any:
    """Return what a pack says, whatever its rules are called."""
    rules = {
        (rule.name, rule.check, rule.nulls, rule.warn, rule.error, rule.description)
        for rule in pack.rules
        if rule.name != "not_null"
    }
    return rules, pack.contract


@settings(max_examples=60, deadline=None)
@given(pack=packs())
def test_a_pack_comes_back_from_pandera_as_it_went(pack: Pack) -> None:
    back = parse_pack(from_pandera(to_pandera(pack), pack.table), "back.yaml")
    assert exported(pack).left_out == []
    assert meaning(back) == meaning(pack)


@settings(max_examples=30, deadline=None)
@given(pack=packs())
def test_the_script_makes_the_same_schema(pack: Pack) -> None:
    made: dict[str, Any] = {}
    exec(as_script(pack), made)  # noqa: S102 - the script is ours
    assert from_pandera(made["schema"], "a.b") == from_pandera(to_pandera(pack), "a.b")


def test_what_pandera_cannot_ask_is_a_comment_of_the_script() -> None:
    pack = pack_of(
        {
            "table": "silver.flights",
            "rules": [
                {"row_count": {}, "error": {"below": 1}},
                {"in_range": {"column": "a", "min": 0}, "where": "b > 1"},
                {"in_range": {"column": "a", "min": 1}, "error": {"over": "1%"}, "id": "few"},
                {"not_null": "a", "warn": {"over": 0}},
                {"unique": ["a", "b"]},
                {"unique": ["a", "c"]},
            ],
        }
    )
    script = as_script(pack)
    _, _, comments = script.partition("# Without a counterpart in pandera:\n")
    assert comments.splitlines() == [
        "# - row_count: pandera has no check like row_count",
        "# - in_range.a: pandera asks every row, and this rule has a `where`",
        "# - few: pandera lets no row fail, and this rule has another threshold",
        "# - not_null.a: pandera cannot only warn of what not_null asks",
        "# - unique.a_c: pandera has one key of several columns, and another rule took it",
    ]
    assert "unique=['a', 'b']" in script


def test_what_a_pack_cannot_say_is_a_comment_at_its_end() -> None:
    schema = pa.DataFrameSchema(
        {
            "a": pa.Column(pl.UInt8, pa.Check(lambda data: data.lazyframe, name="own")),
            "b": pa.Column(pl.Int64, nullable=False, required=False),
            "c_.*": pa.Column(pl.Int64, regex=True),
        },
        checks=pa.Check(lambda data: data.lazyframe),
        ordered=True,
    )
    text = from_pandera(schema, "silver.flights")
    _, _, comments = text.partition("# Without a counterpart in a pack:\n")
    assert [line.partition(":")[0] for line in comments.splitlines()] == [
        "# - check own of column 'a'",
        "# - check <lambda> of the frame",
        "# - type UInt8 of 'a'",
        "# - 'b' must have values but may be missing",
        "# - columns like 'c_.*'",
        "# - ordered",
    ]
    pack = parse_pack(text, "pack.yaml")
    assert [rule.id for rule in pack.rules] == ["not_null.a"]


def test_several_checks_of_one_column_get_ids_of_their_own() -> None:
    checks = [pa.Check.ge(0), pa.Check.lt(9), pa.Check.gt(1)]
    schema = pa.DataFrameSchema({"a": pa.Column(pl.Int64, checks, nullable=True)})
    pack = parse_pack(from_pandera(schema, "silver.flights"), "pack.yaml")
    assert [rule.id for rule in pack.rules] == ["in_range.a", "in_range_2", "in_range_3"]


@pytest.mark.parametrize("name", ['"""', "\\", "a\nb", "é\u2028"])
def test_no_name_can_leave_its_place_in_the_script(name: str) -> None:
    pack = pack_of(
        {
            "table": "silver.flights",
            "rules": [
                {"in_set": {"column": name, "values": [name]}},
                {"foreign_key": {"column": name, "references": "a.b.c"}, "id": "fk"},
            ],
        }
    )
    made: dict[str, Any] = {}
    exec(as_script(pack), made)  # noqa: S102 - the script is ours
    assert list(made["schema"].columns) == [name]
