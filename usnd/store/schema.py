"""The tables, as the newest migration leaves them, and how values cross into them.

Owns names, constraints, indexes and column types. Refuses to create anything: migrations do. Enums are kept
as their value, times as UTC. What the domain decides is not decided again: that a nick and a group differ in
name is left to it, since no constraint spans two tables on both databases.
"""

from datetime import UTC, datetime
from enum import Enum as PythonEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal_column,
)
from sqlalchemy.types import TypeDecorator

from usnd.domain.calls import CallState, Direction, Outcome, Role
from usnd.domain.conference import ConferenceState, EndReason
from usnd.domain.messages import MtState
from usnd.domain.reassembly import PartsState
from usnd.domain.ways_in import PinKind

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """An aware time, in UTC on the way in and out: SQLite keeps no zone. Refuses naive times (ValueError)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's signature
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"a time without a zone cannot be stored: {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's signature
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Written(TypeDecorator[str]):
    """Text that people wrote. What no database holds, NUL and lone surrogates, becomes U+FFFD.

    One such text from a handset must not be refused for ever and delivered again for ever.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        if value is None:
            return None
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _one_of(kind: type[PythonEnum], name: str) -> Enum:
    """The value of an enum, checked; wider than its longest value, so that a new one needs no new column."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


def _id() -> Column[int]:
    """A key the database gives, never again after a deletion."""
    return Column("id", _key, Identity(), primary_key=True)


# SQLite numbers rows by itself only in a column of exactly this type.
_key = BigInteger().with_variant(Integer, "sqlite")

subscribers = Table(
    "subscribers",
    metadata,
    _id(),
    Column("number", String, nullable=False, unique=True),
    Column("suspended", Boolean, nullable=False, server_default=false()),
    Column("created_at", Utc, nullable=False),
    Column("language", String, nullable=False, server_default=literal_column("'en'")),
    Column("call_texts", Boolean, nullable=False, server_default=false()),
    Column("press_one", Boolean, nullable=False, server_default=false()),
    Column("minutes", Integer),
    sqlite_autoincrement=True,
)

users = Table(
    "users",
    metadata,
    _id(),
    Column("subscriber_id", _key, ForeignKey(subscribers.c.id, ondelete="CASCADE"), nullable=False),
    Column("nick", String, nullable=False),
    Column("nick_key", String, nullable=False),
    Column("number", String, nullable=False),
    Column("first", Written, nullable=False),
    Column("last", Written, nullable=False),
    UniqueConstraint("subscriber_id", "nick_key"),
    sqlite_autoincrement=True,
)

groups = Table(
    "groups",
    metadata,
    _id(),
    Column("subscriber_id", _key, ForeignKey(subscribers.c.id, ondelete="CASCADE"), nullable=False),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False),
    UniqueConstraint("subscriber_id", "name_key"),
    sqlite_autoincrement=True,
)

instant_conferences = Table(
    "instant_conferences",
    metadata,
    _id(),
    Column("subscriber_id", _key, ForeignKey(subscribers.c.id, ondelete="CASCADE"), nullable=False),
    Column("number", SmallInteger, nullable=False),
    UniqueConstraint("subscriber_id", "number"),
    CheckConstraint("number BETWEEN 1 AND 30", name="number"),
    sqlite_autoincrement=True,
)


# Digits are unique in the system: they are all that a caller types.
pins = Table(
    "pins",
    metadata,
    Column("digits", String, primary_key=True),
    Column("kind", _one_of(PinKind, "kind"), nullable=False),
    Column("subscriber_id", _key, ForeignKey(subscribers.c.id, ondelete="CASCADE"), nullable=False),
    Column("instant", SmallInteger, nullable=False),
    UniqueConstraint("subscriber_id", "instant", "kind"),
)


def _members(table: str, holder: str, holder_id: Column[int]) -> Table:
    """Who is in a group or a conference, in the order written: each a user, a group or a bare number."""
    return Table(
        table,
        metadata,
        Column(holder, _key, ForeignKey(holder_id, ondelete="CASCADE"), primary_key=True),
        Column("position", Integer, primary_key=True, autoincrement=False),
        Column("user_id", _key, ForeignKey(users.c.id, ondelete="CASCADE"), index=True),
        Column("member_group_id", _key, ForeignKey(groups.c.id, ondelete="CASCADE"), index=True),
        Column("number", String),
        CheckConstraint(
            "(user_id IS NOT NULL AND member_group_id IS NULL AND number IS NULL)"
            " OR (user_id IS NULL AND member_group_id IS NOT NULL AND number IS NULL)"
            " OR (user_id IS NULL AND member_group_id IS NULL AND number IS NOT NULL)",
            name="exactly_one",
        ),
    )


group_members = _members("group_members", "group_id", groups.c.id)
instant_conference_members = _members(
    "instant_conference_members", "instant_conference_id", instant_conferences.c.id
)

mo_texts = Table(
    "mo_texts",
    metadata,
    _id(),
    Column("smsc", String, nullable=False),
    Column("session", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("body", Written, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("received_at", Utc, nullable=False),
    Index(None, "fingerprint", "received_at"),
    sqlite_autoincrement=True,
)

mt_texts = Table(
    "mt_texts",
    metadata,
    _id(),
    Column("mo_id", _key, ForeignKey(mo_texts.c.id, ondelete="SET NULL"), index=True),
    Column("smsc", String, nullable=False),
    Column("session", String),
    Column("sender", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("body", Written, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("state", _one_of(MtState, "state"), nullable=False),
    Column("queued_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("settled_at", Utc),
    Column("smsc_message_id", String),
    Column("error", Written),
    CheckConstraint("priority IN (0, 1)", name="priority"),
    CheckConstraint("(state = 'queued') = (settled_at IS NULL)", name="settled"),
    sqlite_autoincrement=True,
)

# A receipt that is still to come: one a segment, until it says the last word.
mt_receipts = Table(
    "mt_receipts",
    metadata,
    _id(),
    Column("text_id", _key, ForeignKey(mt_texts.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("message_key", String, nullable=False, index=True),
    Column("asked_at", Utc, nullable=False, index=True),
    sqlite_autoincrement=True,
)

# A long text that comes in parts: kept until it is whole or given up, then for a while against repetition.
mo_part_texts = Table(
    "mo_part_texts",
    metadata,
    _id(),
    Column("smsc", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("reference", Integer, nullable=False),
    Column("total", SmallInteger, nullable=False),
    Column("state", _one_of(PartsState, "state"), nullable=False),
    Column("begun_at", Utc, nullable=False),
    Index(None, "sender", "recipient", "reference"),
    sqlite_autoincrement=True,
)

mo_parts = Table(
    "mo_parts",
    metadata,
    Column("text_id", _key, ForeignKey(mo_part_texts.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("session", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("octets", LargeBinary, nullable=False),
    Column("alphabet", String, nullable=False),
)

conferences = Table(
    "conferences",
    metadata,
    Column("id", _key, primary_key=True, autoincrement=False),
    Column("subscriber_id", _key, ForeignKey(subscribers.c.id), nullable=False),
    Column("subscriber_number", String, nullable=False),
    Column("state", _one_of(ConferenceState, "state"), nullable=False),
    Column("launched_at", Utc, nullable=False),
    Column("away_until", Utc),
    Column("ended_at", Utc),
    Column("end_reason", _one_of(EndReason, "end_reason")),
    Column("mo_id", _key, ForeignKey(mo_texts.c.id, ondelete="SET NULL"), index=True),
    Column("call_backs", Integer, nullable=False, server_default="0"),
    Column("call_back_at", Utc),
    Column("instant", SmallInteger),
    Column("muted", Boolean),
    Column("locked", Boolean, nullable=False, server_default=false()),
    Column("press_one", Boolean, nullable=False, server_default=false()),
    Column("talk_seconds", Integer),
    Index(None, "subscriber_id"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", String, primary_key=True),
    Column("conference_id", _key, ForeignKey(conferences.c.id, ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("number", String, nullable=False),
    Column("name", Written, nullable=False),
    Column("role", _one_of(Role, "role"), nullable=False),
    Column("direction", _one_of(Direction, "direction"), nullable=False),
    Column("state", _one_of(CallState, "state"), nullable=False),
    Column("planned_at", Utc, nullable=False),
    Column("answered_at", Utc),
    Column("joined_at", Utc),
    Column("ended_at", Utc),
    Column("cause", Integer),
    Column("outcome", _one_of(Outcome, "outcome")),
    Column("told_to_end", Boolean, nullable=False),
    Column("leaving_since", Utc),
    Column("dnis", String, nullable=False),
    Column("muted", Boolean),
    Column("activation_pin", String, nullable=False, server_default=literal_column("''")),
    Column("asked", Boolean, nullable=False, server_default=false()),
    Column("trunk", String, nullable=False, server_default=literal_column("''")),
    UniqueConstraint("conference_id", "position"),
)

# A CDR outlives its conference, its call and its subscriber (REQUIREMENTS B3): it refers to none of them.
cdrs = Table(
    "cdrs",
    metadata,
    Column("sequence", _key, primary_key=True, autoincrement=False),
    Column("call_id", String, nullable=False, unique=True),
    Column("subscriber_id", _key, nullable=False),
    Column("conference_id", _key, nullable=False, index=True),
    Column("role", _one_of(Role, "role"), nullable=False),
    Column("direction", _one_of(Direction, "direction"), nullable=False),
    Column("cli", String, nullable=False),
    Column("dnis", String, nullable=False),
    Column("start", Utc, nullable=False),
    Column("answer", Utc),
    Column("stop", Utc, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("cause", Integer),
    Column("recorded", Boolean, nullable=False),
    Column("activation_pin", String, nullable=False),
    Column("trunk", String, nullable=False),
)

# What the calls of each subscriber talked in each month (UTC); outlives the subscriber, as CDRs do.
usage = Table(
    "usage",
    metadata,
    Column("subscriber_id", _key, primary_key=True, autoincrement=False),
    Column("month", String, primary_key=True),
    Column("seconds", BigInteger, nullable=False),
)

# Numbers without a gap, and never again: kept beside the rows, since retention removes those. The row is
# locked until the commit, so that the numbers stand in commit order whoever writes.
counters = Table(
    "counters",
    metadata,
    Column("name", String, primary_key=True),
    Column("last", _key, nullable=False),
    CheckConstraint("name IN ('conference', 'cdr')", name="name"),
)

# Which batch of a writer was committed last: see writer.py.
commit_mark = Table(
    "commit_mark",
    metadata,
    Column("writer", String, primary_key=True),
    Column("epoch", _key, nullable=False),
    Column("number", _key, nullable=False),
)

# Written out, not bound: a database uses a partial index only where it can read its condition in the query.
is_queued = mt_texts.c.state == literal_column("'queued'")
is_gathering = mo_part_texts.c.state == literal_column("'gathering'")
is_live = conferences.c.state != literal_column("'ended'")
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
Index("ix_conferences_live", conferences.c.id, postgresql_where=is_live, sqlite_where=is_live)
