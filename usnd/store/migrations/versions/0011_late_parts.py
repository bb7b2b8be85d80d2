"""Late parts: whether the sender of a long text was told before that parts of it are missing.

Revision ID: 0011
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mo_part_texts", sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.false()))
