"""What was measured before: the metrics of every write and audit, by time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, select

from dq_monitor.model.metric import Metric
from dq_monitor.store.access import reading
from dq_monitor.store.columns import digest
from dq_monitor.store.rows import metric_of
from dq_monitor.store.schema import metrics, undone_writes


class SqlHistory:
    """Keeps `ports.MetricHistory` in the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def before(
        self, table: str, metric: str, segment: str, at: datetime, limit: int
    ) -> Sequence[Metric]:
        """Return the last `limit` measurements strictly before `at`, oldest first.

        Flagged ones are among them: whoever learns from the past leaves them out. Those of writes
        that were rolled back are not.
        """
        undone = select(undone_writes.c.verdict_seq).where(
            undone_writes.c.verdict_seq == metrics.c.seq
        )
        query = (
            select(metrics)
            .where(metrics.c.series == digest(table, metric, segment), metrics.c.at < at)
            .where(~undone.exists())
            .order_by(metrics.c.at.desc(), metrics.c.seq.desc(), metrics.c.position.desc())
            .limit(limit)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [metric_of(row) for row in reversed(rows)]
