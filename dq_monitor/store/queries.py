"""The questions that the views ask of the store, each one indexed statement."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, case, func, literal_column, select

from dq_monitor.store.columns import digest
from dq_monitor.store.projections import COMMITTED, REJECTED
from dq_monitor.store.schema import (
    datasets,
    edges,
    findings,
    incidents,
    metrics,
    outbox,
    quarantine_counts,
    tables,
    undone_writes,
    verdicts,
    word,
    writes,
)

Query = Select[*tuple[Any, ...]]


def all_tables() -> Query:
    """Ask how every known table stands, and how many of its writes are undone and not back."""
    again = select(writes.c.write_id).where(
        writes.c.write_id == undone_writes.c.again_id, writes.c.outcome == word(COMMITTED)
    )
    undone = select(func.count()).where(
        undone_writes.c.table_name == tables.c.table_name, ~again.exists()
    )
    return select(tables, undone.scalar_subquery().label("undone"))


def current_incidents() -> Query:
    """Count the incidents that are not resolved, by table, state and severity."""
    key = (incidents.c.table_name, incidents.c.state, incidents.c.severity)
    unresolved = incidents.c.state != word("resolved")
    return select(*key, func.count().label("times")).where(unresolved).group_by(*key)


def latest_writes(table: str, limit: int) -> Query:
    """Ask for the writes that started last."""
    query = (
        select(writes, undone_writes.c.rollback_id)
        .outerjoin(undone_writes, undone_writes.c.write_id == writes.c.write_id)
        .order_by(writes.c.seq.desc())
        .limit(limit)
    )
    return query.where(writes.c.table_name == table) if table else query


def tripped_findings(table: str, limit: int) -> Query:
    """Ask for the latest findings that did not pass, with the verdict they belong to."""
    tripped = findings.c.status.in_([word("warn"), word("fail"), word("error")])
    query = (
        select(findings, verdicts.c.subject, verdicts.c.judged_at, verdicts.c.day)
        .join(verdicts, verdicts.c.seq == findings.c.seq)
        .where(tripped)
        .order_by(findings.c.seq.desc(), findings.c.position)
        .limit(limit)
    )
    return query.where(findings.c.table_name == table) if table else query


def latest_verdicts(table: str) -> Query:
    """Ask for the places of the table's latest verdict on a write, a full and a freshness audit."""
    return select(*(_latest(table, kind).label(kind) for kind in ("write", "full", "freshness")))


def findings_at(places: set[int]) -> Query:
    """Ask for the findings of some verdicts, the newest verdict's first."""
    wanted = findings.c.seq.in_(places)
    return select(findings).where(wanted).order_by(findings.c.seq.desc(), findings.c.position)


def rule_totals(table: str) -> Query:
    """Sum up, per rule of the table, failing rows and answers over its settled writes."""
    # A rule with segments has a finding for each; it was asked once all the same.
    answered = case((findings.c.status != word("not_evaluated"), findings.c.seq))
    return (
        select(
            findings.c.rule_id,
            func.sum(findings.c.failing).label("failing"),
            func.count(answered.distinct()).label("evaluated"),
        )
        .join(writes, writes.c.verdict_seq == findings.c.seq)
        .where(writes.c.table_name == table, writes.c.outcome.in_((COMMITTED, REJECTED)))
        .group_by(findings.c.rule_id)
    )


def metric_names(table: str) -> Query:
    """Ask for the names under which the table has measurements."""
    return select(metrics.c.name).where(metrics.c.table_name == table).distinct()


def metric_segments(table: str, name: str) -> Query:
    """Ask for the segments of which a metric has measurements."""
    mine = (metrics.c.table_name == table) & (metrics.c.name == name)
    return select(metrics.c.segment).where(mine).distinct()


def latest_metrics(table: str, name: str, segment: str, limit: int) -> Query:
    """Ask for the last measurements of a metric, newest first."""
    return (
        select(metrics)
        .where(metrics.c.series == digest(table, name, segment))
        .order_by(metrics.c.at.desc(), metrics.c.seq.desc(), metrics.c.position.desc())
        .limit(limit)
    )


def flagged_metrics() -> Query:
    """Ask for every measurement outside its bounds, oldest first."""
    flagged: ColumnElement[bool] = literal_column("metrics.flagged")
    order = (metrics.c.at, metrics.c.seq, metrics.c.position)
    return select(metrics).where(flagged).order_by(*order)


def newest_incidents(*, open_only: bool) -> Query:
    """Ask for incidents, the newest first."""
    query = select(incidents).order_by(incidents.c.opened_at.desc(), incidents.c.id)
    return query.where(incidents.c.state != word("resolved")) if open_only else query


def held_rows(table: str) -> Query:
    """Ask how many rows are in quarantine or went through it, by table, rule and state."""
    query = select(quarantine_counts).where(quarantine_counts.c.row_count != 0)
    query = query.order_by(*quarantine_counts.primary_key.columns)
    return query.where(quarantine_counts.c.table_name == table) if table else query


def all_datasets() -> Query:
    """Ask for every dataset that a step reads or writes."""
    return select(datasets).order_by(datasets.c.name, datasets.c.namespace, datasets.c.path)


def all_edges() -> Query:
    """Ask which step reads and writes which of them."""
    return select(edges).order_by(edges.c.job, edges.c.source, edges.c.target)


def unsent(limit: int) -> Query:
    """Ask for what waits in the outbox or died there, newest first."""
    query = select(outbox).where(outbox.c.state != word("sent"))
    return query.order_by(outbox.c.id.desc()).limit(limit)


def _latest(table: str, kind: str) -> ScalarSelect[int]:
    mine = (verdicts.c.table_name == table) & (verdicts.c.kind == word(kind))
    return select(func.max(verdicts.c.seq)).where(mine).scalar_subquery()
