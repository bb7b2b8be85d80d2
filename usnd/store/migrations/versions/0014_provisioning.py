"""Provisioning: more attributes of a subscriber and their conferences, what changed, terminals, requests by their id, bulks.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EMPTY = sa.text("''")


def upgrade() -> None:
    op.add_column("subscribers", sa.Column("name", sa.Text(), server_default=EMPTY, nullable=False))
    op.add_column("subscribers", sa.Column("email", sa.Text(), server_default=EMPTY, nullable=False))
    op.add_column("subscribers", sa.Column("time_zone", sa.String(), server_default=EMPTY, nullable=False))
    op.add_column("subscribers", sa.Column("participants", sa.Integer()))
    op.add_column("subscribers", sa.Column("away", sa.Integer()))
    op.add_column("subscribers", sa.Column("call_backs", sa.SmallInteger()))
    op.add_column("subscribers", sa.Column("credential", sa.String()))
    op.add_column("subscribers", sa.Column("changed_at", UTC))
    op.create_index(op.f("ix_subscribers_changed_at"), "subscribers", ["changed_at", "id"])
    op.add_column("conferences", sa.Column("most_calls", sa.Integer()))
    op.add_column("conferences", sa.Column("away_seconds", sa.Integer()))
    op.add_column("conferences", sa.Column("most_call_backs", sa.SmallInteger()))
    _changes()
    _terminals()
    _requests()


def _changes() -> None:
    op.create_table(
        "subscriber_changes",
        sa.Column("id", KEY, sa.Identity(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_crm", sa.Boolean(), nullable=False),
        sa.Column("acknowledged_at", UTC),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_subscriber_changes_at"), "subscriber_changes", ["at"])
    op.create_index(op.f("ix_subscriber_changes_number"), "subscriber_changes", ["number"])
    op.create_index(
        "ix_subscriber_changes_to_poll",
        "subscriber_changes",
        ["id"],
        postgresql_where=sa.text("acknowledged_at IS NULL AND NOT by_crm"),
        sqlite_where=sa.text("acknowledged_at IS NULL AND NOT by_crm"),
    )


def _terminals() -> None:
    op.create_table(
        "terminals",
        sa.Column("id", KEY, sa.Identity(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("not_after", UTC, nullable=False),
        sa.Column("operations", sa.Text(), nullable=False),
        sa.Column("prefixes", sa.Text(), nullable=False),
        sa.Column("designated_at", UTC, nullable=False),
        sa.Column("designated_by", sa.String(), nullable=False),
        sa.Column("revoked_at", UTC),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminals")),
        sa.UniqueConstraint("serial", "issuer", name=op.f("uq_terminals_serial_issuer")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_terminals_name"), "terminals", ["name"])


def _requests() -> None:
    op.create_table(
        "provisioning_requests",
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("server_id", sa.String(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("client", "request_id", "row", name=op.f("pk_provisioning_requests")),
    )
    op.create_index(op.f("ix_provisioning_requests_at"), "provisioning_requests", ["at"])
    op.create_table(
        "provisioning_bulks",
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("server_id", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("started_at", UTC, nullable=False),
        sa.Column("finished_at", UTC),
        sa.PrimaryKeyConstraint("client", "request_id", name=op.f("pk_provisioning_bulks")),
    )
    op.create_index(op.f("ix_provisioning_bulks_started_at"), "provisioning_bulks", ["started_at"])
