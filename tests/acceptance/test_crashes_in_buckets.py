"""Writers to an object store are killed: no row, verdict or alert is lost or made."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import text

from dq_monitor.errors import LeaseLost
from dq_monitor.failpoints import Failpoint
from tests.acceptance.crash_house import TABLE, batch, deliver, make_house
from tests.acceptance.crash_run import kill_at_each_step, kill_at_random, scene, write_together
from tests.acceptance.crew import Crew
from tests.acceptance.ledger import read_ledger, wrong
from tests.bucket_server import Warehouse

# Where files, commits and the words on them lie in the store of objects.
STEPS = (Failpoint.STAGED, Failpoint.CARRIED, Failpoint.JUDGED, Failpoint.TRANSACTED)


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
    tally = write_together(crew, house, writers=4, each=4)
    assert (tally.wrong, tally.batches) == ([], 16)


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
