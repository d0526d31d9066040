"""Leases keep a write to one owner, in threads and processes, and end with their owner."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import NullPool, create_engine, text

from dq_monitor.errors import LeaseLost
from dq_monitor.ports import Leases
from dq_monitor.store import Store, open_store
from dq_monitor.store.leases import PostgresLeases
from dq_monitor.tables.lease import FileLeases
from tests.acceptance.crew import Crew

Opener = Callable[[], Leases]
SOON = 30


def on_disk(place: str) -> Leases:
    return FileLeases(Path(place))


def on_postgres(place: str) -> Leases:
    return PostgresLeases(create_engine(place, poolclass=NullPool))  # nobody closes it


@pytest.fixture(params=["disk", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Callable[[str], Leases], str]:
    """Return how a process opens the leases, and where they are."""
    if request.param == "disk":
        return on_disk, str(tmp_path / "leases")
    return on_postgres, request.getfixturevalue("postgres_url")


@pytest.fixture
def leases(opened: tuple[Callable[[str], Leases], str]) -> Leases:
    opener, place = opened
    return opener(place)


def is_free(leases: Leases, name: str) -> bool:
    with leases.hold_if_free(name) as free:
        return free


def hold_until_killed(opener: Callable[[str], Leases], place: str, told: Connection) -> None:
    with opener(place).hold("one"):
        told.send("held")
        told.recv()


def test_a_held_name_is_not_free_and_others_are(leases: Leases) -> None:
    with leases.hold("one"):
        assert not is_free(leases, "one")
        assert is_free(leases, "two")
        leases.confirm("one")
    assert is_free(leases, "one")


def test_who_waits_is_next_and_alone(leases: Leases) -> None:
    inside, leave = Event(), Event()

    def wait() -> None:
        with leases.hold("one"):
            inside.set()
            leave.wait(SOON)

    with ThreadPoolExecutor() as pool:
        with leases.hold("one"):
            waiting = pool.submit(wait)
            assert not inside.wait(0.2)
        assert inside.wait(SOON)
        assert not is_free(leases, "one")
        leave.set()
        waiting.result(SOON)
    assert is_free(leases, "one")


def test_a_lease_ends_with_the_process_that_held_it(
    leases: Leases, opened: tuple[Callable[[str], Leases], str]
) -> None:
    process, told = Crew().start(hold_until_killed, *opened)
    assert told.recv() == "held"
    assert not is_free(leases, "one")
    process.kill()
    process.join()
    with leases.hold("one"):  # waits, should the server need a moment to see it
        leases.confirm("one")


def test_what_is_held_is_known_with_since_when(leases: Leases) -> None:
    begun = time.time()
    assert leases.standing() == []
    with leases.hold("one"), leases.hold_if_free("two"):
        found = leases.standing()
        leases.confirm("one")
        assert {one.name for one in found} == {"one", "two"}
        assert all(one.held and begun - 5 < one.since < time.time() + 5 for one in found)
        assert leases.standing() == found
    assert leases.standing() == []


def test_what_others_hold_is_known_too(
    leases: Leases, opened: tuple[Callable[[str], Leases], str]
) -> None:
    opener, place = opened
    with opener(place).hold("one"):
        (found,) = leases.standing()
        assert found.held


def test_a_lock_that_an_error_left_is_told_and_goes_with_the_next_hold(tmp_path: Path) -> None:
    leases = FileLeases(tmp_path)
    with pytest.raises(ZeroDivisionError), leases.hold("one"):
        _ = 1 / 0
    assert [(one.name, one.held) for one in leases.standing()] == [("one", False)]
    assert is_free(leases, "one")
    assert leases.standing() == []


@pytest.fixture
def on_server(postgres_url: str) -> Iterator[Store]:
    store = open_store(postgres_url)
    yield store
    store.close()


def test_a_lease_whose_session_ended_is_noticed(on_server: Store) -> None:
    leases = PostgresLeases(on_server.engine)
    ended = text("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
    with leases.hold("one"):
        with on_server.engine.begin() as other:
            other.execute(ended)
        with pytest.raises(LeaseLost, match=r"one: its connection .*\n  fix: send the batch again"):
            leases.confirm("one")
        assert is_free(PostgresLeases(on_server.engine), "one")
