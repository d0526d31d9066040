"""Whatever happens to a table, what is remembered of it leads to the verdict of a fresh check."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_monitor.model.pack import Pack
from dq_monitor.store import open_store
from tests.states_house import AIRPORTS, NOW, TABLE, StatesHouse, pack_of, same

# `make fuzz` asks for many more examples than `make test`.
EXAMPLES = int(os.environ.get("DQM_EXAMPLES", "40")) // 3
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "day": pl.String,
    "id": pl.Int64,
    "line": pl.Int32,
    "dest": pl.String,
    "air_time": pl.Float64,
    "seen_at": pl.Datetime("us", "UTC"),
    "cancelled": pl.Boolean,
}
RULES = """
- not_null: id
- not_null: air_time
- not_null: dest
  by: [day]
- in_range: {column: air_time, min: 0, max: 9}
  where: "cancelled = false"
  nulls: fail
- in_range: {column: air_time, min: 0, max: 9}
  by: [dest, cancelled]
- matches: {column: dest, pattern: '^[A-Z]{3}$'}
- expression: "length(dest) = 3 or cancelled"
- not_in_future: seen_at
- within_last: {column: seen_at, duration: 3d}
- unique: id
- unique: [id, line]
  where: "cancelled = false"
- unique: [dest, air_time]
- unique: [line, line2]
- primary_key: [id, dest]
- unique: dest
  by: [day]
- foreign_key: {column: dest, references: bronze.airports.faa}
- foreign_key: {column: dest, references: bronze.airports.faa}
  nulls: fail
  where: "cancelled = true"
- not_exists_in: {column: dest, references: bronze.airports.faa}
- mad_outliers: {column: air_time}
- row_count: {}
  error: {below: 3}
- row_count: {}
  by: [day, dest]
  error: {below: 2}
- mean: {column: air_time}
  warn: {outside: [2, 5]}
- mean: {column: air_time}
  by: [cancelled]
  warn: {outside: [2, 5]}
- stddev: {column: air_time}
  warn: {over: 2}
- skewness: {column: air_time}
  where: "cancelled = false"
  warn: {over: 2}
- min: {column: id}
  warn: {below: 0}
- max: {column: air_time}
  by: [day]
  warn: {over: 8}
- sum: {column: id}
  warn: {over: 100}
- null_share: {column: dest}
  warn: {over: 10%}
- max_length: {column: dest}
  warn: {over: 3}
- share_of: {condition: "cancelled = true"}
  warn: {over: 50%}
- median: {column: air_time}
  warn: {over: 5}
- distinct_count: dest
  warn: {below: 2}
- duplicate_share: {columns: [dest]}
  warn: {over: 50%}
- freshness: {column: seen_at}
  warn: {over: 1d}
- file_count: {}
  warn: {over: 4}
- column_exists: extra
- row_count_match: {table: bronze.airports}
  warn: {over: 3}
- not_null: extra
- all_of: {rules: [{not_null: id}, {not_in_future: seen_at}]}
"""


def cells(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


ROW = st.fixed_dictionaries(
    {
        "day": st.sampled_from(["mon", "tue", "wed"]),
        "id": cells(st.integers(0, 9)),
        "line": cells(st.integers(0, 2)),
        "dest": cells(st.sampled_from(["EWR", "JFK", "lga", "Å"])),
        "air_time": cells(st.sampled_from([0.5, -1.0, 3.25, float("nan"), 9.0, -0.0, 0.0])),
        "seen_at": cells(st.integers(-96, 24).map(lambda hours: NOW + timedelta(hours=hours))),
        "cancelled": cells(st.booleans()),
    }
)
BATCH = st.lists(ROW, max_size=6).map(lambda rows: pl.DataFrame(rows, schema=SCHEMA))
Step = Callable[[StatesHouse, st.DataObject], None]


def append(house: StatesHouse, data: st.DataObject) -> None:
    house.append(data.draw(BATCH))


def append_wider(house: StatesHouse, data: st.DataObject) -> None:
    """Bring a column that the table did not have."""
    batch = data.draw(BATCH)
    house.append(batch.with_columns(extra=pl.lit("x"), line2=pl.col("line")))


def overwrite(house: StatesHouse, data: st.DataObject) -> None:
    data.draw(BATCH).write_delta(
        house.uri, mode="overwrite", delta_write_options={"schema_mode": "merge"}
    )


def replace_partition(house: StatesHouse, data: st.DataObject) -> None:
    batch = data.draw(BATCH).with_columns(day=pl.lit("tue"))
    options = {"predicate": "day = 'tue'", "schema_mode": "merge"}
    batch.write_delta(house.uri, mode="overwrite", delta_write_options=options)


def delete(house: StatesHouse, data: st.DataObject) -> None:
    DeltaTable(house.uri).delete(f"id = {data.draw(st.integers(0, 9))}")


def compact(house: StatesHouse, _: st.DataObject) -> None:
    DeltaTable(house.uri).optimize.compact()


def vacuum(house: StatesHouse, _: st.DataObject) -> None:
    """Take the files away that no version needs: keys of theirs can no longer be counted out."""
    DeltaTable(house.uri).vacuum(0, dry_run=False, enforce_retention_duration=False)


def restore(house: StatesHouse, data: st.DataObject) -> None:
    """Bring files back that had gone."""
    table = DeltaTable(house.uri)
    version = data.draw(st.integers(0, table.version()))
    try:
        table.restore(version)
    except Exception:  # noqa: BLE001 - vacuum took its files: then nothing changes
        return


def add_airport(house: StatesHouse, data: st.DataObject) -> None:
    """Change the table that keys are looked up in."""
    name = data.draw(st.sampled_from(["EWR", "JFK", "lga", None]))
    house.append(pl.DataFrame({"faa": [name]}, schema={"faa": pl.String}), AIRPORTS)


STEPS: tuple[Step, ...] = (
    *(append, append, append, append_wider, overwrite, replace_partition),
    *(delete, compact, vacuum, restore, add_airport),
)


def drawn_pack(data: st.DataObject) -> Pack:
    """Return a pack of some of the rules: what one has, another may not have."""
    rules = parsed().rules
    chosen = data.draw(st.sets(st.sampled_from(range(len(rules))), min_size=4))
    return replace(parsed(), rules=tuple(rules[n] for n in sorted(chosen)))


def parsed() -> Pack:
    numbered = RULES.replace("\n- ", "\n- id: RULE\n  ")
    count = numbered.count("id: RULE")
    for number in range(count):
        numbered = numbered.replace("id: RULE", f"id: r{number:02}", 1)
    return pack_of(numbered)


def hold(house: StatesHouse, data: st.DataObject) -> None:
    """Let some things happen to the table, and check it after each."""
    house.append(data.draw(BATCH), partition_by=["day"] if data.draw(st.booleans()) else None)
    packs = [drawn_pack(data), parsed()]
    for step in data.draw(st.lists(st.sampled_from(STEPS), min_size=2, max_size=6)):
        step(house, data)
        pack = data.draw(st.sampled_from(packs))
        now = NOW + timedelta(hours=data.draw(st.integers(-48, 48)))
        same(house.check(pack, now=now).verdict, house.afresh(pack, now=now))
    version = data.draw(st.integers(0, house.tables.version(TABLE) or 0))
    if can_be_read(house, version):
        same(house.check(parsed(), version, sweep=False).verdict, house.afresh(parsed(), version))


def can_be_read(house: StatesHouse, version: int) -> bool:
    """Say whether vacuum has left the files of a version."""
    files = house.tables.open(TABLE, version).files()
    return all(Path(house.uri, file.path).exists() for file in files)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_a_remembered_table_gets_the_verdict_of_a_fresh_check(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    store = open_store(request.getfixturevalue(f"{database}_url"))
    numbers = iter(range(100_000))

    @settings(
        max_examples=EXAMPLES if database == "sqlite" else 5,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def run(data: st.DataObject) -> None:
        hold(StatesHouse.at(tmp_path / str(next(numbers)), store), data)

    try:
        run()
    finally:
        store.close()
