"""The alarms that are raised, and their history.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RAISED = sa.text("cleared_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", KEY, sa.Identity(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("raised_at", UTC, nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("cleared_at", UTC),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_alarms_raised",
        "alarms",
        ["name", "object"],
        unique=True,
        postgresql_where=RAISED,
        sqlite_where=RAISED,
    )
