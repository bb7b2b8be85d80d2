"""Subscribers, what happened to them, and what they have: address book, instant conferences, PINs."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    false,
    literal_column,
)

from usnd.domain.dial_in.admission import PinKind
from usnd.store.core.columns import KEY, Utc, Written, one_of, row_id
from usnd.store.schema.metadata import metadata

subscribers = Table(
    "subscribers",
    metadata,
    row_id(),
    Column("number", String, nullable=False, unique=True),
    Column("suspended", Boolean, nullable=False, server_default=false()),
    Column("created_at", Utc, nullable=False),
    Column("language", String, nullable=False, server_default=literal_column("'en'")),
    Column("call_texts", Boolean, nullable=False, server_default=false()),
    Column("press_one", Boolean, nullable=False, server_default=false()),
    Column("minutes", Integer),
    Column("name", Written, nullable=False, server_default=literal_column("''")),
    Column("email", Written, nullable=False, server_default=literal_column("''")),
    Column("time_zone", String, nullable=False, server_default=literal_column("''")),
    Column("participants", Integer),
    Column("away", Integer),
    Column("call_backs", SmallInteger),
    Column("credential", String),
    Column("changed_at", Utc),
    Index("ix_subscribers_changed_at", "changed_at", "id"),
    sqlite_autoincrement=True,
)

subscriber_changes = Table(
    "subscriber_changes",
    metadata,
    row_id(),
    Column("at", Utc, nullable=False, index=True),
    Column("number", String, nullable=False, index=True),
    Column("what", String, nullable=False),
    Column("by", String, nullable=False),
    Column("by_crm", Boolean, nullable=False),
    Column("acknowledged_at", Utc),
    Column("attributes", String),
    sqlite_autoincrement=True,
)
# In the words of the index: SQLAlchemy would write `by_crm = 0` for SQLite, which the index does not answer.
to_poll = subscriber_changes.c.acknowledged_at.is_(None) & literal_column("NOT subscriber_changes.by_crm")
Index(
    "ix_subscriber_changes_to_poll",
    subscriber_changes.c.id,
    postgresql_where=to_poll,
    sqlite_where=to_poll,
)

users = Table(
    "users",
    metadata,
    row_id(),
    Column("subscriber_id", KEY, ForeignKey(subscribers.c.id, ondelete="CASCADE"), nullable=False),
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
    row_id(),
    Column("subscriber_id", KEY, ForeignKey(subscribers.c.id, ondelete="CASCADE"), nullable=False),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False),
    UniqueConstraint("subscriber_id", "name_key"),
    sqlite_autoincrement=True,
)

instant_conferences = Table(
    "instant_conferences",
    metadata,
    row_id(),
    Column("subscriber_id", KEY, ForeignKey(subscribers.c.id, ondelete="CASCADE"), nullable=False),
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
    Column("kind", one_of(PinKind, "kind"), nullable=False),
    Column("subscriber_id", KEY, ForeignKey(subscribers.c.id, ondelete="CASCADE"), nullable=False),
    Column("instant", SmallInteger, nullable=False),
    UniqueConstraint("subscriber_id", "instant", "kind"),
)


def _members(table: str, holder: str, holder_id: Column[int]) -> Table:
    """Who is in a group or a conference, in the order written: each a user, a group or a bare number."""
    return Table(
        table,
        metadata,
        Column(holder, KEY, ForeignKey(holder_id, ondelete="CASCADE"), primary_key=True),
        Column("position", Integer, primary_key=True, autoincrement=False),
        Column("user_id", KEY, ForeignKey(users.c.id, ondelete="CASCADE"), index=True),
        Column("member_group_id", KEY, ForeignKey(groups.c.id, ondelete="CASCADE"), index=True),
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
