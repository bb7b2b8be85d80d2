"""The queue of each bind is read by itself.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

QUEUED = sa.text("state = 'queued'")


def upgrade() -> None:
    op.drop_index("ix_mt_texts_queued", "mt_texts")
    op.create_index(
        "ix_mt_texts_queued",
        "mt_texts",
        ["smsc", "priority", "id"],
        postgresql_where=QUEUED,
        sqlite_where=QUEUED,
    )
