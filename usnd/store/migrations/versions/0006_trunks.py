"""The trunk of each call, calls that went on over another trunk, minutes of a month.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REASONS = ("subscriber-away", "told", "no-credit", "empty", "time-limit", "voice-lost", "no-minutes")
OUTCOMES = (
    "completed",
    "not-accepted",
    "busy",
    "no-answer",
    "rejected",
    "unreachable",
    "no-credit",
    "congested",
    "overflowed",
    "failed",
    "cancelled",
    "voice-lost",
    "unknown",
)


def upgrade() -> None:
    _widen("conferences", "end_reason", REASONS)
    _widen("calls", "outcome", OUTCOMES)
    op.add_column("calls", sa.Column("trunk", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("conferences", sa.Column("talk_seconds", sa.Integer()))
    op.add_column("subscribers", sa.Column("minutes", sa.Integer()))
    op.create_table(
        "usage",
        sa.Column("subscriber_id", KEY, autoincrement=False, nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subscriber_id", "month", name=op.f("pk_usage")),
    )


def _widen(table: str, column: str, values: tuple[str, ...]) -> None:
    """Allow more values of an enum.

    SQLite cannot change a constraint, and a new table in place of the old one would take the calls of its
    conferences with it (ON DELETE CASCADE): the text of the one constraint is exchanged in the schema
    itself, as https://sqlite.org/lang_altertable.html ("ALTER CONSTRAINT") describes.
    """
    name = f"ck_{table}_{column}"
    condition = f"{column} IN ({', '.join(repr(value) for value in values)})"
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(name), table, type_="check")
        op.create_check_constraint(op.f(name), table, condition)
        return
    execute = op.get_bind().exec_driver_sql
    old = execute("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)).scalar_one()
    start = old.index(f"CONSTRAINT {name} CHECK (")
    end = old.index("))", start) + 2
    new = f"{old[:start]}CONSTRAINT {name} CHECK ({condition}){old[end:]}"
    version = execute("PRAGMA schema_version").scalar_one()
    execute("PRAGMA writable_schema = ON")
    execute("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", (new, table))
    execute(f"PRAGMA schema_version = {version + 1}")
    execute("PRAGMA writable_schema = RESET")
