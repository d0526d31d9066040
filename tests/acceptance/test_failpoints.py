"""A process killed at each named step: rows, verdicts, alerts and lineage come out right."""

from __future__ import annotations

from pathlib import Path

import pytest

from dq_monitor.failpoints import Failpoint
from tests.acceptance.crash_run import kill_and_leave, kill_at_each_step, kill_at_random, scene
from tests.acceptance.crew import Crew


@pytest.fixture(scope="module")
def crew() -> Crew:
    return Crew()


@pytest.mark.parametrize("step", list(Failpoint))
def test_a_writer_killed_at_a_step_leaves_all_as_if_it_had_not_been(
    step: Failpoint, crew: Crew, tmp_path: Path, sqlite_url: str
) -> None:
    with scene(crew, tmp_path / "house", sqlite_url) as stage:
        tally = kill_at_each_step(stage, [step], brief=True)
    assert tally.wrong == []
    assert tally.kills > 0
    assert tally.alerts > 0


# Where what has to be settled turns into something else; `make crash` does so after every step.
TURNS = (
    Failpoint.STARTED,
    Failpoint.STAGED,
    Failpoint.HELD_STAGED,
    Failpoint.JUDGED,
    Failpoint.TABLE_COMMITTED,
    Failpoint.QUARANTINE_COMMITTED,
    Failpoint.SWEPT,
    Failpoint.CARE_COMPACTED,
    Failpoint.ROLLBACK_RESTORED,
)


@pytest.mark.parametrize("step", TURNS)
def test_what_a_dead_writer_left_is_settled_by_whoever_comes_next(
    step: Failpoint, crew: Crew, tmp_path: Path, sqlite_url: str
) -> None:
    with scene(crew, tmp_path / "house", sqlite_url) as stage:
        tally = kill_and_leave(stage, [step], brief=True)
    assert tally.wrong == []


def test_writers_killed_at_random_on_postgres_lose_no_row_and_no_alert(
    crew: Crew, tmp_path: Path, postgres_url: str
) -> None:
    with scene(crew, tmp_path / "house", postgres_url) as stage:
        tally = kill_at_random(stage, 6, 0.3)
    assert tally.wrong == []
