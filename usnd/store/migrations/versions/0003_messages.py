"""The queue of each bind is read by itself; long texts come in parts.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC = sa.DateTime(timezone=True)
QUEUED = sa.text("state = 'queued'")
GATHERING = sa.text("state = 'gathering'")


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def upgrade() -> None:
    op.drop_index("ix_mt_texts_queued", "mt_texts")
    op.create_index(
        "ix_mt_texts_queued",
        "mt_texts",
        ["smsc", "priority", "id"],
        postgresql_where=QUEUED,
        sqlite_where=QUEUED,
    )
    op.create_table(
        "mo_part_texts",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("smsc", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("reference", sa.Integer(), nullable=False),
        sa.Column("total", sa.SmallInteger(), nullable=False),
        sa.Column("state", one_of("state", "gathering", "whole", "incomplete"), nullable=False),
        sa.Column("begun_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mo_part_texts")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_mo_part_texts_sender_recipient_reference"), "mo_part_texts", ["sender", "recipient", "reference"]
    )
    op.create_index(
        "ix_mo_part_texts_gathering",
        "mo_part_texts",
        ["begun_at"],
        postgresql_where=GATHERING,
        sqlite_where=GATHERING,
    )
    op.create_table(
        "mo_parts",
        sa.Column("text_id", KEY, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("alphabet", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["text_id"],
            ["mo_part_texts.id"],
            name=op.f("fk_mo_parts_text_id_mo_part_texts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("text_id", "number", name=op.f("pk_mo_parts")),
    )
    op.create_table(
        "mt_receipts",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("text_id", KEY, nullable=False),
        sa.Column("message_key", sa.String(), nullable=False),
        sa.Column("asked_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["text_id"], ["mt_texts.id"], name=op.f("fk_mt_receipts_text_id_mt_texts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mt_receipts")),
        sqlite_autoincrement=True,
    )
    for column in ("text_id", "message_key", "asked_at"):
        op.create_index(op.f(f"ix_mt_receipts_{column}"), "mt_receipts", [column])
    states = ("queued", "sent", "rejected", "expired", "delivered", "undelivered")
    listed = ", ".join(f"'{state}'" for state in states)
    with op.batch_alter_table("mt_texts") as table:
        table.drop_constraint(op.f("ck_mt_texts_state"), type_="check")
        table.create_check_constraint(op.f("ck_mt_texts_state"), f"state IN ({listed})")
