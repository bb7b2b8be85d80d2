"""Subscribers, directories, texts, conferences, calls, CDRs, and the marks of the writer.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC = sa.DateTime(timezone=True)
LIVE = sa.text("state != 'ended'")
QUEUED = sa.text("state = 'queued'")


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def upgrade() -> None:
    op.create_table(
        "cdrs",
        sa.Column("sequence", KEY, autoincrement=False, nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("subscriber_id", KEY, nullable=False),
        sa.Column("conference_id", KEY, nullable=False),
        sa.Column("role", one_of("role", "subscriber", "participant"), nullable=False),
        sa.Column("direction", one_of("direction", "out", "in"), nullable=False),
        sa.Column("cli", sa.String(), nullable=False),
        sa.Column("dnis", sa.String(), nullable=False),
        sa.Column("start", UTC, nullable=False),
        sa.Column("answer", UTC),
        sa.Column("stop", UTC, nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("cause", sa.Integer()),
        sa.Column("recorded", sa.Boolean(), nullable=False),
        sa.Column("activation_pin", sa.String(), nullable=False),
        sa.Column("trunk", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_cdrs")),
        sa.UniqueConstraint("call_id", name=op.f("uq_cdrs_call_id")),
    )
    op.create_index(op.f("ix_cdrs_conference_id"), "cdrs", ["conference_id"])
    op.create_table(
        "commit_mark",
        sa.Column("writer", sa.String(), nullable=False),
        sa.Column("epoch", KEY, nullable=False),
        sa.Column("number", KEY, nullable=False),
        sa.PrimaryKeyConstraint("writer", name=op.f("pk_commit_mark")),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last", KEY, nullable=False),
        sa.CheckConstraint("name IN ('conference', 'cdr')", name=op.f("ck_counters_name")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "mo_texts",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("smsc", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("received_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mo_texts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_mo_texts_fingerprint_received_at"), "mo_texts", ["fingerprint", "received_at"])
    op.create_table(
        "subscribers",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("suspended", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("number", name=op.f("uq_subscribers_number")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "conferences",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("subscriber_id", KEY, nullable=False),
        sa.Column("subscriber_number", sa.String(), nullable=False),
        sa.Column(
            "state", one_of("state", "gathering", "running", "away", "ending", "ended"), nullable=False
        ),
        sa.Column("launched_at", UTC, nullable=False),
        sa.Column("away_until", UTC),
        sa.Column("ended_at", UTC),
        sa.Column(
            "end_reason", one_of("end_reason", "subscriber-away", "told", "no-credit", "empty", "voice-lost")
        ),
        sa.Column("mo_id", KEY),
        sa.ForeignKeyConstraint(
            ["mo_id"], ["mo_texts.id"], name=op.f("fk_conferences_mo_id_mo_texts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_conferences_subscriber_id_subscribers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conferences")),
    )
    op.create_index("ix_conferences_live", "conferences", ["id"], postgresql_where=LIVE, sqlite_where=LIVE)
    op.create_index(op.f("ix_conferences_mo_id"), "conferences", ["mo_id"])
    op.create_index(op.f("ix_conferences_subscriber_id"), "conferences", ["subscriber_id"])
    op.create_table(
        "groups",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("subscriber_id", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_groups_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sa.UniqueConstraint("subscriber_id", "name_key", name=op.f("uq_groups_subscriber_id_name_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "mt_texts",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("mo_id", KEY),
        sa.Column("smsc", sa.String(), nullable=False),
        sa.Column("session", sa.String()),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("state", one_of("state", "queued", "sent", "rejected", "expired"), nullable=False),
        sa.Column("queued_at", UTC, nullable=False),
        sa.Column("expires_at", UTC, nullable=False),
        sa.Column("settled_at", UTC),
        sa.Column("smsc_message_id", sa.String()),
        sa.Column("error", sa.Text()),
        sa.CheckConstraint("(state = 'queued') = (settled_at IS NULL)", name=op.f("ck_mt_texts_settled")),
        sa.CheckConstraint("priority IN (0, 1)", name=op.f("ck_mt_texts_priority")),
        sa.ForeignKeyConstraint(
            ["mo_id"], ["mo_texts.id"], name=op.f("fk_mt_texts_mo_id_mo_texts"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mt_texts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_mt_texts_mo_id"), "mt_texts", ["mo_id"])
    op.create_index(
        "ix_mt_texts_queued", "mt_texts", ["priority", "id"], postgresql_where=QUEUED, sqlite_where=QUEUED
    )
    op.create_table(
        "users",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("subscriber_id", KEY, nullable=False),
        sa.Column("nick", sa.String(), nullable=False),
        sa.Column("nick_key", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("last", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_users_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("subscriber_id", "nick_key", name=op.f("uq_users_subscriber_id_nick_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conference_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", one_of("role", "subscriber", "participant"), nullable=False),
        sa.Column("direction", one_of("direction", "out", "in"), nullable=False),
        sa.Column(
            "state",
            one_of("state", "planned", "dialling", "ringing", "answered", "joined", "leaving", "ended"),
            nullable=False,
        ),
        sa.Column("planned_at", UTC, nullable=False),
        sa.Column("answered_at", UTC),
        sa.Column("joined_at", UTC),
        sa.Column("ended_at", UTC),
        sa.Column("cause", sa.Integer()),
        sa.Column(
            "outcome",
            one_of(
                "outcome",
                "completed",
                "busy",
                "no-answer",
                "rejected",
                "unreachable",
                "no-credit",
                "failed",
                "cancelled",
                "voice-lost",
                "unknown",
            ),
        ),
        sa.Column("told_to_end", sa.Boolean(), nullable=False),
        sa.Column("leaving_since", UTC),
        sa.Column("dnis", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conference_id"],
            ["conferences.id"],
            name=op.f("fk_calls_conference_id_conferences"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("conference_id", "position", name=op.f("uq_calls_conference_id_position")),
    )
    op.create_table(
        "group_members",
        sa.Column("group_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", KEY),
        sa.Column("member_group_id", KEY),
        sa.Column("number", sa.String()),
        sa.CheckConstraint(
            "(user_id IS NOT NULL AND member_group_id IS NULL AND number IS NULL) OR (user_id IS NULL AND member_group_id IS NOT NULL AND number IS NULL) OR (user_id IS NULL AND member_group_id IS NULL AND number IS NOT NULL)",
            name=op.f("ck_group_members_exactly_one"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_group_members_group_id_groups"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_group_id"],
            ["groups.id"],
            name=op.f("fk_group_members_member_group_id_groups"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_group_members_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "position", name=op.f("pk_group_members")),
    )
    op.create_index(op.f("ix_group_members_member_group_id"), "group_members", ["member_group_id"])
    op.create_index(op.f("ix_group_members_user_id"), "group_members", ["user_id"])
    counters = sa.table("counters", sa.column("name", sa.String()), sa.column("last", sa.BigInteger()))
    op.bulk_insert(counters, [{"name": "conference", "last": 0}, {"name": "cdr", "last": 0}])
