"""What the log of a table says of its files is not read from them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.states.recheck import Reading
from dq_monitor.store import open_store
from tests.states_house import StatesHouse, pack_of, same

DAYS = [date(2013, 1, 1), date(2013, 1, 2), None]
PARTS = 3


@pytest.fixture
def house(tmp_path: Path, sqlite_url: str) -> Iterator[StatesHouse]:
    store = open_store(sqlite_url)
    yield StatesHouse.at(tmp_path, store)
    store.close()


def rows(part: int, **more: object) -> pl.DataFrame:
    """Return nine rows; `amount` lies between the numbers of the first and the last row."""
    return pl.DataFrame(
        {
            "id": range(9 * part, 9 * part + 9),
            "amount": [float("nan"), None, *range(7)],
            "day": DAYS * 3,
            "seen": [datetime(2013, 1, 1, 0, 0, 0, n, UTC) for n in range(9)],
            "zone": ["north", None, "south"] * 3,
            **more,
        }
    )


def spoil(house: StatesHouse) -> None:
    """Make the files unreadable: only the log is left."""
    for file in Path(house.uri).rglob("*.parquet"):
        file.write_bytes(b"whoever reads it breaks")


FROM_THE_LOG = (
    "- not_null: id",
    "- not_null: zone",
    "- not_null: seen",
    "- is_null: day",
    "- {not_null: zone, nulls: fail}",
    "- in_range: {column: id, min: 0, max: 26}",
    "- in_range: {column: id, min: -1, exclusive_min: true}",
    "- in_range: {column: day, min: 2013-01-01}",
    "- {in_range: {column: day, max: 2013-01-02}, nulls: fail}",
    "- null_share: zone\n  warn: {over: 10%}",
    "- null_share: {column: day}\n  warn: {over: 50%}",
    "- row_count: {}\n  warn: {over: 1}",
    "- min: id\n  warn: {below: 1}",
    "- max: {column: id}\n  warn: {over: 25}",
)
FROM_THE_ROWS = (
    "- not_null: amount",  # NaN is missing too, and the log does not count it
    "- in_range: {column: amount, min: 0, max: 6}",
    "- null_share: amount\n  warn: {over: 10%}",
    "- in_range: {column: seen, min: 2013-01-01}",  # bounds of times are cut to milliseconds
    "- in_range: {column: id, min: 1}",  # one file has a value outside
    "- in_set: {column: id, values: [0]}",
    "- {not_null: zone, where: id > 3}",
    "- {not_null: zone, by: [day]}",
    "- mean: id\n  warn: {over: 1}",
)


@pytest.mark.parametrize("rule", FROM_THE_LOG)
def test_the_log_answers_as_the_rows_do(rule: str, house: StatesHouse) -> None:
    pack = pack_of(rule)
    for part in range(PARTS):
        house.append(rows(part))
    afresh = house.afresh(pack)
    spoil(house)
    known = house.check(pack)
    same(known.verdict, afresh)
    assert known.reading == Reading(0, PARTS)


@pytest.mark.parametrize("rule", FROM_THE_ROWS)
def test_what_the_log_does_not_know_is_read(rule: str, house: StatesHouse) -> None:
    pack = pack_of(rule)
    for part in range(PARTS):
        house.append(rows(part))
    known = house.check(pack)
    same(known.verdict, house.afresh(pack))
    assert known.reading.files_read > 0


def test_only_files_with_values_outside_are_read(house: StatesHouse) -> None:
    for part in range(PARTS):
        house.append(rows(part))
    pack = pack_of("- in_range: {column: id, max: 20}")
    known = house.check(pack)
    same(known.verdict, house.afresh(pack))
    assert known.reading == Reading(1, PARTS - 1)


@pytest.mark.parametrize(
    "rule",
    [
        "- in_set: {column: zone, values: [north]}",
        "- {matches: {column: zone, pattern: '^n'}, nulls: fail}",
        "- not_null: zone",
        "- null_share: zone\n  warn: {over: 1%}",
    ],
)
def test_a_partition_has_one_value(rule: str, house: StatesHouse) -> None:
    pack = pack_of(rule)
    for part in range(PARTS):
        house.append(rows(part), partition_by=["zone"])
    afresh = house.afresh(pack)
    spoil(house)
    known = house.check(pack)
    same(known.verdict, afresh)
    assert known.reading.files_read == 0


@pytest.mark.parametrize(
    "one",
    [
        pl.DataFrame({"id": pl.Series([], dtype=pl.Int64)}),
        pl.DataFrame({"id": pl.Series([None, None], dtype=pl.Int64)}),
        pl.DataFrame({"id": [5, 5, None]}),
        pl.DataFrame({"id": [2**62, -(2**62)]}),
    ],
    ids=["no rows", "nothing but nulls", "one value", "large values"],
)
@pytest.mark.parametrize(
    "rule",
    [
        "- in_range: {column: id, min: 0, max: 9}",
        "- {in_range: {column: id, min: 6}, nulls: pass}",
        "- in_set: {column: id, values: [5]}",
        "- min: id\n  warn: {below: 6}",
        "- null_share: id\n  warn: {over: 40%}",
    ],
)
def test_odd_files_are_told_of_as_they_are(
    rule: str, one: pl.DataFrame, house: StatesHouse
) -> None:
    pack = pack_of(rule)
    house.append(one)
    house.append(pl.DataFrame({"id": [7]}))
    same(house.check(pack).verdict, house.afresh(pack))


def test_a_name_with_a_point_is_not_mistaken_for_a_field(house: StatesHouse) -> None:
    frame = pl.DataFrame({"a": [{"b": None}, {"b": 1}]}, schema={"a": pl.Struct({"b": pl.Int64})})
    house.append(frame.with_columns(pl.lit(3).alias("a.b")))
    pack = pack_of("- not_null: a.b")
    same(house.check(pack).verdict, house.afresh(pack))


def test_a_column_that_came_later_is_read_where_it_is_not(house: StatesHouse) -> None:
    house.append(rows(0).drop("zone"))
    house.append(rows(1))
    pack = pack_of("- not_null: zone")
    same(house.check(pack).verdict, house.afresh(pack))
