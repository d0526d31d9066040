"""What rules found in data files, kept so that a check costs what has changed."""

import sqlalchemy as sa
from alembic import op

from dq_monitor.store.columns import TextList, Words

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables; nothing is in them until a table is checked."""
    op.create_table(
        "state_units",
        sa.Column("unit", Words, nullable=False),
        sa.Column("table_uri", Words, nullable=False),
        sa.Column("files", TextList, nullable=False),
        sa.PrimaryKeyConstraint("unit", name=op.f("pk_state_units")),
    )
    op.create_index(op.f("ix_state_units_table_uri"), "state_units", ["table_uri"], unique=False)
    op.create_table(
        "rule_states",
        sa.Column("unit", Words, nullable=False),
        sa.Column("question", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["unit"],
            ["state_units.unit"],
            name=op.f("fk_rule_states_unit"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("unit", "question", name=op.f("pk_rule_states")),
    )
