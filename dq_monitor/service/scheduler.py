"""Wakes audits, followers and delivery in time, in the one process that leads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Condition
from typing import Any

import structlog
from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    JobEvent,
)
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from dq_monitor.errors import DqmError, StoreLocked
from dq_monitor.message import cause
from dq_monitor.schedule import trigger
from dq_monitor.service.leader import Leader
from dq_monitor.service.meters import Meters
from dq_monitor.service.watch import Watch, Watched

TROUBLES = {
    EVENT_JOB_MISSED: "missed",
    EVENT_JOB_MAX_INSTANCES: "overrun",
    EVENT_JOB_ERROR: "broke",
}
LEAD_EVERY = timedelta(seconds=5)
CLOCK_TOLERANCE = timedelta(seconds=30)
_AUDITS_AT_ONCE = 2

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Beat:
    """Something to do again and again while leading, such as following the log."""

    name: str
    every: timedelta
    run: Callable[[datetime], object]


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do at the slots of a cron expression; slept through, it is run once."""

    name: str
    cron: str
    run: Callable[[datetime], object]


class Scheduler:
    """Runs a watch, its beats and chores on threads; only the leader acts, the others stand by."""

    def __init__(
        self,
        watch: Watch,
        leader: Leader,
        meters: Meters,
        *,
        beats: Sequence[Beat] = (),
        chores: Sequence[Chore] = (),
        clock: Clock,
    ) -> None:
        self._watch = watch
        self._leader = leader
        self._meters = meters
        self._beats = beats
        self._chores = chores
        self._clock = clock
        self._leads = False
        self._ticked: tuple[datetime, float] | None = None
        self._running = _Running()
        self._late: set[str] = set()
        self._jobs = BackgroundScheduler(
            timezone=UTC,
            executors={
                "beats": ThreadPoolExecutor(len(beats) + 1),
                "audits": ThreadPoolExecutor(_AUDITS_AT_ONCE),
                "chores": ThreadPoolExecutor(1),
            },
            # a late run is run all the same, and once: APScheduler drops it after a second
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        self._log = structlog.get_logger("dq_monitor.scheduler")

    @property
    def leads(self) -> bool:
        """Say whether this process is the one that acts."""
        return self._leads

    def start(self) -> None:
        """Begin to compete for the lead, and act once it is won."""
        for check in self._watch.checks:
            self._add(self._look, trigger(check.cron), "audits", check.name, [check])
        for chore in self._chores:
            self._add(self._run, trigger(chore.cron), "chores", chore.name, [chore])
        for beat in self._beats:
            self._add(self._run, None, "beats", beat.name, [beat], seconds=_seconds(beat.every))
        self._add(self.compete, None, "beats", "lead", [], seconds=_seconds(LEAD_EVERY))
        self._jobs.add_listener(self._troubled, sum(TROUBLES))
        self._jobs.start()
        self._wake(["lead"])

    def stop(self, patience: timedelta = timedelta(seconds=5)) -> bool:
        """Start nothing any more, give up the lead, and say whether all that ran has finished.

        What still runs after `patience` may be cut off: an audit is recorded whole or not at all.
        """
        self._jobs.shutdown(wait=False)
        finished = self._running.none_within(patience)
        self._leads = False
        self._leader.leave()
        return finished

    def compete(self) -> None:
        """Take the lead if it is free; a new leader looks at once at all that is due."""
        with self._surviving("lead"):
            self._compete()

    def _compete(self) -> None:
        self._watch_clock()
        led, self._leads = self._leads, self._leader.lead()
        self._meters.leading(leads=self._leads)
        if self._leads and not led:
            self._log.info("leads", checks=len(self._watch.checks))
            self._wake([check.name for check in self._watch.checks])
            self._wake([beat.name for beat in self._beats])
            self._wake([chore.name for chore in self._chores])
        elif self._leads:
            self._catch_up()

    def _catch_up(self) -> None:
        """Run again what came due while it was at work: its slot is not left to the next one."""
        for name in tuple(self._late):
            if name not in self._running:
                self._late.discard(name)
                self._wake([name])

    def _look(self, check: Watched) -> None:
        if not self._leads:
            return
        with self._running.now(check.name), self._surviving(check.name):
            audited = self._watch.look(check, self._clock())
            if audited is not None:
                self._meters.audited(check.scope, audited.verdict.status)
                self._log.info("audited", audit=audited.audit_id, status=audited.verdict.status)

    def _run(self, work: Beat | Chore) -> None:
        if self._leads:
            with self._running.now(work.name), self._surviving(work.name):
                work.run(self._clock())

    @contextmanager
    def _surviving(self, job: str) -> Iterator[None]:
        """Say in one line that a run broke: it comes again by itself."""
        try:
            yield
        except StoreLocked:
            self._meters.troubled("locked", job)
            self._log.warning("store locked", job=job, error="StoreLocked", next="tries again")
        except DqmError as error:
            self._meters.troubled("broke", job)
            self._log.warning("broke", job=job, error=cause(str(error)), fix=error.fix)
        except Exception:  # noqa: BLE001 - a bug in one job must not write a trace for each run
            self._meters.troubled("broke", job)
            self._log.exception("broke", job=job)

    def _watch_clock(self) -> None:
        now, steady = self._clock(), time.monotonic()
        if self._ticked is not None:
            step = now - self._ticked[0] - timedelta(seconds=steady - self._ticked[1])
            if abs(step) > CLOCK_TOLERANCE:
                self._meters.clock_stepped()
                self._log.warning("clock stepped", seconds=round(step.total_seconds()))
        self._ticked = now, steady

    def _troubled(self, event: JobEvent) -> None:
        kind, job = TROUBLES[event.code], event.job_id
        self._meters.troubled(kind, job)
        # a beat that is still at work when it is due again says why by itself, if it fails
        if job in {"lead", *(beat.name for beat in self._beats)}:
            self._log.info(kind, job=job)
        elif kind == "overrun":
            self._late.add(job)
            self._log.info(kind, job=job, next="runs again after this run")
        else:
            self._log.warning(kind, job=job)

    def _add(
        self,
        act: Callable[..., None],
        when: Any,
        executor: str,
        name: str,
        args: list[object],
        **every: float,
    ) -> None:
        self._jobs.add_job(act, when or "interval", args, id=name, executor=executor, **every)

    def _wake(self, names: Sequence[str]) -> None:
        for name in names:
            self._jobs.modify_job(name, next_run_time=datetime.now(UTC))


class _Running:
    """Names what runs now, so that a stop can wait for it."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._changed = Condition()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    @contextmanager
    def now(self, name: str) -> Iterator[None]:
        with self._changed:
            self._names.add(name)
        try:
            yield
        finally:
            with self._changed:
                self._names.discard(name)
                self._changed.notify_all()

    def none_within(self, patience: timedelta) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._names, patience.total_seconds())


def _seconds(span: timedelta) -> float:
    return span.total_seconds()
