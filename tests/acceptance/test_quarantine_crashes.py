"""Replays are killed at any moment and run by many at once: each row is released once."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from types import FrameType

import polars as pl
import pytest

from dq_monitor.app import App, open_app
from dq_monitor.model.event import RowsMoved
from dq_monitor.model.quarantine import STATE
from dq_monitor.quarantine.release import Releases
from dq_monitor.quarantine.select import Selection
from dq_monitor.settings import load_settings
from dq_monitor.tables.ledger import Ledger
from tests.acceptance.crew import Crew
from tests.quarantine_house import STRICT, TABLE, WIDER, rejecting

SEED = 20130209
BATCHES = 6
# Where files, commits and facts are made; pure code in between only thins out the kills.
DEADLY = (
    *("gate", "setting_aside", "delta", "ledger", "staging", "lease", "log", "access"),
    *("release", "sending", "trial", "forgetting"),
)

HOUSES = int(os.environ.get("DQM_HOUSES", "2"))  # `make crash` builds twelve


@pytest.fixture(scope="module")
def crew() -> Crew:
    return Crew()


def open_at(folder: Path, url: str) -> App:
    return open_app(load_settings(home=folder, store_url=url, rules=folder / "rules"))


def use(folder: Path, pack: str) -> None:
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    (folder / "rules" / "trips.yaml").write_text(pack)


def batch(number: int) -> pl.DataFrame:
    """Return rows of which the strict pack holds some, the wider one fewer; no key is repeated."""
    rand = random.Random(number)  # noqa: S311 - the same rows every time
    size = rand.randint(6, 14)
    return pl.DataFrame(
        {
            "trip": [number * 100 + n for n in range(size)],
            "miles": [rand.choice((10, 500, 5000)) for _ in range(size)],
            "carrier": ["AA"] * size,
        }
    )


def furnish(folder: Path, url: str) -> None:
    """Write batches under strict rules, every third of them rejected, then widen the rules."""
    for number in range(BATCHES):
        use(folder, rejecting(share="0%") if number % 3 == 2 else STRICT)
        with closing(open_at(folder, url)) as app:
            app.write(batch(number), TABLE, key=f"b{number}")
    use(folder, WIDER)


def replay(app: App) -> None:
    releases = Releases(app.gate, app.tables, app.store.log)
    releases.replay(TABLE, Selection(), now=datetime.now(UTC))


def replay_until_killed(folder: Path, url: str, steps: int, begun: Connection) -> None:
    """Replay everything and kill this very process at its `steps`-th step; tell how many it is."""
    app, taken = open_at(folder, url), 0
    deadly = tuple(f"/{name}.py" for name in DEADLY)

    def count(frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal taken
        if frame.f_code.co_filename.endswith(deadly):
            taken += 1
            if taken == steps:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    replay(app)
    sys.setprofile(None)
    begun.send(taken)


def replay_together(folder: Path, url: str, together: Barrier, begun: Connection) -> None:
    together.wait()
    with closing(open_at(folder, url)) as app:
        replay(app)
    begun.send("done")


def wrong(folder: Path, url: str) -> list[str]:
    """Return everything that is not as it must be after a replay under the wider rules."""
    with closing(open_at(folder, url)) as app:
        there = Counter(app.tables.scan(TABLE).collect()["trip"].to_list())
        rows = Ledger(app.tables).rows(TABLE)
        assert rows is not None
        held = rows.filter(pl.col(STATE) == "open").collect()["trip"].to_list()
        counted = {
            one.state: one.rows for one in app.store.views.quarantine(TABLE) if not one.rule_id
        }
        by_state = Counter(rows.collect()[STATE].to_list())
        events = [one.event for one in app.store.log.read(0, 10_000)]
        open_writes = app.store.log.open_writes()
    found = [f"write {one} is open" for one in open_writes]
    sent = pl.concat(batch(number) for number in range(BATCHES))
    for trip, miles in sent.select("trip", "miles").iter_rows():
        fate = (there[trip], held.count(trip))
        if fate != ((1, 0) if miles < 5000 else (0, 1)):
            found.append(f"trip {trip} ({miles} miles) is {fate[0]}x there, {fate[1]}x open")
    if {state: rows for state, rows in counted.items() if rows} != dict(by_state):
        found.append(f"the store counts {counted}, the ledger {by_state}")
    moves = [one.move_id for one in events if isinstance(one, RowsMoved)]
    found += [f"move {one} is told twice" for one, times in Counter(moves).items() if times > 1]
    return found


def length_of_a_replay(crew: Crew, folder: Path) -> int:
    url = f"sqlite:///{folder / 'store.db'}"
    furnish(folder, url)
    process, told = crew.start(replay_until_killed, folder, url, 0)
    with told:
        steps: int = told.recv()
    process.join()
    assert wrong(folder, url) == []
    return steps


def test_a_replay_killed_at_any_step_releases_each_row_once(crew: Crew, tmp_path: Path) -> None:
    rand = random.Random(SEED)  # noqa: S311 - repeatable kills
    steps = length_of_a_replay(crew, tmp_path / "measured")
    kills = 0
    for number in range(HOUSES):
        folder = tmp_path / f"house{number}"
        url, at = f"sqlite:///{folder / 'store.db'}", rand.randrange(1, steps)
        furnish(folder, url)
        process, told = crew.start(replay_until_killed, folder, url, at)
        process.join()
        told.close()
        kills += process.exitcode == -signal.SIGKILL
        together = crew.barrier(3)
        team = [crew.start(replay_together, folder, url, together) for _ in range(3)]
        for worker, orders in team:
            with orders:
                assert orders.recv() == "done"
            worker.join()
        assert wrong(folder, url) == [], (SEED, at)
    assert kills >= HOUSES * 3 // 4
