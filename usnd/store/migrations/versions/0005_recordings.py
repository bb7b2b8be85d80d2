"""Recordings of conferences, and which calls were recorded.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC = sa.DateTime(timezone=True)
STATES = ("ordered", "running", "stopping", "closed", "failed", "removed")


def upgrade() -> None:
    op.add_column("calls", sa.Column("recorded", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "recordings",
        sa.Column("conference_id", KEY, autoincrement=False, nullable=False),
        sa.Column("stretch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subscriber_id", KEY, nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="state", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("ordered_at", UTC, nullable=False),
        sa.Column("started_at", UTC),
        sa.Column("stopped_at", UTC),
        sa.Column("octets", sa.BigInteger()),
        sa.PrimaryKeyConstraint("conference_id", "stretch", name=op.f("pk_recordings")),
    )
    op.create_index(op.f("ix_recordings_subscriber_id"), "recordings", ["subscriber_id"])
    closed = sa.text("state = 'closed'")
    op.create_index(
        "ix_recordings_closed",
        "recordings",
        ["conference_id", "stretch"],
        postgresql_where=closed,
        sqlite_where=closed,
    )
