"""When the records of a CDR file were pseudonymised: it cannot be made again then.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cdr_files", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
