"""What the portal shows of the past: when a telephone rang, by what a conference was launched; indexes.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("rang_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("conferences", sa.Column("launched_by", sa.String(), nullable=True))
    op.create_index(
        op.f("ix_conferences_subscriber_id_launched_at_id"),
        "conferences",
        ["subscriber_id", "launched_at", "id"],
    )
    op.create_index(
        op.f("ix_cdrs_subscriber_id_start_sequence"), "cdrs", ["subscriber_id", "start", "sequence"]
    )
    op.create_index(op.f("ix_mo_texts_sender_id"), "mo_texts", ["sender", "id"])
    op.create_index(op.f("ix_mt_texts_recipient_id"), "mt_texts", ["recipient", "id"])
