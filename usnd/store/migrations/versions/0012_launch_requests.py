"""Launch requests: who asked for a launch that no text asked for, and its key.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "launch_requests",
        sa.Column("conference_id", KEY, autoincrement=False, nullable=False),
        sa.Column("subscriber_id", KEY, nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("request_key", sa.String(), nullable=True),
        sa.Column("requested_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["conference_id"],
            ["conferences.id"],
            name=op.f("fk_launch_requests_conference_id_conferences"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conference_id", name=op.f("pk_launch_requests")),
    )
    op.create_index("ix_launch_requests_subscriber_id", "launch_requests", ["subscriber_id", "request_key"])
    op.create_index(op.f("ix_launch_requests_requested_at"), "launch_requests", ["requested_at"])
