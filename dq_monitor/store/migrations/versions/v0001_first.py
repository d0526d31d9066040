"""The first schema: event log, what the views need of it, incidents, outbox and cursors."""

import sqlalchemy as sa
from alembic import op

from dq_monitor.store.columns import Number, TextList, UtcTime, Words

revision = "0001"
down_revision = None

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table."""
    _event_log()
    _writes()
    _tables()
    _verdicts()
    _findings()
    _metrics()
    _datasets()
    _edges()
    _lineage_events()
    _incidents()
    _outbox()
    _cursors()


def _event_log() -> None:
    op.create_table(
        "event_log",
        sa.Column("seq", Serial, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("type", Words, nullable=False),
        sa.Column("table_name", Words, nullable=False),
        sa.Column("subject", Words, nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("payload", Words, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event_log")),
        sa.UniqueConstraint(
            "subject", "type", "attempt", name=op.f("uq_event_log_subject_type_attempt")
        ),
        sqlite_autoincrement=True,
    )


def _writes() -> None:
    op.create_table(
        "writes",
        sa.Column("write_id", Words, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("table_name", Words, nullable=False),
        sa.Column("mode", Words, nullable=False),
        sa.Column("pack", Words, nullable=False),
        sa.Column("fingerprint", Words, nullable=False),
        sa.Column("staging", Words, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("outcome", Words, nullable=False),
        sa.Column("settled_seq", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", UtcTime, nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("quarantine_version", sa.BigInteger(), nullable=True),
        sa.Column("recovered", sa.Boolean(), nullable=False),
        sa.Column("reasons", TextList, nullable=False),
        sa.Column("verdict_seq", sa.BigInteger(), nullable=True),
        sa.Column("status", Words, nullable=True),
        sa.Column("rows_in", sa.BigInteger(), nullable=True),
        sa.Column("kept", sa.BigInteger(), nullable=True),
        sa.Column("quarantined", sa.BigInteger(), nullable=True),
        sa.Column("dropped", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("write_id", name=op.f("pk_writes")),
    )
    op.create_index(
        "ix_writes_open",
        "writes",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("outcome = 'open'"),
        postgresql_where=sa.text("outcome = 'open'"),
    )
    op.create_index(op.f("ix_writes_seq"), "writes", ["seq"], unique=False)
    op.create_index(op.f("ix_writes_table_name_seq"), "writes", ["table_name", "seq"], unique=False)


def _tables() -> None:
    op.create_table(
        "tables",
        sa.Column("table_name", Words, nullable=False),
        sa.Column("pack", Words, nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("writes", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("rows_in", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
        sa.Column("write_seq", sa.BigInteger(), nullable=False),
        sa.Column("write_status", Words, nullable=False),
        sa.Column("last_write_at", UtcTime, nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("audit_seq", sa.BigInteger(), nullable=False),
        sa.Column("audit_status", Words, nullable=False),
        sa.Column("freshness", Words, nullable=False),
        sa.PrimaryKeyConstraint("table_name", name=op.f("pk_tables")),
    )


def _verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("subject", Words, nullable=False),
        sa.Column("table_name", Words, nullable=False),
        sa.Column("pack", Words, nullable=False),
        sa.Column("fingerprint", Words, nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("decision", Words, nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("rows_in", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
        sa.Column("judged_at", UtcTime, nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("reasons", TextList, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_verdicts")),
    )
    op.create_index(
        op.f("ix_verdicts_table_name_kind_seq"),
        "verdicts",
        ["table_name", "kind", "seq"],
        unique=False,
    )


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("table_name", Words, nullable=False),
        sa.Column("rule_id", Words, nullable=False),
        sa.Column("check_name", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("message", Words, nullable=False),
        sa.Column("columns", TextList, nullable=False),
        sa.Column("segment", Words, nullable=False),
        sa.Column("expected", Words, nullable=False),
        sa.Column("on_fail", Words, nullable=False),
        sa.Column("failing", sa.BigInteger(), nullable=True),
        sa.Column("passing", sa.BigInteger(), nullable=True),
        sa.Column("value", Number, nullable=True),
        sa.Column("batch_value", Number, nullable=True),
        sa.Column("score", Number, nullable=True),
        sa.Column("lower", Number, nullable=True),
        sa.Column("upper", Number, nullable=True),
        sa.ForeignKeyConstraint(
            ["seq"], ["verdicts.seq"], name=op.f("fk_findings_seq"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("seq", "position", name=op.f("pk_findings")),
    )
    op.create_index(
        "ix_findings_tripped",
        "findings",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("status IN ('warn', 'fail', 'error')"),
        postgresql_where=sa.text("status IN ('warn', 'fail', 'error')"),
    )
    op.create_index(
        "ix_findings_tripped_table",
        "findings",
        ["table_name", "seq"],
        unique=False,
        sqlite_where=sa.text("status IN ('warn', 'fail', 'error')"),
        postgresql_where=sa.text("status IN ('warn', 'fail', 'error')"),
    )


def _metrics() -> None:
    op.create_table(
        "metrics",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("series", Words, nullable=False),
        sa.Column("table_name", Words, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("segment", Words, nullable=False),
        sa.Column("value", Number, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("lower", Number, nullable=True),
        sa.Column("upper", Number, nullable=True),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq", "position", name=op.f("pk_metrics")),
    )
    op.create_index(
        "ix_metrics_flagged",
        "metrics",
        ["at"],
        unique=False,
        sqlite_where=sa.text("flagged"),
        postgresql_where=sa.text("flagged"),
    )
    op.create_index(op.f("ix_metrics_series_at"), "metrics", ["series", "at"], unique=False)
    op.create_index(
        op.f("ix_metrics_table_name_name"), "metrics", ["table_name", "name"], unique=False
    )


def _datasets() -> None:
    op.create_table(
        "datasets",
        sa.Column("id", Words, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("namespace", Words, nullable=False),
        sa.Column("path", Words, nullable=False),
        sa.Column("format", Words, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("written", sa.Boolean(), nullable=False),
        sa.Column("seen_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_datasets")),
    )


def _edges() -> None:
    op.create_table(
        "edges",
        sa.Column("id", Words, nullable=False),
        sa.Column("source", Words, nullable=False),
        sa.Column("target", Words, nullable=False),
        sa.Column("job", Words, nullable=False),
        sa.Column("seen_at", UtcTime, nullable=False),
        sa.ForeignKeyConstraint(["source"], ["datasets.id"], name=op.f("fk_edges_source")),
        sa.ForeignKeyConstraint(["target"], ["datasets.id"], name=op.f("fk_edges_target")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edges")),
    )


def _lineage_events() -> None:
    op.create_table(
        "lineage_events",
        sa.Column("id", Serial, nullable=False),
        sa.Column("run_id", Words, nullable=False),
        sa.Column("event_type", Words, nullable=False),
        sa.Column("job", Words, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("payload", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lineage_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_lineage_events_run_id"), "lineage_events", ["run_id"], unique=False)


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", Words, nullable=False),
        sa.Column("table_name", Words, nullable=False),
        sa.Column("rule_id", Words, nullable=False),
        sa.Column("segment", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("severity", Words, nullable=False),
        sa.Column("title", Words, nullable=False),
        sa.Column("opened_at", UtcTime, nullable=False),
        sa.Column("last_seen_at", UtcTime, nullable=False),
        sa.Column("times_seen", sa.Integer(), nullable=False),
        sa.Column("owner", Words, nullable=False),
        sa.Column("muted_until", UtcTime, nullable=True),
        sa.Column("acknowledged_by", Words, nullable=True),
        sa.Column("resolved_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    op.create_index(
        "ix_incidents_current",
        "incidents",
        ["table_name"],
        unique=False,
        sqlite_where=sa.text("state <> 'resolved'"),
        postgresql_where=sa.text("state <> 'resolved'"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", Serial, nullable=False),
        sa.Column("key", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("channel", Words, nullable=False),
        sa.Column("group_key", Words, nullable=False),
        sa.Column("payload", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("due_at", UtcTime, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", Words, nullable=False),
        sa.Column("leased_by", Words, nullable=True),
        sa.Column("leased_until", UtcTime, nullable=True),
        sa.Column("settled_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_outbox_group",
        "outbox",
        ["channel", "group_key", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_outbox_unsent",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state <> 'sent'"),
        postgresql_where=sa.text("state <> 'sent'"),
    )


def _cursors() -> None:
    op.create_table(
        "cursors",
        sa.Column("follower", Words, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("follower", name=op.f("pk_cursors")),
    )
