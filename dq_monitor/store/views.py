"""What people look at: read-only questions to the store, for dashboard, API and command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row

from dq_monitor.model.incident import Incident
from dq_monitor.model.metric import Metric
from dq_monitor.model.table import layer_of
from dq_monitor.model.verdict import SEVERITY, Counts, Finding, Status
from dq_monitor.store import queries
from dq_monitor.store.access import reading
from dq_monitor.store.rows import counts_of, finding_of, incident_of, metric_of
from dq_monitor.store.standing import by_table, status_of
from dq_monitor.store.unreadable import UnreadableRow, unreadable_files

_TRIPPED = {Status.WARN, Status.FAIL, Status.ERROR}
_LAYERS = ("bronze", "silver", "gold")


@dataclass(frozen=True, slots=True)
class TableStatus:
    """One guarded table as it stands now; the totals run over all its settled writes.

    `undone` of them were rolled back and not written again; the totals tell what happened, so they
    are among them.
    """

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
    undone: int = 0


@dataclass(frozen=True, slots=True)
class WriteRow:
    """One write of a table, newest first in lists; a rollback is one of mode `rollback`."""

    write_id: str
    table: str
    mode: str
    status: Status | None
    outcome: str  # committed, rejected, abandoned, open; undone: committed and rolled back
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
    """A rule of a table with its latest answer and its totals over all writes.

    `segments` are those of the latest answer, 0 for a rule without `by`; `tripped` those of them
    that did not pass. The status is the worst of them, and `segment` the one that has it.
    """

    rule_id: str
    check: str
    columns: tuple[str, ...]
    expected: str
    on_fail: str
    status: Status
    failing_total: int
    last_value: float | None
    evaluated: int
    segments: int = 0
    tripped: int = 0
    segment: str = ""


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


@dataclass(frozen=True, slots=True)
class HeldRow:
    """Rows of a table that one rule holds or held, by where they are now; all where it is empty.

    `state` is `open`, `waived`, `released`, `superseded` or `purged`; `lost` for rows whose files
    went away before they were committed to quarantine.
    """

    table: str
    rule_id: str
    state: str
    rows: int


class Views:
    """Read-only access to the store for people's eyes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def tables(self) -> Sequence[TableStatus]:
        """Return every known table, by layer (bronze, silver, gold, others) and name.

        The status is the worst of: the latest settled write (fail at least when it was rejected),
        a full audit later than that write, and the incidents that are open or acknowledged; a muted
        one is left out, as someone said that it may stay. Open and abandoned writes do not count.
        """
        with reading(self._engine) as connection:
            return _statuses(connection)

    def writes(self, table: str = "", limit: int = 100) -> Sequence[WriteRow]:
        """Return the latest writes, of all tables when `table` is empty."""
        with reading(self._engine) as connection:
            rows = connection.execute(queries.latest_writes(table, limit)).all()
        return [_write(row) for row in rows]

    def unreadable(self, limit: int = 100) -> Sequence[UnreadableRow]:
        """Return the input files that could not be read and have not come whole since."""
        with reading(self._engine) as connection:
            return unreadable_files(connection, limit)

    def failures(self, table: str = "", limit: int = 200) -> Sequence[FailureRow]:
        """Return the latest findings that are warn, fail or error, newest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(queries.tripped_findings(table, limit)).all()
        return [
            FailureRow(row.table_name, row.subject, row.judged_at, row.day, finding_of(row))
            for row in rows
        ]

    def rules(self, table: str) -> Sequence[RuleRow]:
        """Return the table's rules, failing first.

        They are those of the latest write or full audit, and of the latest freshness audit. The
        totals run over settled writes: failing rows, and how often the rule had an answer.
        """
        with reading(self._engine) as connection:
            last = connection.execute(queries.latest_verdicts(table)).one()
            places = {max(last.write or 0, last.full or 0), last.freshness or 0}
            latest = connection.execute(queries.findings_at(places)).all()
            totals = {row.rule_id: row for row in connection.execute(queries.rule_totals(table))}
        rules = [_rule(answers, totals.get(rule)) for rule, answers in _newest(latest).items()]
        return sorted(rules, key=lambda r: (-SEVERITY[r.status], -r.failing_total, r.rule_id))

    def metric_names(self, table: str) -> Sequence[str]:
        """Return the names of the metrics that have a history, sorted."""
        with reading(self._engine) as connection:
            return sorted(connection.scalars(queries.metric_names(table)))

    def segments(self, table: str, name: str) -> Sequence[str]:
        """Return the segments of a metric that have a history, sorted; `""` is that of all rows."""
        with reading(self._engine) as connection:
            return sorted(connection.scalars(queries.metric_segments(table, name)))

    def metric(
        self, table: str, name: str, segment: str = "", limit: int = 1000
    ) -> Sequence[Metric]:
        """Return a metric's history, oldest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(queries.latest_metrics(table, name, segment, limit)).all()
        return [metric_of(row) for row in reversed(rows)]

    def flagged(self) -> Sequence[Metric]:
        """Return every measurement that lay outside its bounds, oldest first."""
        with reading(self._engine) as connection:
            return [metric_of(row) for row in connection.execute(queries.flagged_metrics())]

    def incidents(self, *, open_only: bool = True) -> Sequence[Incident]:
        """Return incidents, worst and newest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(queries.newest_incidents(open_only=open_only)).all()
        return sorted(map(incident_of, rows), key=lambda one: -SEVERITY[one.severity])

    def quarantine(self, table: str = "") -> Sequence[HeldRow]:
        """Return how many rows are in which state by table and rule, of all tables when empty."""
        with reading(self._engine) as connection:
            rows = connection.execute(queries.held_rows(table)).all()
        return [HeldRow(row.table_name, row.rule_id, row.state, row.row_count) for row in rows]

    def graph(self) -> Graph:
        """Return the lineage graph with each table's status now."""
        with reading(self._engine) as connection:
            statuses = {one.table: one.status for one in _statuses(connection)}
            nodes = connection.execute(queries.all_datasets()).all()
            edges = connection.execute(queries.all_edges()).all()
        return Graph(
            nodes=tuple(_node(row, statuses) for row in nodes),
            edges=tuple(GraphEdge(row.source, row.target, row.job) for row in edges),
        )

    def deliveries(self, limit: int = 100) -> Sequence[DeliveryRow]:
        """Return what waits in the outbox or died there, newest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(queries.unsent(limit)).all()
        return [
            DeliveryRow(
                row.id, row.kind, row.channel, row.state, row.attempts, row.due_at, row.last_error
            )
            for row in rows
        ]


def _statuses(connection: Connection) -> Sequence[TableStatus]:
    incidents = by_table(connection.execute(queries.current_incidents()))
    rows = connection.execute(queries.all_tables())
    found = [_status(row, incidents.get(row.table_name, ())) for row in rows]
    return sorted(found, key=lambda one: (_rank(one.layer), one.layer, one.table))


def _status(row: Row[Any], incidents: Sequence[Row[Any]]) -> TableStatus:
    return TableStatus(
        table=row.table_name,
        layer=layer_of(row.table_name),
        status=status_of(row, incidents),
        pack=row.pack,
        rules=row.rules,
        last_write_at=row.last_write_at,
        version=row.version,
        writes=row.writes,
        rejected=row.rejected,
        totals=Counts(row.rows_in, row.kept, row.quarantined, row.dropped),
        open_incidents=sum(one.times for one in incidents),
        freshness=Status(row.freshness),
        undone=row.undone,
    )


def _rank(layer: str) -> int:
    return _LAYERS.index(layer) if layer in _LAYERS else len(_LAYERS)


def _write(row: Row[Any]) -> WriteRow:
    return WriteRow(
        write_id=row.write_id,
        table=row.table_name,
        mode=row.mode,
        status=None if row.status is None else Status(row.status),
        outcome="undone" if row.rollback_id and row.outcome == "committed" else row.outcome,
        at=row.at,
        day=row.day,
        version=row.version,
        counts=counts_of(row),
        reasons=row.reasons,
    )


def _newest(latest: Sequence[Row[Any]]) -> Mapping[str, Sequence[Row[Any]]]:
    """Sort findings, newest verdict first, by rule; of each rule keep only its newest verdict's."""
    answers: dict[str, list[Row[Any]]] = {}
    for row in latest:
        known = answers.setdefault(row.rule_id, [])
        if not known or known[0].seq == row.seq:
            known.append(row)
    return answers


def _rule(answers: Sequence[Row[Any]], total: Row[Any] | None) -> RuleRow:
    """Sum up a rule's latest answers, one per segment, the worst standing for all."""
    worst = finding_of(max(answers, key=lambda row: SEVERITY[Status(row.status)]))
    return RuleRow(
        rule_id=worst.rule_id,
        check=worst.check,
        columns=worst.columns,
        expected=worst.expected,
        on_fail=worst.on_fail,
        status=worst.status,
        failing_total=int(total.failing or 0) if total else 0,
        last_value=worst.value,
        evaluated=total.evaluated if total else 0,
        segments=sum(bool(row.segment) for row in answers),
        tripped=sum(bool(row.segment) and Status(row.status) in _TRIPPED for row in answers),
        segment=worst.segment,
    )


def _node(row: Row[Any], statuses: Mapping[str, Status]) -> GraphNode:
    ours = row.written or (row.format == "delta" and row.name in statuses)
    return GraphNode(
        id=row.id,
        label=row.name or row.path,
        layer=layer_of(row.name) if ours else "",
        table=row.name if ours else "",
        status=statuses.get(row.name, Status.NOT_EVALUATED) if ours else Status.NOT_EVALUATED,
    )
