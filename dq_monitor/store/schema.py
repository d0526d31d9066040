"""The tables of the store: the event log, and what the views need of it, kept beside it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    literal_column,
    text,
)

from dq_monitor.store.columns import Number, TextList, UtcTime, Words

# SQLite counts up only an INTEGER key; 64 bits wide it is there anyway.
Serial = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)


def word(constant: str) -> ColumnElement[str]:
    """Return a constant of ours, written out in the statement.

    A partial index answers only a question that holds its very condition, not a bound parameter.
    """
    return literal_column(f"'{constant}'")


# `subject` is the write's, the audit's or the step run's id; `attempt` counts how often the write
# was abandoned before: each fact stands once per attempt.
event_log = Table(
    "event_log",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("type", Words, nullable=False),
    Column("table_name", Words, nullable=False),
    Column("subject", Words),
    Column("attempt", Integer, nullable=False),
    Column("payload", Words, nullable=False),
    UniqueConstraint("subject", "type", "attempt"),
    sqlite_autoincrement=True,
)

# One row per write. `outcome` is open, committed, rejected or abandoned; `settled_seq` is the
# place of the fact that settled it, `verdict_seq` that of its verdict.
writes = Table(
    "writes",
    metadata,
    Column("write_id", Words, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("table_name", Words, nullable=False),
    Column("mode", Words, nullable=False),
    Column("pack", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("staging", Words, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("day", Date),
    Column("outcome", Words, nullable=False),
    Column("settled_seq", BigInteger),
    Column("settled_at", UtcTime),
    Column("version", BigInteger),
    Column("quarantine_version", BigInteger),
    Column("recovered", Boolean, nullable=False),
    Column("reasons", TextList, nullable=False),
    Column("verdict_seq", BigInteger),
    Column("status", Words),
    Column("rows_in", BigInteger),
    Column("kept", BigInteger),
    Column("quarantined", BigInteger),
    Column("dropped", BigInteger),
    Index(None, "seq"),
    Index(None, "table_name", "seq"),
    Index(
        "ix_writes_open",
        "seq",
        sqlite_where=text("outcome = 'open'"),
        postgresql_where=text("outcome = 'open'"),
    ),
)

# One row per write that a rollback has undone and none has brought back; `verdict_seq` is the place
# of its verdict, so that its measurements count no longer; `again_id` is what its batch is called
# when it is written again.
undone_writes = Table(
    "undone_writes",
    metadata,
    Column("write_id", Words, primary_key=True),
    Column("table_name", Words, nullable=False),
    Column("rollback_id", Words, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("verdict_seq", BigInteger),
    Column("again_id", Words, nullable=False),
    Index(None, "table_name"),
    Index(None, "verdict_seq"),
)

# One row per table, counted up as writes settle and audits come in, so that an overview costs the
# number of tables and not of writes. The places say which of write and audit spoke last.
tables = Table(
    "tables",
    metadata,
    Column("table_name", Words, primary_key=True),
    Column("pack", Words, nullable=False),
    Column("rules", Integer, nullable=False),
    Column("writes", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("rows_in", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    Column("dropped", BigInteger, nullable=False),
    Column("write_seq", BigInteger, nullable=False),
    Column("write_status", Words, nullable=False),
    Column("last_write_at", UtcTime),
    Column("version", BigInteger),
    Column("audit_seq", BigInteger, nullable=False),
    Column("audit_status", Words, nullable=False),
    Column("freshness", Words, nullable=False),
)

# Rows by where they are now, in all (`rule` empty) and by the rules that hold or held them; a row
# that two rules hold counts for both. `lost` rows never got into quarantine.
quarantine_counts = Table(
    "quarantine_counts",
    metadata,
    Column("table_name", Words, primary_key=True),
    Column("rule_id", Words, primary_key=True),
    Column("state", Words, primary_key=True),
    Column("row_count", BigInteger, nullable=False),
)

# `kind` says who asked: write, release, freshness or full.
verdicts = Table(
    "verdicts",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("table_name", Words, nullable=False),
    Column("pack", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("status", Words, nullable=False),
    Column("decision", Words, nullable=False),
    Column("rules", Integer, nullable=False),
    Column("rows_in", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    Column("dropped", BigInteger, nullable=False),
    Column("judged_at", UtcTime, nullable=False),
    Column("day", Date),
    Column("reasons", TextList, nullable=False),
    Index(None, "table_name", "kind", "seq"),
)

_tripped = text("status IN ('warn', 'fail', 'error')")
findings = Table(
    "findings",
    metadata,
    Column("seq", ForeignKey("verdicts.seq", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("table_name", Words, nullable=False),
    Column("rule_id", Words, nullable=False),
    Column("check_name", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("status", Words, nullable=False),
    Column("message", Words, nullable=False),
    Column("columns", TextList, nullable=False),
    Column("segment", Words, nullable=False),
    Column("expected", Words, nullable=False),
    Column("on_fail", Words, nullable=False),
    Column("failing", BigInteger),
    Column("passing", BigInteger),
    Column("value", Number),
    Column("batch_value", Number),
    Column("score", Number),
    Column("lower", Number),
    Column("upper", Number),
    Index("ix_findings_tripped", "seq", sqlite_where=_tripped, postgresql_where=_tripped),
    Index(
        "ix_findings_tripped_table",
        "table_name",
        "seq",
        sqlite_where=_tripped,
        postgresql_where=_tripped,
    ),
)

# `series` is the digest of table, name and segment.
_flagged = text("flagged")
metrics = Table(
    "metrics",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("series", Words, nullable=False),
    Column("table_name", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("segment", Words, nullable=False),
    Column("value", Number, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("day", Date),
    Column("lower", Number),
    Column("upper", Number),
    Column("flagged", Boolean, nullable=False),
    Index(None, "series", "at"),
    Index(None, "table_name", "name"),
    Index("ix_metrics_flagged", "at", sqlite_where=_flagged, postgresql_where=_flagged),
)

# `id` is the digest of namespace and path; `written` says that a step of ours writes it.
datasets = Table(
    "datasets",
    metadata,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("namespace", Words, nullable=False),
    Column("path", Words, nullable=False),
    Column("format", Words, nullable=False),
    Column("version", BigInteger),
    Column("written", Boolean, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
)

edges = Table(
    "edges",
    metadata,
    Column("id", Words, primary_key=True),
    Column("source", ForeignKey("datasets.id"), nullable=False),
    Column("target", ForeignKey("datasets.id"), nullable=False),
    Column("job", Words, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
)

lineage_events = Table(
    "lineage_events",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("run_id", Words, nullable=False),
    Column("event_type", Words, nullable=False),
    Column("job", Words, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("payload", Words, nullable=False),
    Index(None, "run_id"),
    sqlite_autoincrement=True,
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Words, primary_key=True),
    Column("table_name", Words, nullable=False),
    Column("rule_id", Words, nullable=False),
    Column("segment", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("severity", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
    Column("times_seen", Integer, nullable=False),
    Column("owner", Words, nullable=False),
    Column("muted_until", UtcTime),
    Column("acknowledged_by", Words),
    Column("resolved_at", UtcTime),
    Index(
        "ix_incidents_current",
        "table_name",
        sqlite_where=text("state <> 'resolved'"),
        postgresql_where=text("state <> 'resolved'"),
    ),
)

_pending = text("state = 'pending'")
outbox = Table(
    "outbox",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("key", Words, nullable=False, unique=True),
    Column("kind", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("group_key", Words, nullable=False),
    Column("payload", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Words, nullable=False),
    Column("leased_by", Words),
    Column("leased_until", UtcTime),
    Column("settled_at", UtcTime),
    Index("ix_outbox_due", "due_at", sqlite_where=_pending, postgresql_where=_pending),
    Index(
        "ix_outbox_group",
        "channel",
        "group_key",
        "id",
        sqlite_where=_pending,
        postgresql_where=_pending,
    ),
    Index(
        "ix_outbox_unsent",
        "id",
        sqlite_where=text("state <> 'sent'"),
        postgresql_where=text("state <> 'sent'"),
    ),
    sqlite_autoincrement=True,
)

cursors = Table(
    "cursors",
    metadata,
    Column("follower", Words, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

# What rules found in data files that never change. A unit is some files of one table (its URI) that
# were measured together; its id is the digest of their ids.
state_units = Table(
    "state_units",
    metadata,
    Column("unit", Words, primary_key=True),
    Column("table_uri", Words, nullable=False),
    Column("files", TextList, nullable=False),
    Index(None, "table_uri"),
)

# `question` is the fingerprint of what was asked.
rule_states = Table(
    "rule_states",
    metadata,
    Column("unit", ForeignKey("state_units.unit", ondelete="CASCADE"), primary_key=True),
    Column("question", Words, primary_key=True),
    Column("state", Words, nullable=False),
)
