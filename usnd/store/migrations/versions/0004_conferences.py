"""Call-backs of a dropped subscriber; what the keys of a handset change; press 1 to join; PINs.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC = sa.DateTime(timezone=True)
STATES = ("gathering", "running", "recalling", "away", "ending", "ended")
REASONS = ("subscriber-away", "told", "no-credit", "empty", "time-limit", "voice-lost")
OUTCOMES = (
    "completed",
    "not-accepted",
    "busy",
    "no-answer",
    "rejected",
    "unreachable",
    "no-credit",
    "failed",
    "cancelled",
    "voice-lost",
    "unknown",
)


def upgrade() -> None:
    _widen("conferences", "state", STATES)
    _widen("conferences", "end_reason", REASONS)
    op.add_column("conferences", sa.Column("call_backs", sa.Integer(), server_default="0", nullable=False))
    op.add_column("conferences", sa.Column("call_back_at", UTC))
    op.add_column("conferences", sa.Column("muted", sa.Boolean()))
    op.add_column("conferences", sa.Column("locked", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("calls", sa.Column("muted", sa.Boolean()))
    _widen("calls", "outcome", OUTCOMES)
    for table, column in (("conferences", "press_one"), ("subscribers", "press_one"), ("calls", "asked")):
        op.add_column(table, sa.Column(column, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("conferences", sa.Column("instant", sa.SmallInteger()))
    op.add_column(
        "calls", sa.Column("activation_pin", sa.String(), server_default=sa.text("''"), nullable=False)
    )
    op.create_table(
        "pins",
        sa.Column("digits", sa.String(), nullable=False),
        sa.Column("kind", _one_of("kind", "activation", "user"), nullable=False),
        sa.Column("subscriber_id", KEY, nullable=False),
        sa.Column("instant", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_pins_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digits", name=op.f("pk_pins")),
        sa.UniqueConstraint(
            "subscriber_id", "instant", "kind", name=op.f("uq_pins_subscriber_id_instant_kind")
        ),
    )


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


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
