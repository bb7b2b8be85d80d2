"""How often a text was sent without an answer, how it ended, and whether its subscriber is to hear of that.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
UNTOLD = sa.text("untold")


def upgrade() -> None:
    op.add_column("mt_texts", sa.Column("attempts", sa.SmallInteger(), nullable=False, server_default="0"))
    op.add_column("mt_texts", sa.Column("due_at", UTC))
    op.add_column("mt_texts", sa.Column("ending", sa.String()))
    op.add_column("mt_texts", sa.Column("untold", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_mt_texts_untold", "mt_texts", ["mo_id"], postgresql_where=UNTOLD, sqlite_where=UNTOLD
    )
