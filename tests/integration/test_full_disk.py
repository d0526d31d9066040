"""A disk that is full: what was readable stays so, and once there is room the batch goes in."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.app import App
from dq_monitor.errors import DqmError, StoreUnavailable, TableUnwritable
from tests.acceptance.crash_house import KEPT, TABLE, House, batch, deliver, make_house
from tests.acceptance.ledger import read_ledger, wrong

KIB = 1024
TOLD: dict[str, set[type[DqmError]]] = {
    "tables": {TableUnwritable},
    "store": {StoreUnavailable},
    "both": {TableUnwritable, StoreUnavailable},
}
LEFT = (0, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256)  # KiB that are left for a write


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of six megabytes of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a disk of its own")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(disk: Path, left: int) -> Path:
    """Leave no more than `left` bytes free."""
    filler, there = disk / "filler", os.statvfs(disk)
    with filler.open("wb") as file:
        file.write(b"\0" * (there.f_bavail * there.f_frsize - left))
    return filler


def fated(rows: pl.DataFrame, fate: str) -> list[int]:
    return rows.filter(pl.col("fate") == fate)["row"].sort().to_list()


def seen(app: App, key: str) -> list[int]:
    """Return the rows of a batch that readers of the table see."""
    rows = app.tables.scan(TABLE).filter(pl.col("batch") == key).collect()
    return rows["row"].sort().to_list()


def house_on(disk: Path, elsewhere: Path, what: str) -> House:
    """Return a house with its tables, its store or both on the disk."""
    store = (elsewhere if what == "tables" else disk) / "store.db"
    return make_house((elsewhere if what == "store" else disk) / "house", f"sqlite:///{store}")


@pytest.mark.parametrize("what", ["tables", "store", "both"])
def test_a_write_that_meets_a_full_disk_is_told_so_and_goes_in_later(
    what: str, disk: Path, tmp_path: Path
) -> None:
    house, errors, sent, ids = house_on(disk, tmp_path, what), [], {}, {}
    with closing(house.open()) as app:
        ids["first"] = deliver(app, batch("first")).write_id
    sent["first"] = batch("first")
    for left in LEFT:
        key = f"left-{left}"
        sent[key] = batch(key)
        with closing(house.open()) as app:
            filler = fill(disk, left * KIB)
            try:
                deliver(app, sent[key])
            except DqmError as error:
                errors.append(error)
            assert seen(app, key) in ([], fated(sent[key], KEPT))
            filler.unlink()
            app.gate.recover(datetime.now(UTC))
            ids[key] = deliver(app, sent[key]).write_id
    with closing(house.open()) as app:
        assert wrong(sent, read_ledger(app, ids)) == []
    assert errors
    assert {type(error) for error in errors} <= TOLD[what]
    with closing(sqlite3.connect(house.store_url.removeprefix("sqlite:///"))) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
