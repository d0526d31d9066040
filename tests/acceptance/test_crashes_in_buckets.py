"""Writers to an object store are killed: no row, verdict or alert is lost or made."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sqlalchemy import text

from dq_monitor.errors import LeaseLost
from dq_monitor.failpoints import Failpoint
from tests.acceptance.crash_house import TABLE, batch, deliver, look_after, make_house, tend
from tests.acceptance.crash_run import kill_at_each_step, kill_at_random, scene, write_together
from tests.acceptance.crew import Crew
from tests.acceptance.ledger import read_ledger, wrong
from tests.bucket_server import Warehouse

# Each writes as many batches; `make crash` lets more write.
WRITERS = int(os.environ.get("DQM_BUCKET_WRITERS", "3"))
# Where files, commits and the words on them lie in the store of objects.
STEPS = (Failpoint.STAGED, Failpoint.CARRIED, Failpoint.JUDGED, Failpoint.TRANSACTED)

# Where files that a compaction wrote are nobody's yet, and where some of many are gone.
CARE = (Failpoint.CARE_REWRITTEN, Failpoint.CARE_COMPACTED, Failpoint.CARE_VACUUMED)


@pytest.fixture(scope="module")
def crew() -> Crew:
    return Crew()


def test_a_writer_killed_at_a_step_leaves_all_as_if_it_had_not_been(
    crew: Crew, tmp_path: Path, sqlite_url: str, bucket: Warehouse
) -> None:
    with scene(crew, tmp_path / "house", sqlite_url, warehouse=bucket) as stage:
        tally = kill_at_each_step(stage, STEPS, brief=True)
    assert tally.wrong == []
    assert tally.kills >= len(STEPS)


def test_care_killed_at_a_step_leaves_the_rows_as_they_were(
    crew: Crew, tmp_path: Path, sqlite_url: str, bucket: Warehouse
) -> None:
    house = make_house(tmp_path / "house", sqlite_url, warehouse=bucket)
    sent = {f"b{n}": batch(f"b{n}") for n in range(len(CARE) + 1)}
    with closing(house.open()) as app:
        (first, rows), *others = sent.items()
        ids = {first: deliver(app, rows).write_id}
        for step, (key, rows) in zip(CARE, others, strict=True):
            ids[key] = deliver(app, rows).write_id
            before = app.tables.scan(TABLE).collect()
            process, told = crew.start(tend, house, step)
            process.join()
            told.close()
            assert process.exitcode == -signal.SIGKILL, step
            after = app.tables.scan(TABLE).collect()
            assert_frame_equal(after, before, check_row_order=False)
            look_after(app)
            delivered = {one: sent[one] for one in ids}
            assert wrong(delivered, read_ledger(app, ids)) == [], step


def test_writers_killed_at_random_under_leases_of_postgres_lose_nothing(
    crew: Crew, tmp_path: Path, postgres_url: str, bucket: Warehouse
) -> None:
    with scene(crew, tmp_path / "house", postgres_url, warehouse=bucket) as stage:
        tally = kill_at_random(stage, 5, 0.6)
    assert tally.wrong == []


def test_writers_of_one_table_at_once_lose_and_double_nothing(
    crew: Crew, tmp_path: Path, sqlite_url: str, bucket: Warehouse
) -> None:
    house = make_house(tmp_path / "house", sqlite_url, warehouse=bucket)
    tally = write_together(crew, house, WRITERS, WRITERS)
    assert (tally.wrong, tally.batches) == ([], WRITERS**2)


def test_a_writer_that_lost_its_lease_does_not_commit(
    tmp_path: Path, postgres_url: str, bucket: Warehouse
) -> None:
    ended = text("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
    rows = batch("one")
    with closing(make_house(tmp_path / "house", postgres_url, warehouse=bucket).open()) as app:

        def lose(frame: pl.DataFrame) -> pl.DataFrame:
            with app.store.engine.begin() as connection:
                connection.execute(ended)
            return frame

        losing = rows.lazy().map_batches(lose, schema=rows.schema)
        with pytest.raises(LeaseLost):
            app.write(losing, TABLE, key="one")
        assert not app.tables.exists(TABLE)
        told = deliver(app, rows)
        assert wrong({"one": rows}, read_ledger(app, {"one": told.write_id})) == []
