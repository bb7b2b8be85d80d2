"""What a dispute about a CDR asks: ringing, who released, which node, reconciled; interim records.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
EMPTY = sa.text("''")


def upgrade() -> None:
    op.add_column("calls", sa.Column("reconciled", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("cdrs", sa.Column("version", sa.SmallInteger(), server_default="1", nullable=False))
    op.add_column("cdrs", sa.Column("ringing", UTC))
    op.add_column("cdrs", sa.Column("released_by", sa.String(20), server_default=EMPTY, nullable=False))
    op.add_column("cdrs", sa.Column("reconciled", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("cdrs", sa.Column("node", sa.String(), server_default=EMPTY, nullable=False))
    op.add_column("cdrs", sa.Column("utc_offset", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("cdrs", sa.Column("interim_of", sa.String()))
    op.add_column("cdrs", sa.Column("part", sa.SmallInteger(), server_default="1", nullable=False))
    op.add_column("cdrs", sa.Column("charged_from", UTC))
    is_interim = sa.text("interim_of IS NOT NULL")
    op.create_index(
        op.f("ix_cdrs_interim_of"),
        "cdrs",
        ["interim_of"],
        postgresql_where=is_interim,
        sqlite_where=is_interim,
    )
    op.create_table(
        "calls_seen",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls_seen")),
    )
