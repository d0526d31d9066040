"""What is kept of a table's files: what it saves, and that losing it costs nothing but time."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from sqlalchemy import text, update

from dq_monitor.model.remembered import Remembered
from dq_monitor.states.recheck import Reading
from dq_monitor.store import Store, open_store
from dq_monitor.store.schema import rule_states, state_units
from tests.states_house import AIRPORTS, NOW, StatesHouse, pack_of, same

RULES = """
- not_null: dest
- unique: id
- unique: [id, dest]
- foreign_key: {column: dest, references: bronze.airports.faa}
- mean: {column: id}
  warn: {over: 1000}
"""
PACK = pack_of(RULES)
PARTS = 8


@pytest.fixture
def known(sqlite_url: str) -> Iterator[Store]:
    opened = open_store(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def house(tmp_path: Path, known: Store) -> StatesHouse:
    made = StatesHouse.at(tmp_path, known)
    made.append(pl.DataFrame({"faa": ["EWR", "JFK"]}), AIRPORTS)
    for part in range(PARTS):
        made.append(rows(part))
    return made


def rows(part: int) -> pl.DataFrame:
    """Return a hundred rows; two keys occur in every part, the others once."""
    ids = [*range(part * 100, part * 100 + 98), -1, -2]
    return pl.DataFrame({"id": ids, "dest": ["EWR", "JFK", None, "XXX"] * 25})


def test_only_what_was_not_asked_before_is_read(house: StatesHouse) -> None:
    assert house.check(PACK).reading == Reading(PARTS, 0)
    assert house.check(PACK).reading == Reading(0, PARTS)
    house.append(rows(PARTS))
    assert house.check(PACK).reading == Reading(1, PARTS)


def test_a_file_that_is_known_is_not_opened(house: StatesHouse) -> None:
    before = house.check(PACK).verdict
    for file in Path(house.uri).glob("*.parquet"):
        file.write_bytes(b"whoever reads it breaks")
    same(house.check(PACK).verdict, before)


def test_a_new_rule_costs_that_rule(house: StatesHouse) -> None:
    house.check(PACK)
    more = pack_of(RULES + "- max_length: {column: dest}\n  warn: {over: 3}\n")
    assert house.check(more).reading == Reading(PARTS, 0)
    assert house.check(more).reading == Reading(0, PARTS)


def test_another_threshold_costs_nothing(house: StatesHouse) -> None:
    house.check(PACK)
    stricter = pack_of(RULES.replace("over: 1000", "over: 1"))
    found = house.check(stricter)
    assert found.reading == Reading(0, PARTS)
    same(found.verdict, house.afresh(stricter))


def test_rules_that_do_not_add_up_are_told(house: StatesHouse) -> None:
    pack = pack_of(RULES + "- median: {column: id}\n  warn: {over: 1}\n")
    house.check(pack)
    assert house.check(pack).reading == Reading(PARTS, 0, ("median.id",))


def test_keys_are_looked_up_again_when_the_other_table_changes(house: StatesHouse) -> None:
    house.check(PACK)
    house.append(pl.DataFrame({"faa": ["XXX"]}), AIRPORTS)
    found = house.check(PACK)
    assert found.reading == Reading(PARTS, 0)
    same(found.verdict, house.afresh(PACK))


def deleted(house: StatesHouse) -> None:
    DeltaTable(house.uri).delete("id = 7")


def compacted(house: StatesHouse) -> None:
    DeltaTable(house.uri).optimize.compact()


def vacuumed(house: StatesHouse) -> None:
    deleted(house)
    DeltaTable(house.uri).vacuum(0, dry_run=False, enforce_retention_duration=False)


@pytest.mark.parametrize(
    ("happens", "read"),
    [
        pytest.param(deleted, 1, id="deleted"),
        pytest.param(compacted, 1, id="compacted"),
        # without the files that went their keys cannot be counted out: the index is made anew
        pytest.param(vacuumed, PARTS, id="vacuumed"),
    ],
)
def test_what_is_rewritten_is_read_again(
    house: StatesHouse, happens: Callable[[StatesHouse], None], read: int
) -> None:
    for version in range(PARTS):  # as it grew: small files that are new at once go together
        house.check(PACK, version)
    happens(house)
    found = house.check(PACK)
    same(found.verdict, house.afresh(PACK))
    assert found.reading == Reading(read, (1 if happens is compacted else PARTS) - read)


def test_many_appends_leave_few_files_of_keys(house: StatesHouse, tmp_path: Path) -> None:
    for part in range(PARTS, 24):
        house.append(rows(part))
        house.check(PACK)
    same(house.check(PACK).verdict, house.afresh(PACK))
    for index in (tmp_path / "states").glob("*/*/index.json"):
        assert len([*index.parent.glob("*.arrow")]) <= 8


def test_a_row_that_joins_stored_ones_makes_them_fail(house: StatesHouse) -> None:
    before = {f.rule_id: f.failing for f in house.check(PACK).verdict.findings}
    house.append(pl.DataFrame({"id": [205, 206], "dest": ["JFK", "another"]}))
    found = house.check(PACK).verdict
    after = {f.rule_id: f.failing for f in found.findings}
    same(found, house.afresh(PACK))
    assert (after["unique.id"] or 0) - (before["unique.id"] or 0) == 4
    assert (after["unique.id_dest"] or 0) - (before["unique.id_dest"] or 0) == 2


def test_a_key_that_no_longer_repeats_passes_again(house: StatesHouse) -> None:
    before = house.check(PACK).verdict
    house.append(pl.DataFrame({"id": [205, 206], "dest": ["gone", "gone"]}))
    house.check(PACK)
    DeltaTable(house.uri).delete("dest = 'gone'")
    after = house.check(PACK).verdict
    same(after, house.afresh(PACK))
    same(after, before)


def without_folder(house: StatesHouse) -> None:
    shutil.rmtree(house.memory.folder)


def without_runs(house: StatesHouse) -> None:
    for file in house.memory.folder.glob("*/*/*.arrow"):
        file.unlink()


def flipped(pattern: str) -> Callable[[StatesHouse], None]:
    """Return what changes one byte in the middle of each file of a kind."""

    def flip(house: StatesHouse) -> None:
        files = [*house.memory.folder.glob(f"*/*/{pattern}")]
        assert files
        for file in files:
            content = bytearray(file.read_bytes())
            content[len(content) // 2] ^= 1
            file.write_bytes(content)

    return flip


def cut(house: StatesHouse) -> None:
    for file in house.memory.folder.glob("*/*/*"):
        file.write_bytes(file.read_bytes()[:100])


DAMAGE = {
    "folder gone": without_folder,
    "runs gone": without_runs,
    "runs changed": flipped("*.arrow"),
    "frames changed": flipped("*.frame"),
    "manifest changed": flipped("index.json"),
    "everything cut": cut,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_indexes_cost_time_and_no_answer(
    house: StatesHouse, damage: Callable[[StatesHouse], None]
) -> None:
    house.check(PACK)
    damage(house)
    # keys among the stored ones, so that what is damaged is looked at
    house.append(pl.DataFrame({"id": [*range(0, 700, 3)], "dest": "JFK"}))
    same(house.check(PACK).verdict, house.afresh(PACK))
    assert house.check(PACK).reading == Reading(0, PARTS + 1)


@pytest.mark.parametrize("state", ["", "nonsense", "0" * 16 + "[]"])
def test_damaged_states_are_measured_again(house: StatesHouse, known: Store, state: str) -> None:
    house.check(PACK)
    with known.engine.begin() as connection:
        connection.execute(update(rule_states).values(state=state))
    same(house.check(PACK).verdict, house.afresh(PACK))
    assert house.check(PACK).reading == Reading(0, PARTS)


def test_a_store_that_fails_costs_time_and_no_answer(house: StatesHouse, known: Store) -> None:
    with known.engine.begin() as connection:
        connection.execute(text("DROP TABLE rule_states"))
    same(house.check(PACK).verdict, house.afresh(PACK))


def test_what_speaks_of_files_or_rules_that_are_gone_is_dropped(
    house: StatesHouse, known: Store
) -> None:
    house.check(PACK)
    rows(9).write_delta(house.uri, mode="overwrite")
    fewer = pack_of("- in_set: {column: dest, values: [EWR]}")
    house.check(fewer)
    with known.engine.connect() as connection:
        (unit,) = connection.execute(state_units.select()).all()
        assert len(unit.files) == 1
        assert len(connection.execute(rule_states.select()).all()) == 1
    assert not [*house.memory.folder.glob("*/*/index.json")]


def test_an_older_version_and_a_pack_on_trial_drop_nothing(house: StatesHouse) -> None:
    house.check(PACK)
    trial = pack_of("- is_null: dest")
    same(house.check(trial, sweep=False).verdict, house.afresh(trial))
    same(house.check(PACK, 2, sweep=False).verdict, house.afresh(PACK, 2))
    assert house.check(PACK).reading == Reading(0, PARTS)


def test_a_check_that_looks_at_the_clock_is_asked_anew(house: StatesHouse) -> None:
    pack = pack_of("- within_last: {column: seen_at, duration: 1d}")
    seen = pl.DataFrame({"id": [1], "seen_at": [NOW]})
    house.append(seen)
    for days in (0, 2):
        now = NOW + timedelta(days=days)
        same(house.check(pack, now=now).verdict, house.afresh(pack, now=now))


def test_several_may_check_at_once(house: StatesHouse) -> None:
    afresh = house.afresh(PACK)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: house.check(PACK), range(8)):
            same(found.verdict, afresh)


def test_a_table_whose_files_are_not_all_there_is_to_it_is_read_whole(house: StatesHouse) -> None:
    house.check(PACK)
    protocol = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": ["deletionVectors"],
        "writerFeatures": ["deletionVectors"],
    }
    version = DeltaTable(house.uri).version() + 1
    log = Path(house.uri, "_delta_log", f"{version:020}.json")
    log.write_text(json.dumps({"protocol": protocol}))
    assert house.check(PACK).reading.files_remembered == 0


def test_the_store_gives_back_what_it_was_given(store: Store) -> None:
    one = Remembered(("a", "b"), {"q": "1", "r": "2"})
    store.states.remember("t", [one, Remembered(("c",), {"q": "3"})])
    store.states.remember("t", [Remembered(("a", "b"), {"q": "4"})])
    store.states.remember("other", [Remembered(("a",), {"q": "5"})])
    found = {each.files: dict(each.states) for each in store.states.recall("t", ["q", "r", "s"])}
    assert found == {("a", "b"): {"q": "4", "r": "2"}, ("c",): {"q": "3"}}
    assert store.states.recall("t", []) == []


def test_the_store_drops_what_does_not_remain(store: Store) -> None:
    store.states.remember(
        "t", [Remembered(("a", "b"), {"q": "1"}), Remembered(("c",), {"q": "2", "r": "3"})]
    )
    store.states.remember("other", [Remembered(("z",), {"r": "4"})])
    store.states.forget("t", {"a", "c"}, {"q"})
    assert [dict(one.states) for one in store.states.recall("t", ["q", "r"])] == [{"q": "2"}]
    assert [one.files for one in store.states.recall("other", ["r"])] == [("z",)]


def test_more_questions_than_a_statement_takes_are_asked_in_turn(store: Store) -> None:
    states = {f"q{number}": str(number) for number in range(1_200)}
    store.states.remember("t", [Remembered(("a",), states)])
    (found,) = store.states.recall("t", [*states])
    assert found.states == states
    store.states.forget("t", {"a"}, {"q7"})
    (found,) = store.states.recall("t", [*states])
    assert found.states == {"q7": "7"}
