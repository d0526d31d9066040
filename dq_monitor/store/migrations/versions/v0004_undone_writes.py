"""The writes that rollbacks have undone."""

import sqlalchemy as sa
from alembic import op

from dq_monitor.store.columns import UtcTime, Words

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table; nothing was rolled back before there were rollbacks."""
    op.create_table(
        "undone_writes",
        sa.Column("write_id", Words, nullable=False),
        sa.Column("table_name", Words, nullable=False),
        sa.Column("rollback_id", Words, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("verdict_seq", sa.BigInteger()),
        sa.Column("again_id", Words, nullable=False),
        sa.PrimaryKeyConstraint("write_id", name=op.f("pk_undone_writes")),
    )
    op.create_index(op.f("ix_undone_writes_table_name"), "undone_writes", ["table_name"])
    op.create_index(op.f("ix_undone_writes_verdict_seq"), "undone_writes", ["verdict_seq"])
