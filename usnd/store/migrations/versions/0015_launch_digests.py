"""Launch requests: a digest of what was asked for, so that a key used for something else is noticed.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("launch_requests", sa.Column("digest", sa.String(), nullable=True))
