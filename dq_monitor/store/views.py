"""What people look at: read-only questions to the store, for dashboard, API and command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from dq_monitor.model.incident import Incident
from dq_monitor.model.metric import Metric
from dq_monitor.model.verdict import Counts, Finding, Status

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class TableStatus:
    """One guarded table as it stands now; the totals run over all its settled writes."""

    table: str
    layer: str
    status: Status
    pack: str
    rules: int
    last_write_at: datetime | None
    version: int | None
    writes: int
    rejected: int
    totals: Counts
    open_incidents: int
    freshness: Status = Status.NOT_EVALUATED


@dataclass(frozen=True, slots=True)
class WriteRow:
    """One write of a table, newest first in lists."""

    write_id: str
    table: str
    mode: str
    status: Status | None
    outcome: str  # committed, rejected, abandoned, open
    at: datetime
    day: date | None
    version: int | None
    counts: Counts | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One rule that did not pass on one write or audit."""

    table: str
    write_id: str
    at: datetime
    day: date | None
    finding: Finding


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule of a table with its latest answer and its totals over all writes."""

    rule_id: str
    check: str
    columns: tuple[str, ...]
    expected: str
    on_fail: str
    status: Status
    failing_total: int
    last_value: float | None
    evaluated: int


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A dataset of the lineage graph. `table` is empty for a source file or a foreign dataset."""

    id: str
    label: str
    layer: str
    table: str
    status: Status


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """`job` reads dataset `source` and writes dataset `target` (node ids)."""

    source: str
    target: str
    job: str


@dataclass(frozen=True, slots=True)
class Graph:
    """The table-level lineage graph as last seen."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One alert or lineage event on its way out."""

    id: int
    kind: str
    channel: str
    state: str
    attempts: int
    due_at: datetime
    last_error: str


class Views:
    """Read-only access to the store for people's eyes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def tables(self) -> Sequence[TableStatus]:
        """Return every known table, by layer (bronze, silver, gold, others) and name."""
        raise NotImplementedError

    def writes(self, table: str = "", limit: int = 100) -> Sequence[WriteRow]:
        """Return the latest writes, of all tables when `table` is empty."""
        raise NotImplementedError

    def failures(self, table: str = "", limit: int = 200) -> Sequence[FailureRow]:
        """Return the latest findings that are warn, fail or error, newest first."""
        raise NotImplementedError

    def rules(self, table: str) -> Sequence[RuleRow]:
        """Return the table's rules, failing first."""
        raise NotImplementedError

    def metric_names(self, table: str) -> Sequence[str]:
        """Return the names of the metrics that have a history, sorted."""
        raise NotImplementedError

    def metric(
        self, table: str, name: str, segment: str = "", limit: int = 1000
    ) -> Sequence[Metric]:
        """Return a metric's history, oldest first."""
        raise NotImplementedError

    def flagged(self) -> Sequence[Metric]:
        """Return every measurement that lay outside its bounds, oldest first."""
        raise NotImplementedError

    def incidents(self, *, open_only: bool = True) -> Sequence[Incident]:
        """Return incidents, worst and newest first."""
        raise NotImplementedError

    def graph(self) -> Graph:
        """Return the lineage graph with each table's status now."""
        raise NotImplementedError

    def deliveries(self, limit: int = 100) -> Sequence[DeliveryRow]:
        """Return what waits in the outbox or died there, newest first."""
        raise NotImplementedError
