"""Usage summaries: one a local day, with their pages; what a file for billing holds.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "cdr_files", sa.Column("content", sa.String(20), server_default=sa.text("'cdrs'"), nullable=False)
    )
    op.create_table(
        "summaries",
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("since", UTC, nullable=False),
        sa.Column("until", UTC, nullable=False),
        sa.Column("first", KEY, nullable=False),
        sa.Column("last", KEY, nullable=False),
        sa.Column("made_at", UTC, nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("pdf", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_summaries")),
    )
    op.create_table(
        "summary_pages",
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", "place", name=op.f("pk_summary_pages")),
    )
