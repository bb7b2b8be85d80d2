"""Instant conferences as a subscriber defines them, the subscriber's language, and texts beside calls.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "subscribers", sa.Column("language", sa.String(), server_default=sa.text("'en'"), nullable=False)
    )
    op.add_column(
        "subscribers", sa.Column("call_texts", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "instant_conferences",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("subscriber_id", KEY, nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 30", name=op.f("ck_instant_conferences_number")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_instant_conferences_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instant_conferences")),
        sa.UniqueConstraint(
            "subscriber_id", "number", name=op.f("uq_instant_conferences_subscriber_id_number")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "instant_conference_members",
        sa.Column("instant_conference_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", KEY),
        sa.Column("member_group_id", KEY),
        sa.Column("number", sa.String()),
        sa.CheckConstraint(
            "(user_id IS NOT NULL AND member_group_id IS NULL AND number IS NULL) OR (user_id IS NULL AND member_group_id IS NOT NULL AND number IS NULL) OR (user_id IS NULL AND member_group_id IS NULL AND number IS NOT NULL)",
            name=op.f("ck_instant_conference_members_exactly_one"),
        ),
        sa.ForeignKeyConstraint(
            ["instant_conference_id"],
            ["instant_conferences.id"],
            name=op.f("fk_instant_conference_members_instant_conference_id_instant_conferences"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_group_id"],
            ["groups.id"],
            name=op.f("fk_instant_conference_members_member_group_id_groups"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_instant_conference_members_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "instant_conference_id", "position", name=op.f("pk_instant_conference_members")
        ),
    )
    for column in ("member_group_id", "user_id"):
        op.create_index(
            op.f(f"ix_instant_conference_members_{column}"), "instant_conference_members", [column]
        )
