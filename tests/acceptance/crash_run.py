"""Kills writers at every named step and at random, and lets many write at once.

Each part returns what it counted; whatever is wrong is listed, and must be nothing.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from dq_monitor.failpoints import Failpoint
from tests.acceptance.crash_house import (
    House,
    Sent,
    batch,
    deliver,
    look_after,
    make_house,
    stops,
    team,
    with_column,
    write_and_tell,
)
from tests.acceptance.crew import Crew
from tests.acceptance.ledger import left_over, read_ledger, wrong, wrong_stops
from tests.acceptance.told import count_alerts, finish_telling, wrongly_told
from tests.bucket_server import Warehouse
from tests.hook_server import Answer, HookServer, hook_server

SEED = 20130209
# A batch to append and one to merge come to most steps; what else some steps need to be come to.
BRIEFLY = ("-0", "-s0")
ALSO = {
    Failpoint.COLUMNS_ADDED: ("-1",),
    Failpoint.CARRIED: ("-s1",),
    Failpoint.JUDGED: ("-2",),
    Failpoint.QUARANTINE_COMMITTED: ("-2",),
    Failpoint.ROLLBACK_RESTORED: ("-2",),
    Failpoint.ROLLBACK_STARTED: ("-2",),
    Failpoint.ROLLED_BACK: ("-2",),
}
TOGETHER = 3  # processes that send a batch again
# Steps that one write comes to several times: each batch is killed at another of them.
# And a step that only an attempt after a killed one gets to: where the first one is killed.
OFTEN = {Failpoint.FACT_INSERTED, Failpoint.CURSOR_MOVED, Failpoint.TRANSACTED}
SECOND = {Failpoint.UNSTAGED: Failpoint.STARTED, Failpoint.GIVEN_UP: Failpoint.STARTED}


# The tables are created once in a house.
FRESH_FIRST = tuple(sorted(Failpoint, key=lambda step: step is not Failpoint.TABLE_CREATED))


@dataclass(frozen=True)
class Tally:
    """What a run of kills did and what it left wrong."""

    batches: int = 0
    kills: int = 0
    alerts: int = 0
    heard: int = 0
    wrong: Sequence[str] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.batches + other.batches,
            self.kills + other.kills,
            self.alerts + other.alerts,
            self.heard + other.heard,
            [*self.wrong, *other.wrong],
        )


@dataclass(frozen=True)
class Scene:
    """A house whose writers are killed, and who hears of it."""

    crew: Crew
    house: House
    hooks: HookServer

    def kill(self, rows: pl.DataFrame, step: str = "", after: float | None = None) -> bool:
        """Let a process write a batch and die at a step, or some seconds after it began."""
        process, told = self.crew.start(write_and_tell, self.house, rows, step)
        with told:
            with suppress(EOFError):  # it may die in what it settles before it begins
                told.recv()
            process.join(after)
            process.kill()
            process.join()
        return process.exitcode == -signal.SIGKILL


@contextmanager
def scene(
    crew: Crew,
    folder: Path,
    store_url: str,
    seed: int = SEED,
    *,
    warehouse: Warehouse | None = None,
) -> Iterator[Scene]:
    """Make a house whose alerts go to a receiver that refuses one in three."""
    with hook_server(*_faults(seed)) as hooks:
        yield Scene(crew, make_house(folder, store_url, hooks.url(), warehouse), hooks)


def _faults(seed: int) -> list[Answer]:
    """Refuse some alerts, and take some without saying so."""
    rand = random.Random(seed)  # noqa: S311 - repeatable faults
    statuses = rand.choices([200, 500, 503], weights=[7, 2, 1], k=500)
    return [Answer(status) for status in statuses]


def story(prefix: str, step: Failpoint, *, brief: bool) -> Mapping[str, pl.DataFrame]:
    """Return batches in which every step of a write occurs, or the few that come to one step."""
    whole = _whole_story(prefix)
    # A table of one file is never compacted, and of few alerts none may be refused.
    if not brief or step in OFTEN or step is Failpoint.HANDED_OVER or step.startswith("care"):
        return whole
    wanted = (*BRIEFLY, *ALSO.get(step, ()))
    return {key: rows for key, rows in whole.items() if key.endswith(wanted)}


def _whole_story(prefix: str) -> Mapping[str, pl.DataFrame]:
    first, second = f"{prefix}-0", f"{prefix}-1"
    return {
        first: batch(first),
        second: with_column(batch(second), f"seen_{prefix}"),
        f"{prefix}-2": batch(f"{prefix}-2", refused=True),
        f"{prefix}-s0": stops(f"{prefix}-s0"),
        f"{prefix}-s1": stops(f"{prefix}-s1"),
    }


def kill_at_each_step(
    stage: Scene, steps: Sequence[Failpoint] = FRESH_FIRST, *, brief: bool = False
) -> Tally:
    """Kill a writer of each batch at each step; a step that nobody comes to is wrong."""
    sent: dict[str, pl.DataFrame] = {}
    told: dict[str, Sequence[Sequence[Sent]]] = {}
    kills, unseen = 0, []
    with team(stage.crew, stage.house, TOGETHER) as workers:
        for step in steps:
            killed = 0
            for turn, (key, rows) in enumerate(story(step, step, brief=brief).items(), start=1):
                if step in SECOND:
                    kills += stage.kill(rows, SECOND[step])
                killed += stage.kill(rows, f"{step}:{turn}" if step in OFTEN else step)
                told[key] = workers.write([[rows]] * TOGETHER)
                sent[key] = rows
            kills += killed
            unseen += [] if killed else [f"step {step} was never come to"]
    tended = any(step.startswith("care") for step in steps)
    return _checked(stage, sent, told, replace(Tally(), kills=kills, wrong=unseen), tended=tended)


def kill_and_leave(
    stage: Scene, steps: Sequence[Failpoint] = tuple(Failpoint), *, brief: bool = False
) -> Tally:
    """Kill a writer at each step and let nobody send its batch again until all is settled.

    Whoever opens the house next settles what was judged and clears away what was not.
    """
    sent: dict[str, pl.DataFrame] = {}
    told: dict[str, Sequence[Sequence[Sent]]] = {}
    kills, found = 0, list[str]()
    for step in steps:
        for key, rows in story(f"left-{step}", step, brief=brief).items():
            if step in SECOND:
                kills += stage.kill(rows, SECOND[step])
            kills += stage.kill(rows, step)
            app = stage.house.open()
            if step.startswith("care"):
                look_after(app)  # what care leaves half done is found by the next sweep
            found += [f"after {step}: {what}" for what in left_over(app)]
            told[key] = [[deliver(app, rows)]]
            sent[key] = rows
            app.close()
    return _checked(stage, sent, told, replace(Tally(), kills=kills, wrong=found))


def kill_at_random(stage: Scene, count: int, longest: float, seed: int = SEED) -> Tally:
    """Kill writers some time after they began, until `count` were killed."""
    rand = random.Random(seed)  # noqa: S311 - repeatable as far as time is
    sent: dict[str, pl.DataFrame] = {}
    told: dict[str, Sequence[Sequence[Sent]]] = {}
    kills = 0
    with team(stage.crew, stage.house, TOGETHER) as workers:
        while kills < count:
            number = len(sent)
            key = f"r{number}"
            rows = stops(key) if number % 3 == 2 else batch(key, refused=number % 8 == 7)
            kills += stage.kill(rows, after=rand.uniform(0, longest))
            told[key] = workers.write([[rows]] * TOGETHER)
            sent[key] = rows
    return _checked(stage, sent, told, replace(Tally(), kills=kills))


def write_together(crew: Crew, house: House, writers: int, each: int) -> Tally:
    """Let many processes write at once; every batch is acknowledged and there exactly once."""
    shares = [[batch(f"w{writer}-{n}") for n in range(each)] for writer in range(writers)]
    with team(crew, house, writers) as workers:
        told = [one for share in workers.write(shares) for one in share]
    sent = {rows["batch"][0]: rows for share in shares for rows in share}
    app = house.open()
    app.gate.recover(datetime.now(UTC))
    found = wrong(sent, read_ledger(app, {one.key: one.write_id for one in told}))
    app.close()
    return Tally(batches=len({one.version for one in told}), wrong=found)


def _checked(
    stage: Scene,
    sent: Mapping[str, pl.DataFrame],
    told: Mapping[str, Sequence[Sequence[Sent]]],
    tally: Tally,
    *,
    tended: bool = False,
) -> Tally:
    """Settle what is left, with `tended` by care too, and hold all that was sent against it."""
    app = stage.house.open()
    app.gate.recover(datetime.now(UTC))
    if tended:
        look_after(app)
    finish_telling(app)
    ids = {key: answers[0][0].write_id for key, answers in told.items()}
    trips = {key: rows for key, rows in sent.items() if "trip" in rows.columns}
    merged = {key: rows for key, rows in sent.items() if "stop" in rows.columns}
    found = [f"batch {key}: told {a}" for key, a in told.items() if not same_answer(a)]
    found += wrong(trips, read_ledger(app, {key: ids[key] for key in trips}))
    found += wrong_stops(merged, app)
    found += wrongly_told(app, stage.hooks)
    alerts = count_alerts(app)
    app.close()
    return tally + Tally(len(sent), 0, alerts, len(stage.hooks.requests), found)


def same_answer(told: Sequence[Sequence[Sent]]) -> bool:
    """Say whether all who sent one batch heard the same, and at most one of them wrote it."""
    answers = [one for share in told for one in share]
    same = {replace(one, replayed=True) for one in answers}
    return len(same) == 1 and sum(not one.replayed for one in answers) <= 1
