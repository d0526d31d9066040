"""Tables that somebody restored past the gate: a batch counts where its rows are, only there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.app import App, open_app
from dq_monitor.gate.undoing import roll_back, to_version
from dq_monitor.quarantine.release import Releases
from dq_monitor.quarantine.select import Selection
from dq_monitor.settings import load_settings
from dq_monitor.tables.timeline import Timeline, timeline

TABLE = "silver.trips"
Restore = Callable[[App], None]


@pytest.fixture
def app(tmp_path: Path, sqlite_url: str) -> Iterator[App]:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "trips.yaml").write_text(
        f"table: {TABLE}\ngate: {{max_quarantined: 60%}}\nrules: [{{not_null: trip}}]\n"
    )
    opened = open_app(load_settings(rules=rules, store_url=sqlite_url, home=tmp_path))
    yield opened
    opened.close()


def write(app: App, trip: int) -> bool:
    """Write the batch of one trip; return whether it counted as done already."""
    return app.write(pl.DataFrame({"trip": [trip]}), TABLE, key=f"k{trip}").replayed


def history(app: App) -> Timeline:
    return timeline(TABLE, app.tables.open(TABLE))


def trips(app: App) -> list[int]:
    return sorted(app.tables.scan(TABLE).collect()["trip"].to_list())


def roll_back_to(version: int) -> Restore:
    def restore(app: App) -> None:
        aim = to_version(history(app), version).rollback
        roll_back(app.tables, app.store.log, f"back-{version}", aim, datetime.now(UTC))

    return restore


def restore_to(version: int) -> Restore:
    def restore(app: App) -> None:
        app.tables.open(TABLE).handle.restore(version)

    return restore


def restore_to_the_time_of(version: int) -> Restore:
    def restore(app: App) -> None:
        later = history(app).by_number[version].at + timedelta(milliseconds=1)
        app.tables.open(TABLE).handle.restore(later)

    return restore


@pytest.mark.parametrize(
    ("restores", "left"),
    [
        pytest.param([restore_to(1)], [1], id="others"),
        pytest.param([restore_to_the_time_of(1)], [1], id="others by time"),
        pytest.param([restore_to_the_time_of(2)], [1, 2], id="others by a later time"),
        pytest.param([roll_back_to(1), restore_to(3)], [1, 2, 3], id="others what we undid"),
        pytest.param([roll_back_to(1), restore_to(2)], [1, 2], id="others part of what we undid"),
        pytest.param([roll_back_to(2), restore_to(1)], [1], id="others beyond what we undid"),
        pytest.param([restore_to(1), restore_to(3)], [1, 2, 3], id="others there and back"),
        pytest.param([restore_to(1), roll_back_to(3)], [1, 2, 3], id="we what others undid"),
    ],
)
def test_a_batch_is_settled_where_its_rows_are_in_the_table(
    app: App, restores: list[Restore], left: list[int]
) -> None:
    for trip in (1, 2, 3):
        write(app, trip)
    for restore in restores:
        restore(app)
    assert trips(app) == left
    assert [trip for trip in (1, 2, 3) if write(app, trip)] == left
    assert trips(app) == [1, 2, 3]
    assert all(write(app, trip) for trip in (1, 2, 3))


def waive(app: App) -> int:
    """Release what is open in quarantine as it is; return how many rows that were."""
    releases, now = Releases(app.gate, app.tables, app.store.log), datetime.now(UTC)
    done = releases.waive(TABLE, Selection(), by="ada", why="known", now=now)
    return sum(one.released for one in done)


@pytest.mark.parametrize(
    ("restores", "waiting"),
    [
        pytest.param([], 0, id="nobody"),
        pytest.param([restore_to(1)], 1, id="others"),
        pytest.param([restore_to_the_time_of(1)], 1, id="others by time"),
        pytest.param([roll_back_to(1), restore_to(2)], 0, id="others what we undid"),
        pytest.param([restore_to(1), restore_to(2)], 0, id="others there and back"),
    ],
)
def test_a_released_row_is_either_in_the_table_or_waits_again(
    app: App, restores: list[Restore], waiting: int
) -> None:
    app.write(pl.DataFrame({"trip": [1, None]}), TABLE, key="a")
    assert waive(app) == 1
    for restore in restores:
        restore(app)
    in_table = app.tables.scan(TABLE).collect()["trip"].null_count()
    assert (in_table, waive(app)) == (1 - waiting, waiting)
    assert app.tables.scan(TABLE).collect()["trip"].null_count() == 1
    assert waive(app) == 0
