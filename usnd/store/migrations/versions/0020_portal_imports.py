"""Imports of contacts in the portal, page by page.

Revision ID: 0020
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "portal_imports",
        sa.Column("id", KEY, sa.Identity(), nullable=False),
        sa.Column("subscriber_id", KEY, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("kinds", sa.String(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_portal_imports_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_imports")),
        sa.UniqueConstraint("subscriber_id", name=op.f("uq_portal_imports_subscriber_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_portal_imports_state"), "portal_imports", ["state"])
    op.create_index(op.f("ix_portal_imports_changed_at"), "portal_imports", ["changed_at"])
    op.create_table(
        "portal_import_pages",
        sa.Column("import_id", KEY, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("left_out", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("not_done", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["portal_imports.id"],
            name=op.f("fk_portal_import_pages_import_id_portal_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "place", name=op.f("pk_portal_import_pages")),
    )
