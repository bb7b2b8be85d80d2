"""The files in which CDRs go to billing, each destination's own, and how far each has come.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "cdr_files",
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("number", KEY, autoincrement=False, nullable=False),
        sa.Column("since", UTC, nullable=False),
        sa.Column("until", UTC, nullable=False),
        sa.Column("first", KEY, nullable=False),
        sa.Column("last", KEY, nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("closed_at", UTC, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.Column("octets", KEY),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", UTC),
        sa.Column("trouble", sa.String(20)),
        sa.Column("said", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("confirmed_at", UTC),
        sa.PrimaryKeyConstraint("destination", "number", name=op.f("pk_cdr_files")),
    )
    is_open = sa.text("state <> 'confirmed'")
    op.create_index(
        op.f("ix_cdr_files_open"),
        "cdr_files",
        ["destination", "number"],
        postgresql_where=is_open,
        sqlite_where=is_open,
    )
    op.create_index(op.f("ix_cdr_files_last"), "cdr_files", ["last"])
