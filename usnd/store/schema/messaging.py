"""Texts that came and that go, their parts and receipts."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    false,
    literal_column,
)

from usnd.domain.messaging.message import MtState
from usnd.domain.messaging.reassembly import PartsState
from usnd.store.core.columns import KEY, Utc, Written, one_of, row_id
from usnd.store.schema.metadata import metadata

mo_texts = Table(
    "mo_texts",
    metadata,
    row_id(),
    Column("smsc", String, nullable=False),
    Column("session", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("body", Written, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("redelivered_over", String),  # sessions, with spaces between
    Index(None, "fingerprint", "received_at"),
    Index(None, "sender", "id"),
    sqlite_autoincrement=True,
)

mt_texts = Table(
    "mt_texts",
    metadata,
    row_id(),
    Column("mo_id", KEY, ForeignKey(mo_texts.c.id, ondelete="SET NULL"), index=True),
    Column("smsc", String, nullable=False),
    Column("session", String),
    Column("sender", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("body", Written, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("state", one_of(MtState, "state"), nullable=False),
    Column("queued_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("settled_at", Utc),
    Column("smsc_message_id", String),
    Column("error", Written),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("due_at", Utc),
    Column("ending", String),  # how a text ended that was not sent: domain/messaging/sending.py
    Column("untold", Boolean, nullable=False, server_default=false()),  # its subscriber is to hear of that
    CheckConstraint("priority IN (0, 1)", name="priority"),
    CheckConstraint("(state = 'queued') = (settled_at IS NULL)", name="settled"),
    Index(None, "recipient", "id"),
    sqlite_autoincrement=True,
)

# A receipt that is still to come: one a segment, until it says the last word.
mt_receipts = Table(
    "mt_receipts",
    metadata,
    row_id(),
    Column("text_id", KEY, ForeignKey(mt_texts.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("message_key", String, nullable=False, index=True),
    Column("asked_at", Utc, nullable=False, index=True),
    sqlite_autoincrement=True,
)

# A long text that comes in parts: kept until it is whole or given up, then for a while against repetition.
mo_part_texts = Table(
    "mo_part_texts",
    metadata,
    row_id(),
    Column("smsc", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("reference", Integer, nullable=False),
    Column("total", SmallInteger, nullable=False),
    Column("state", one_of(PartsState, "state"), nullable=False),
    Column("begun_at", Utc, nullable=False),
    Column("told", Boolean, nullable=False, server_default=false()),  # of what is missing
    Index(None, "sender", "recipient", "reference"),
    sqlite_autoincrement=True,
)

mo_parts = Table(
    "mo_parts",
    metadata,
    Column("text_id", KEY, ForeignKey(mo_part_texts.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("session", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("octets", LargeBinary, nullable=False),
    Column("alphabet", String, nullable=False),
)

# Written out, not bound: a database uses a partial index only where it can read its condition in the query.
is_queued = mt_texts.c.state == literal_column("'queued'")
is_gathering = mo_part_texts.c.state == literal_column("'gathering'")
Index(
    "ix_mt_texts_queued",
    mt_texts.c.smsc,
    mt_texts.c.priority,
    mt_texts.c.id,
    postgresql_where=is_queued,
    sqlite_where=is_queued,
)
Index(
    "ix_mo_part_texts_gathering",
    mo_part_texts.c.begun_at,
    postgresql_where=is_gathering,
    sqlite_where=is_gathering,
)
is_untold = mt_texts.c.untold
Index("ix_mt_texts_untold", mt_texts.c.mo_id, postgresql_where=is_untold, sqlite_where=is_untold)
