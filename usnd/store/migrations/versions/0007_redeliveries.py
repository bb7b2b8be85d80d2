"""Over which binds an SMSC delivered a text again.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mo_texts", sa.Column("redelivered_over", sa.String()))
