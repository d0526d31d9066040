"""Counts of quarantined rows by table, rule and state."""

import sqlalchemy as sa
from alembic import op

from dq_monitor.store.columns import Words

revision = "0003"
down_revision = "0002"

# Rows that were quarantined before are open; by which rules, only their own files say.
KNOWN = """
INSERT INTO quarantine_counts (table_name, rule_id, state, row_count)
SELECT table_name, '', 'open', SUM(quarantined) FROM writes
WHERE quarantine_version IS NOT NULL AND outcome IN ('committed', 'rejected') AND quarantined > 0
GROUP BY table_name
"""


def upgrade() -> None:
    """Make the table and count what is there."""
    op.create_table(
        "quarantine_counts",
        sa.Column("table_name", Words, nullable=False),
        sa.Column("rule_id", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "table_name", "rule_id", "state", name=op.f("pk_quarantine_counts")
        ),
    )
    op.execute(KNOWN)
