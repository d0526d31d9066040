"""The long form of the crash tests, `make crash`: prints one JSON line of what was counted.

Every step on both stores, two hundred random kills on each, sixteen writers of twenty-five batches,
and the protocol with each of its steps taken out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.acceptance.crash_house import make_house
from tests.acceptance.crash_run import (
    Tally,
    kill_and_leave,
    kill_at_each_step,
    kill_at_random,
    scene,
    write_together,
)
from tests.acceptance.crew import Crew
from tests.acceptance.mutations import MUTATIONS, Mutation, survives

KILLS, WRITERS, EACH = (
    int(os.environ.get(name, default))
    for name, default in (("DQM_KILLS", "200"), ("DQM_WRITERS", "16"), ("DQM_BATCHES", "25"))
)
LONGEST = 0.5  # seconds: a write with all that follows takes about as long

Counts = dict[str, object]


@pytest.fixture(scope="module")
def counts() -> Iterator[Counts]:
    """Collect what the parts count; print it at the end."""
    found: Counts = {"mutations": 0}
    yield found
    print("\n" + json.dumps(found))


@pytest.fixture(scope="module")
def crew() -> Crew:
    return Crew()


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return a store's name and its URL."""
    return request.param, request.getfixturevalue(f"{request.param}_url")


def note(counts: Counts, part: str, tally: Tally) -> None:
    counts[part] = {**asdict(tally), "wrong": len(tally.wrong)}
    assert tally.wrong == []


def test_each_step(store: tuple[str, str], crew: Crew, tmp_path: Path, counts: Counts) -> None:
    with scene(crew, tmp_path / "house", store[1]) as stage:
        note(counts, f"steps_{store[0]}", kill_at_each_step(stage))


def test_nobody_comes(store: tuple[str, str], crew: Crew, tmp_path: Path, counts: Counts) -> None:
    with scene(crew, tmp_path / "house", store[1]) as stage:
        note(counts, f"left_{store[0]}", kill_and_leave(stage))


def test_any_time(store: tuple[str, str], crew: Crew, tmp_path: Path, counts: Counts) -> None:
    with scene(crew, tmp_path / "house", store[1]) as stage:
        note(counts, f"random_{store[0]}", kill_at_random(stage, KILLS, LONGEST))


def test_together(store: tuple[str, str], crew: Crew, tmp_path: Path, counts: Counts) -> None:
    house = make_house(tmp_path / "house", store[1])
    tally = write_together(crew, house, WRITERS, EACH)
    note(counts, f"writers_{store[0]}", tally)
    assert tally.batches == WRITERS * EACH


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_a_step_less(mutation: Mutation, counts: Counts) -> None:
    assert not survives(mutation)
    counts["mutations"] = int(str(counts["mutations"])) + 1
