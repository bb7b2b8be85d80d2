"""Which address of ours a CDR file says, if its format has a place for one: the row alone makes the file.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "cdr_files", sa.Column("node_address", sa.String(45), server_default=sa.text("''"), nullable=False)
    )
