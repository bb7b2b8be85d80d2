"""The portal: sessions, chosen passwords, codes, counters of tries, audit.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "portal_sessions",
        sa.Column("token_digest", sa.String(), nullable=False),
        sa.Column("subscriber_id", KEY, nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("began_at", UTC, nullable=False),
        sa.Column("seen_at", UTC, nullable=False),
        sa.Column("ends_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_portal_sessions_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_portal_sessions")),
    )
    op.create_index(op.f("ix_portal_sessions_subscriber_id"), "portal_sessions", ["subscriber_id"])
    op.create_index(op.f("ix_portal_sessions_ends_at"), "portal_sessions", ["ends_at"])
    op.create_table(
        "portal_passwords",
        sa.Column("subscriber_id", KEY, autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("chosen_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_portal_passwords_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_portal_passwords")),
    )
    _tries()


def _tries() -> None:
    op.create_table(
        "portal_codes",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("expires_at", UTC, nullable=False),
        sa.Column("text_id", KEY),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_portal_codes")),
    )
    op.create_index(op.f("ix_portal_codes_expires_at"), "portal_codes", ["expires_at"])
    op.create_table(
        "portal_counters",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("whose", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", UTC, nullable=False),
        sa.Column("closed_until", UTC),
        sa.Column("lapses_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("kind", "whose", name=op.f("pk_portal_counters")),
    )
    op.create_index(op.f("ix_portal_counters_lapses_at"), "portal_counters", ["lapses_at"])
    op.create_table(
        "portal_audit",
        sa.Column("id", KEY, sa.Identity(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_portal_audit_at"), "portal_audit", ["at"])
    op.create_index(op.f("ix_portal_audit_number"), "portal_audit", ["number"])
