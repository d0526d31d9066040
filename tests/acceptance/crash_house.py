"""Batches whose every row has a known fate, and writers in processes that can be killed."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from types import FrameType

import polars as pl

from dq_monitor.app import App, open_app
from dq_monitor.care import Caretaker, each
from dq_monitor.errors import CommitContended
from dq_monitor.failpoints import ARMED
from dq_monitor.gate.outcome import Outcome
from dq_monitor.gate.undoing import roll_back, without
from dq_monitor.model.care import Care, Compaction, Vacuum
from dq_monitor.model.table import Upsert, WriteMode
from dq_monitor.relay import Relay
from dq_monitor.settings import load_settings
from dq_monitor.tables.timeline import timeline
from tests.acceptance.crew import Crew
from tests.bucket_server import Warehouse

TABLE = "silver.trips"
PACK = f"""\
pack: {TABLE}
table: {TABLE}
partition_by: [carrier]
contract: {{evolution: additive}}
rules:
  - unique: trip
  - in_range: {{column: miles, max: 3000}}
  - in_range: {{column: miles, min: 0}}
    id: positive
    on_fail: drop
  - not_null: carrier
    on_fail: block
"""
STOPS = "silver.stops"
STOPS_PACK = f"""\
pack: {STOPS}
table: {STOPS}
rules:
  - in_range: {{column: served, max: 99}}
"""
REFUSED = 100
BY_STOP = Upsert(("stop",))
KEPT, HELD, DROPPED = "kept", "held", "dropped"
FATES = (KEPT, KEPT, KEPT, HELD, DROPPED)
MILES = {KEPT: 10, HELD: 9999, DROPPED: -1}
SHARED = "shared"  # a trip that every batch of `with_shared` brings
GIVE_UP = 200
# Where files, commits and facts are made; pure code in between only thins out the kills.
DEADLY = (
    "gate",
    "batch",
    "delta",
    "staging",
    "folder",
    "bucket",
    "lease",
    "leases",
    "log",
    "access",
)


def batch(key: str, *, refused: bool = False, with_shared: bool = False) -> pl.DataFrame:
    """Return the rows of one batch, each with the fate that the rules must give it.

    Each batch has a pair of rows with one trip (both held); in a refused one all rows are held.
    """
    rand = random.Random(key)  # noqa: S311 - the same rows whenever the batch is sent
    fates = [rand.choice(FATES) for _ in range(rand.randint(8, 30))]
    rows = [(f"{key}/{n}", MILES[fate], fate) for n, fate in enumerate(fates)]
    rows += [(f"{key}/twice", 10, HELD)] * 2
    if with_shared:
        rows.append((SHARED, 10, KEPT))
    carriers = [rand.choice("AB") for _ in rows]
    frame = pl.DataFrame(rows, schema=["trip", "miles", "fate"], orient="row").select(
        pl.lit(key).alias("batch"),
        pl.int_range(pl.len()).alias("row"),
        pl.all(),
        pl.Series("carrier", carriers),
    )
    return _refused(frame) if refused else frame


def with_column(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the batch with a column that the table has not seen."""
    return rows.with_columns(pl.lit(1).alias(name))


def stops(key: str) -> pl.DataFrame:
    """Return a batch to be merged: some of twenty stops; the rules refuse what is above 99."""
    rand = random.Random(key)  # noqa: S311 - the same rows whenever the batch is sent
    names = rand.sample(range(20), 8)
    return pl.DataFrame(
        {
            "batch": [key] * 8,
            "stop": names,
            "served": [rand.choice([1, 2, 3, REFUSED]) for _ in names],
        }
    )


def _refused(rows: pl.DataFrame) -> pl.DataFrame:
    """Give the first row a null that blocks, so that whatever was kept is held."""
    first, fate = pl.col("row") == 0, pl.col("fate")
    return rows.with_columns(
        pl.when(~first).then(pl.col("carrier")).alias("carrier"),
        pl.when(first).then(10).otherwise(pl.col("miles")).alias("miles"),
        pl.when((fate == DROPPED) & ~first).then(fate).otherwise(pl.lit(HELD)).alias("fate"),
    )


@dataclass(frozen=True)
class House:
    """Where a warehouse, its store and its pack are: enough to open them in any process."""

    folder: Path
    store_url: str
    tells: bool = False
    warehouse: Warehouse | None = None

    def open(self) -> App:
        hook = {"kind": "webhook", "url": f"file:{self.hook}", "allow_private_hooks": True}
        events = {"kind": "file", "target": str(self.folder / "lineage.jsonl")}
        told = {"channels": {"ops": hook}, "lineage": events} if self.tells else {}
        return open_app(
            load_settings(
                home=self.folder,
                store_url=self.store_url,
                rules=self.folder / "rules",
                **(self.warehouse.settings() if self.warehouse else {}),
                **told,
            )
        )

    @property
    def hook(self) -> Path:
        """Return the file that says where alerts go."""
        return self.folder / "hook.url"


def make_house(
    folder: Path, store_url: str, hook: str = "", warehouse: Warehouse | None = None
) -> House:
    """Write the packs; tables and quarantine are not there yet. `hook` is where alerts go."""
    (folder / "rules").mkdir(parents=True)
    told = "notify: [ops]\n" if hook else ""
    (folder / "rules" / "trips.yaml").write_text(PACK + told)
    (folder / "rules" / "stops.yaml").write_text(STOPS_PACK + told)
    house = House(folder, store_url, bool(hook), warehouse)
    house.hook.write_text(hook)
    return house


@dataclass(frozen=True)
class Sent:
    """What a writer was told of its batch."""

    key: str
    write_id: str
    verdict_id: str
    version: int | None
    replayed: bool


def sent(key: str, outcome: Outcome) -> Sent:
    return Sent(key, outcome.write_id, outcome.verdict.id, outcome.version, outcome.replayed)


def deliver(app: App, rows: pl.DataFrame) -> Sent:
    """Write a batch under its own key; send it again for as long as others win."""
    key = rows["batch"][0]
    for _ in range(GIVE_UP):
        try:
            return sent(key, _write(app, key, rows))
        except CommitContended:
            continue
    raise AssertionError(f"batch {key} was contended {GIVE_UP} times")


def _write(app: App, key: str, rows: pl.DataFrame) -> Outcome:
    if "stop" in rows.columns:
        return app.write(rows, STOPS, mode=WriteMode.MERGE, upsert=BY_STOP, key=key)
    return app.write(rows, TABLE, key=key)


def tell(app: App, now: datetime) -> None:
    """Bring alerts and lineage to where they go, as far as they are due."""
    relay = Relay(app)
    relay.settle(now)
    relay.close()


def write_and_tell(house: House, rows: pl.DataFrame, step: str, begun: Connection) -> None:
    """Write a batch and tell of it, in a process that dies at a step, if one is named."""
    os.environ[ARMED] = step
    app = house.open()
    begun.send(0)
    made = deliver(app, rows)
    if step.startswith("care"):
        look_after(app)
    if "roll" in step and made.version is not None:
        take_back(app, STOPS if "stop" in rows.columns else TABLE, made.write_id)
    tell(app, datetime.now(UTC))


def take_back(app: App, table: str, write_id: str) -> None:
    """Undo a write: whoever sends its batch again writes it again."""
    plan = without(timeline(table, app.tables.open(table)), write_id, with_later=True)
    roll_back(app.tables, app.store.log, f"back-{write_id}", plan.rollback, datetime.now(UTC))


def look_after(app: App) -> None:
    """Take care of all tables, as ruthlessly as it can be asked to."""
    nothing = timedelta(0)
    care = Care(compact=Compaction(min_files=2), vacuum=Vacuum(nothing), sweep_after=nothing)
    caretaker = Caretaker(app.tables, app.store.log, lambda: datetime.now(UTC))
    for name, kept in (*each(TABLE, care), *each(STOPS, care)):
        if app.tables.exists(name):
            _leave_a_late_file(app, name)
            caretaker.look_after(name, kept, datetime.now(UTC))


def tend(house: House, step: str, begun: Connection) -> None:
    """Take care of all tables, in a process that dies at a step."""
    os.environ[ARMED] = step
    look_after(house.open())


def _leave_a_late_file(app: App, table: str) -> None:
    """Do what a sink does that writes on after it has failed."""
    app.tables.place(table).write("stage-late/pass-late/0.parquet", b"late")


def write_until_killed(house: House, rows: pl.DataFrame, steps: int, begun: Connection) -> None:
    """Write a batch and kill this very process at its `steps`-th step; tell how many there were.

    A step is a call or a return in DEADLY code, the calls from there into C and Rust included.
    """
    app = house.open()
    begun.send(0)
    taken = 0
    deadly = tuple(f"/{name}.py" for name in DEADLY)

    def count(frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal taken
        if frame.f_code.co_filename.endswith(deadly):
            taken += 1
            if taken == steps:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    deliver(app, rows)
    sys.setprofile(None)
    begun.send(taken)


def _order(orders: Connection) -> Sequence[pl.DataFrame]:
    try:
        batches: Sequence[pl.DataFrame] = orders.recv()
    except EOFError:
        return ()
    return batches


def write_on_order(house: House, together: Barrier, orders: Connection) -> None:
    """Write the batches of each order, all workers at once; tell what became of each."""
    app = house.open()
    while batches := _order(orders):
        together.wait()
        app.gate.recover(datetime.now(UTC))
        orders.send([deliver(app, rows) for rows in batches])
        if house.tells:
            tell(app, datetime.now(UTC))
    app.close()


@dataclass(frozen=True)
class Team:
    """Workers that wait for orders."""

    orders: Sequence[Connection]

    def write(self, shares: Sequence[Sequence[pl.DataFrame]]) -> list[list[Sent]]:
        """Let each worker write its share, all at once; return what each was told."""
        for orders, share in zip(self.orders, shares, strict=True):
            orders.send(share)
        return [orders.recv() for orders in self.orders]


@contextmanager
def team(crew: Crew, house: House, size: int) -> Iterator[Team]:
    """Start workers that write together; end them with the block."""
    together = crew.barrier(size)
    workers = [crew.start(write_on_order, house, together) for _ in range(size)]
    try:
        yield Team([orders for _, orders in workers])
    finally:
        for process, orders in workers:
            orders.close()
            process.join()
