"""Replays the deliveries day by day through the whole product, each at its own time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dq_monitor.app import App
from dq_monitor.audit import audit_freshness
from dq_monitor.demo.deliveries import Delivery
from dq_monitor.demo.steps import pipeline
from dq_monitor.pipeline.inputs import Run
from dq_monitor.pipeline.result import RunResult
from dq_monitor.pipeline.run import Progress, quiet, run_pipeline
from dq_monitor.relay import Relay


@dataclass(frozen=True, slots=True)
class Morning:
    """What one delivery came to."""

    delivery: Delivery
    result: RunResult

    @property
    def replayed(self) -> bool:
        """Return whether nothing was left to do."""
        return all(step.replayed for step in self.result.steps)


def replay(
    app: App,
    relay: Relay,
    deliveries: Sequence[Delivery],
    landing: Path,
    on_progress: Progress = quiet,
) -> Iterator[Morning]:
    """Run the pipeline over each delivery in turn, see what has grown old, and tell people."""
    for delivery in deliveries:
        morning = Morning(delivery, _take_in(app, delivery, landing, on_progress))
        if not morning.replayed:
            fed = () if delivery is deliveries[-1] else [step.step for step in morning.result.steps]
            _look_at_freshness(app, delivery, leave_out=fed)
            relay.settle(delivery.at)
        yield morning
    relay.settle(deliveries[-1].at)  # what an earlier replay wrote and was stopped before telling


def _take_in(app: App, delivery: Delivery, landing: Path, on_progress: Progress) -> RunResult:
    return run_pipeline(
        pipeline,
        Run(
            key=delivery.day.isoformat(),
            now=delivery.at,
            day=delivery.day,
            parameters={"landing": str(landing)},
        ),
        gate=app.gate,
        tables=app.tables,
        log=app.store.log,
        start_from=[f"bronze.{feed}" for feed in delivery.feeds],
        on_progress=on_progress,
    )


def _look_at_freshness(app: App, delivery: Delivery, leave_out: Collection[str]) -> None:
    """Audit what a delivery did not bring; a table that was just fed says its age by itself."""
    for table in pipeline.tables:
        pack = app.packs[table]
        if pack.freshness and table not in leave_out:
            audit_freshness(pack, app.tables, app.store.log, delivery.at)
