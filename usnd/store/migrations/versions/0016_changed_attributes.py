"""Changes of subscribers: which attributes were changed, by their names.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriber_changes", sa.Column("attributes", sa.String(), nullable=True))
