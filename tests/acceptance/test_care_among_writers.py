"""Care while others write: no row is lost, doubled or kept from its verdict."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dq_monitor.app import App
from dq_monitor.care import Caretaker, each
from dq_monitor.model.care import Care, Compaction, Done, Upkeep
from tests.acceptance.crash_house import TABLE, House, batch, make_house, team
from tests.acceptance.crew import Crew
from tests.acceptance.ledger import read_ledger, wrong
from tests.bucket_server import Warehouse

CARE = Care(compact=Compaction(min_files=2), sweep_after=timedelta(0), checkpoint_every=3)
WRITERS, EACH = 2, 6


def keep(app: App) -> list[Done]:
    caretaker = Caretaker(app.tables, app.store.log, lambda: datetime.now(UTC))
    return [
        done
        for name, care in each(TABLE, CARE)
        if app.tables.exists(name)
        for done in caretaker.look_after(name, care, datetime.now(UTC)).done
    ]


def test_writers_and_care_do_each_other_no_harm(tmp_path: Path, sqlite_url: str) -> None:
    live_together(make_house(tmp_path / "house", sqlite_url), EACH)


def test_writers_and_care_do_each_other_no_harm_in_an_object_store(
    tmp_path: Path, postgres_url: str, bucket: Warehouse
) -> None:
    live_together(make_house(tmp_path / "house", postgres_url, warehouse=bucket), EACH // 2)


def live_together(house: House, each: int) -> None:
    crew = Crew()
    shares = [[batch(f"w{writer}-{n}") for n in range(each)] for writer in range(WRITERS)]
    app = house.open()
    with team(crew, house, WRITERS) as workers, ThreadPoolExecutor(1) as pool:
        writing = pool.submit(workers.write, shares)
        done: list[Done] = []
        while not writing.done():
            done += keep(app)
        told = [one for share in writing.result() for one in share]
    keep(app)
    sent = {rows["batch"][0]: rows for share in shares for rows in share}
    assert wrong(sent, read_ledger(app, {one.key: one.write_id for one in told})) == []
    assert any(one.upkeep is Upkeep.COMPACT and one.version for one in done)
    app.close()
