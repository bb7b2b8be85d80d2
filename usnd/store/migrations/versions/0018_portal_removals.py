"""What deletions in the portal took, for undoing them.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "portal_removals",
        sa.Column("id", KEY, sa.Identity(), nullable=False),
        sa.Column("subscriber_id", KEY, nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_portal_removals_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_removals")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_portal_removals_subscriber_id"), "portal_removals", ["subscriber_id"])
    op.create_index(op.f("ix_portal_removals_removed_at"), "portal_removals", ["removed_at"])
