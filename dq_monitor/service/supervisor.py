"""Runs scheduler, followers, delivery, API and dashboard as one service, and stops them cleanly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from dq_monitor.app import App
from dq_monitor.care import Caretaker
from dq_monitor.quarantine.purge import purge_expired
from dq_monitor.relay import FOLLOWERS, Relay
from dq_monitor.service.access import token_for
from dq_monitor.service.api import Backend, build_api
from dq_monitor.service.gauges import StoreGauges
from dq_monitor.service.keeper import Keeper
from dq_monitor.service.leader import leader_of
from dq_monitor.service.meters import Meters
from dq_monitor.service.pulse import Pulse
from dq_monitor.service.scheduler import Beat, Chore, Clock, Scheduler
from dq_monitor.service.site import API, build_site, listen, run_site, url_of
from dq_monitor.service.watch import Watch
from dq_monitor.store.audits import is_cared_for, is_judged

FOLLOW_EVERY = timedelta(seconds=2)
RECOVER_EVERY = timedelta(seconds=20)
FORGET_EVERY = timedelta(hours=6)
PATIENCE = 1.0  # seconds a delivery round waits for slow receivers before it comes again


def serve(app: App, dashboard: Path | None, say: Callable[[str], None], clock: Clock) -> bool:
    """Serve until SIGTERM or SIGINT; return whether all that ran then has finished.

    `dashboard` is the folder of its app.py, None leaves it out; `say` prints a line for people.
    Raises before anything runs when the address, the token, a channel or a schedule is wrong.
    """
    token = token_for(app.settings)
    meters, relay = Meters(), Relay(app)
    watch = Watch(
        app.packs,
        app.tables,
        app.store.log,
        partial(is_judged, app.store.engine),
        memory=app.memory,
    )
    leader = leader_of(app.store.engine)
    scheduler = Scheduler(
        watch, leader, meters, beats=beats(app, relay), chores=chores(app), clock=clock
    )
    pulse = Pulse(app.settings.store)
    site = build_site(build_api(_backend(app, meters, scheduler, pulse, clock)), dashboard, token)
    listening = listen(app.settings.host, app.settings.port)
    scheduler.start()
    try:
        run_site(site, listening, partial(_announce, url_of(listening), dashboard, say))
    finally:
        finished = scheduler.stop()
        relay.close()
        pulse.close()
    return finished


def beats(app: App, relay: Relay) -> tuple[Beat, ...]:
    """Return what is done again and again: each follower, delivery, and settling dead writes."""
    following = (
        Beat(f"follower {name}", FOLLOW_EVERY, partial(relay.follow, name)) for name in FOLLOWERS
    )
    return (
        *following,
        Beat("delivery", FOLLOW_EVERY, partial(relay.deliver, patience=PATIENCE)),
        Beat("recovery", RECOVER_EVERY, app.gate.recover),
        Beat(
            "retention", FORGET_EVERY, partial(purge_expired, app.tables, app.store.log, app.packs)
        ),
    )


def chores(app: App) -> tuple[Chore, ...]:
    """Return what keeps the tables in shape, where their packs ask for it."""
    # Files are as old as the system says, whatever time the service is told to live in.
    caretaker = Caretaker(app.tables, app.store.log, lambda: datetime.now(UTC))
    keeper = Keeper(app.packs, caretaker, partial(is_cared_for, app.store.engine))
    return tuple(Chore(job.name, job.care.at, partial(keeper.look, job)) for job in keeper.jobs)


def _backend(app: App, meters: Meters, scheduler: Scheduler, pulse: Pulse, clock: Clock) -> Backend:
    gauges = StoreGauges(app.store.engine, app.store.views, FOLLOWERS)
    return Backend(
        views=app.store.views,
        incidents=app.store.incidents,
        metrics=lambda: meters.text([gauges]),
        answers=pulse.answers,
        leads=lambda: scheduler.leads,
        clock=clock,
    )


def _announce(url: str, dashboard: Path | None, say: Callable[[str], None]) -> None:
    if dashboard is not None:
        say(f"dashboard  {url}/")
    say(f"API        {url}{API}/health")
    say("stop with Ctrl-C")
