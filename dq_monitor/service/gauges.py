"""Reads off the store what Prometheus wants to know of it, at each scrape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine, func, select

from dq_monitor.model.verdict import Status
from dq_monitor.store.access import reading
from dq_monitor.store.schema import cursors, event_log, outbox
from dq_monitor.store.views import Views


@dataclass(frozen=True, slots=True)
class StoreGauges(Collector):
    """What stands in the store now: tables, incidents, deliveries, followers.

    A follower of `followers` that never ran counts as far behind as the log is long.
    """

    engine: Engine
    views: Views
    followers: Sequence[str] = ()

    def collect(self) -> Iterable[Metric]:
        """Return each gauge with a value for each of its labels."""
        yield self._tables()
        yield self._incidents()
        yield self._outbox()
        yield self._lags()
        yield self._quarantine()

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that registering asks the store nothing."""
        return ()

    def _tables(self) -> Metric:
        counted = Counter(row.status.value for row in self.views.tables())
        known = {status.value: counted[status.value] for status in Status}
        return _gauge("dqm_tables", "Guarded tables by status", "status", known)

    def _incidents(self) -> Metric:
        counted = Counter(row.severity.value for row in self.views.incidents())
        known = {status.value: counted[status.value] for status in (Status.WARN, Status.FAIL)}
        return _gauge("dqm_incidents", "Open incidents by severity", "severity", known | counted)

    def _outbox(self) -> Metric:
        query = select(outbox.c.state, func.count().label("number")).where(outbox.c.state != "sent")
        with reading(self.engine) as connection:
            rows = connection.execute(query.group_by(outbox.c.state)).all()
        known = {"pending": 0, "dead": 0} | {row.state: row.number for row in rows}
        return _gauge("dqm_outbox", "Deliveries that wait or were given up", "state", known)

    def _lags(self) -> Metric:
        with reading(self.engine) as connection:
            newest = connection.scalar(select(func.max(event_log.c.seq))) or 0
            rows = connection.execute(select(cursors.c.follower, cursors.c.position)).all()
        places = dict.fromkeys(self.followers, 0) | {row.follower: row.position for row in rows}
        lags = {name: newest - place for name, place in places.items()}
        return _gauge("dqm_follower_lag", "Events a follower has not read", "follower", lags)

    def _quarantine(self) -> Metric:
        name, words = "dqm_quarantine_rows", "Refused rows by where they are now"
        gauge = GaugeMetricFamily(name, words, labels=["table", "rule", "state"])
        for row in self.views.quarantine():
            gauge.add_metric([row.table, row.rule_id, row.state], row.rows)
        return gauge


def _gauge(name: str, help_text: str, label: str, values: dict[str, int]) -> Metric:
    gauge = GaugeMetricFamily(name, help_text, labels=[label])
    for key, value in values.items():
        gauge.add_metric([key], value)
    return gauge
