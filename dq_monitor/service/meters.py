"""Counts what the service does, in Prometheus' terms."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.registry import Collector


class Meters:
    """The counters of one running service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._audits = Counter(
            "dqm_audits", "Audits that were judged", ["scope", "status"], registry=self.registry
        )
        self._troubles = Counter(
            "dqm_scheduler_troubles",
            "Runs that were missed, still running when due again, broke or met a locked store",
            ["kind", "job"],
            registry=self.registry,
        )
        self._clock_steps = Counter(
            "dqm_clock_steps", "Jumps of the system clock", registry=self.registry
        )
        self._leader = Gauge(
            "dqm_leader", "1 while this process schedules and delivers", registry=self.registry
        )

    def audited(self, scope: str, status: str) -> None:
        """Count one recorded audit."""
        self._audits.labels(scope, status).inc()

    def troubled(self, kind: str, job: str) -> None:
        """Count a run that did not happen as it should: `missed`, `overrun`, `broke`, `locked`."""
        self._troubles.labels(kind, job).inc()

    def troubles(self, kind: str, job: str) -> float:
        """Return how often that was counted."""
        value = self.registry.get_sample_value(
            "dqm_scheduler_troubles_total", {"kind": kind, "job": job}
        )
        return value or 0.0

    def clock_stepped(self) -> None:
        """Count a jump of the system clock."""
        self._clock_steps.inc()

    def leading(self, *, leads: bool) -> None:
        """Show whether this process leads."""
        self._leader.set(leads)

    def text(self, stored: Iterable[Collector] = ()) -> bytes:
        """Return all in Prometheus' text format; `stored` collect what the store knows."""
        scrape = CollectorRegistry(auto_describe=False)
        for collector in stored:
            scrape.register(collector)
        return generate_latest(self.registry) + generate_latest(scrape)
