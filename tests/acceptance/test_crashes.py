"""Writers are killed at any moment and batches sent again by many: no row is lost or made."""

from __future__ import annotations

import random
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.model.event import BatchCommitted, Event, WriteJudged
from tests.acceptance.crash_house import (
    SHARED,
    TABLE,
    House,
    Sent,
    batch,
    deliver,
    make_house,
    team,
    write_until_killed,
)
from tests.acceptance.crew import Crew
from tests.acceptance.ledger import Ledger, read_ledger, wrong

SEED = 20130209
Batches = Mapping[str, pl.DataFrame]


@pytest.fixture(scope="module")
def crew() -> Crew:
    return Crew()


def keys_and_batches(count: int) -> Batches:
    """Return batches by key; every fourth is one that the rules refuse."""
    return {f"b{n}": batch(f"b{n}", refused=n % 4 == 3) for n in range(count)}


def length_of_a_write(crew: Crew, house: House) -> int:
    """Return how many steps one write takes that nobody kills."""
    process, told = crew.start(write_until_killed, house, batch("measured"), 0)
    with told:
        told.recv()
        steps: int = told.recv()
    process.join()
    return steps


def kill_at(crew: Crew, house: House, rows: pl.DataFrame, steps: int) -> bool:
    """Let a writer kill itself at a step; return whether it got that far."""
    process, told = crew.start(write_until_killed, house, rows, steps)
    process.join()
    told.close()
    return process.exitcode == -signal.SIGKILL


def kill_after(crew: Crew, house: House, rows: pl.DataFrame, seconds: float) -> bool:
    """Kill a writer some time after it began, wherever it is, in Rust too."""
    process, told = crew.start(write_until_killed, house, rows, 0)
    with told:
        told.recv()
        process.join(seconds)
        process.kill()
        process.join()
    return process.exitcode == -signal.SIGKILL


def same_answer(told: Sequence[Sequence[Sent]]) -> bool:
    """Say whether all who sent one batch heard the same, and at most one of them wrote it."""
    answers = [one for share in told for one in share]
    same = {replace(one, replayed=True) for one in answers}
    return len(same) == 1 and sum(not one.replayed for one in answers) <= 1


def settled(house: House, write_ids: Mapping[str, str]) -> Ledger:
    app = house.open()
    app.gate.recover(datetime.now(UTC))
    try:
        return read_ledger(app, write_ids)
    finally:
        app.close()


def crash(
    crew: Crew, house: House, batches: Batches, kill: Callable[[pl.DataFrame], bool]
) -> tuple[int, Ledger]:
    """Kill the writer of each batch and send it again thrice at once; return kills and ledger."""
    kills, write_ids = 0, {}
    with team(crew, house, 3) as workers:
        for key, rows in batches.items():
            kills += kill(rows)
            told = workers.write([[rows]] * 3)
            assert same_answer(told), (SEED, key, told)
            write_ids[key] = told[0][0].write_id
    return kills, settled(house, write_ids)


@pytest.mark.parametrize(("store", "count"), [("sqlite", 20), ("postgres", 8)])
def test_a_writer_killed_at_any_step_leaves_each_batch_exactly_once(
    store: str, count: int, crew: Crew, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    rand = random.Random(SEED)  # noqa: S311 - repeatable kills
    url = request.getfixturevalue(f"{store}_url")
    house, batches = make_house(tmp_path / "house", url), keys_and_batches(count)
    other = make_house(tmp_path / "measured", f"sqlite:///{tmp_path / 'measured.db'}")
    steps = length_of_a_write(crew, other)
    at = {key: rand.randrange(1, steps) for key in batches}
    kills, ledger = crash(
        crew, house, batches, lambda rows: kill_at(crew, house, rows, at[rows["batch"][0]])
    )
    assert wrong(batches, ledger) == [], (SEED, at)
    assert kills >= count * 3 // 4


def test_a_writer_killed_at_any_time_leaves_each_batch_exactly_once(
    crew: Crew, tmp_path: Path, sqlite_url: str
) -> None:
    rand = random.Random(SEED)  # noqa: S311 - repeatable as far as time is
    house, batches = make_house(tmp_path / "house", sqlite_url), keys_and_batches(10)
    kills, ledger = crash(
        crew, house, batches, lambda rows: kill_after(crew, house, rows, rand.uniform(0, 0.25))
    )
    assert wrong(batches, ledger) == [], SEED
    assert kills > 0


def test_writers_who_contend_for_one_table_lose_and_double_nothing(
    crew: Crew, tmp_path: Path, sqlite_url: str
) -> None:
    house = make_house(tmp_path / "house", sqlite_url)
    shares = [[batch(f"w{writer}-{n}", with_shared=True) for n in range(6)] for writer in range(4)]
    with team(crew, house, len(shares)) as workers:
        told = [one for share in workers.write(shares) for one in share]
    assert len({one.version for one in told}) == len(told) == 24
    sent = {rows["batch"][0]: rows for share in shares for rows in share}
    ledger = settled(house, {one.key: one.write_id for one in told})
    # The trip that all of them bring is kept once, whoever came first, and held else.
    holders = [key for key, rows in sent.items() if ledger.table[key][_shared_row(rows)]]
    assert len(holders) == 1
    fate = {key: "kept" if key in holders else "held" for key in sent}
    expected = {
        key: rows.with_columns(
            pl.when(pl.col("trip") == SHARED)
            .then(pl.lit(fate[key]))
            .otherwise(pl.col("fate"))
            .alias("fate")
        )
        for key, rows in sent.items()
    }
    assert wrong(expected, ledger) == []


def _shared_row(rows: pl.DataFrame) -> int:
    row: int = rows.filter(pl.col("trip") == SHARED)["row"].item()
    return row


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows, row: rows["b0"].update([row]), "(kept) is 2x in the table"),
        (lambda rows, row: rows["b0"].pop(row), "(kept) is 0x in the table"),
        (lambda rows, row: rows.pop("b0"), "(kept) is 0x in the table"),
        (lambda rows, row: rows["b0"].update([999]), "row 999 was never sent"),
        (lambda rows, row: rows.update(b9=Counter([0])), "b9 was never sent"),
    ],
    ids=["a row twice", "a row lost", "a batch lost", "a strange row", "a strange batch"],
)
def test_the_checker_notices_rows(
    change: Callable[[dict[str, Counter[int]], int], object],
    words: str,
    whole: tuple[Batches, Ledger],
) -> None:
    batches, ledger = whole
    rows = {key: Counter(there) for key, there in ledger.table.items()}
    change(rows, min(ledger.table["b0"]))
    assert any(words in one for one in wrong(batches, replace(ledger, table=rows)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda known: [f for f in known if not isinstance(f, WriteJudged)], "has 0 verdicts"),
        (lambda known: [f for f in known for _ in range(2)], "has 2 verdicts and 2 outcomes"),
        (lambda known: [f for f in known if not isinstance(f, BatchCommitted)], "0 outcomes"),
    ],
    ids=["no verdict", "told twice", "no outcome"],
)
def test_the_checker_notices_facts(
    change: Callable[[Sequence[Event]], Sequence[Event]],
    words: str,
    whole: tuple[Batches, Ledger],
) -> None:
    batches, ledger = whole
    facts = {**ledger.facts, "b0": change(ledger.facts["b0"])}
    assert any(words in one for one in wrong(batches, replace(ledger, facts=facts)))


def test_the_checker_notices_a_write_past_the_gate(
    tmp_path: Path, sqlite_url: str, crew: Crew
) -> None:
    house, batches = make_house(tmp_path / "house", sqlite_url), keys_and_batches(1)
    with team(crew, house, 1) as workers:
        ((told,),) = workers.write([[*batches.values()]])
    app = house.open()
    app.tables.scan(TABLE).collect().write_delta(app.tables.uri(TABLE), mode="append")
    app.close()
    found = wrong(batches, settled(house, {told.key: told.write_id}))
    assert any("is 2x in the table" in one for one in found)


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> tuple[Batches, Ledger]:
    """Return batches that were written in peace, and what is there of them."""
    folder = tmp_path_factory.mktemp("whole")
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'store.db')}"
    house, batches = make_house(folder / "house", url), keys_and_batches(4)
    app = house.open()
    told = [deliver(app, rows) for rows in batches.values()]
    app.close()
    ledger = settled(house, {one.key: one.write_id for one in told})
    assert wrong(batches, ledger) == []
    return batches, ledger
