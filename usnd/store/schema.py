"""The tables, as the newest migration leaves them: names, constraints, indexes.

The repositories build their statements of these; only migrations create anything. What the domain decides is
not decided again: that a nick and a group differ in name is left to it, since no constraint spans two tables
on both databases. Columns that keep a former name are in docs/glossary.md.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    false,
    literal_column,
)

from usnd.domain.conference.call import CallOutcome, CallState, Direction, Role
from usnd.domain.conference.model import ConferenceState, EndReason
from usnd.domain.dial_in.admission import PinKind
from usnd.domain.messaging.message import MtState
from usnd.domain.messaging.reassembly import PartsState
from usnd.domain.recording.files import RecordState
from usnd.store.core.columns import KEY, Utc, Written, one_of, row_id

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

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
    sqlite_autoincrement=True,
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

conferences = Table(
    "conferences",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=False),
    Column("subscriber_id", KEY, ForeignKey(subscribers.c.id), nullable=False),
    Column("subscriber_number", String, nullable=False),
    Column("state", one_of(ConferenceState, "state"), nullable=False),
    Column("launched_at", Utc, nullable=False),
    Column("away_until", Utc),
    Column("ended_at", Utc),
    Column("end_reason", one_of(EndReason, "end_reason")),
    Column("mo_id", KEY, ForeignKey(mo_texts.c.id, ondelete="SET NULL"), index=True),
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
    Column("conference_id", KEY, ForeignKey(conferences.c.id, ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("number", String, nullable=False),
    Column("name", Written, nullable=False),
    Column("role", one_of(Role, "role"), nullable=False),
    Column("direction", one_of(Direction, "direction"), nullable=False),
    Column("state", one_of(CallState, "state"), nullable=False),
    Column("planned_at", Utc, nullable=False),
    Column("answered_at", Utc),
    Column("joined_at", Utc),
    Column("ended_at", Utc),
    Column("cause", Integer),
    Column("outcome", one_of(CallOutcome, "outcome")),
    Column("told_to_end", Boolean, nullable=False),
    Column("leaving_since", Utc),
    Column("dnis", String, nullable=False),
    Column("muted", Boolean),
    Column("activation_pin", String, nullable=False, server_default=literal_column("''")),
    Column("asked", Boolean, nullable=False, server_default=false()),
    Column("recorded", Boolean, nullable=False, server_default=false()),
    Column("trunk", String, nullable=False, server_default=literal_column("''")),
    UniqueConstraint("conference_id", "position"),
)

# A launch that no text asked for: by whom, and by which key a repetition of it is known.
launch_requests = Table(
    "launch_requests",
    metadata,
    Column(
        "conference_id",
        KEY,
        ForeignKey(conferences.c.id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("subscriber_id", KEY, nullable=False),
    Column("requested_by", String, nullable=False),
    Column("request_key", String),
    Column("requested_at", Utc, nullable=False, index=True),
    Index("ix_launch_requests_subscriber_id", "subscriber_id", "request_key"),
)

# A recording outlives its conference and its subscriber, as a CDR does.
recordings = Table(
    "recordings",
    metadata,
    Column("conference_id", KEY, primary_key=True, autoincrement=False),
    Column("stretch", Integer, primary_key=True, autoincrement=False),
    Column("subscriber_id", KEY, nullable=False, index=True),
    Column("path", String, nullable=False),
    Column("state", one_of(RecordState, "state"), nullable=False),
    Column("ordered_at", Utc, nullable=False),
    Column("started_at", Utc),
    Column("stopped_at", Utc),
    Column("octets", BigInteger),
)

# A CDR outlives its conference, its call and its subscriber (REQUIREMENTS B3): it refers to none of them.
cdrs = Table(
    "cdrs",
    metadata,
    Column("sequence", KEY, primary_key=True, autoincrement=False),
    Column("call_id", String, nullable=False, unique=True),
    Column("subscriber_id", KEY, nullable=False),
    Column("conference_id", KEY, nullable=False, index=True),
    Column("role", one_of(Role, "role"), nullable=False),
    Column("direction", one_of(Direction, "direction"), nullable=False),
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
    Column("subscriber_id", KEY, primary_key=True, autoincrement=False),
    Column("month", String, primary_key=True),
    Column("seconds", BigInteger, nullable=False),
)

# Numbers without a gap, and never again: kept beside the rows, since retention removes those. The row is
# locked until the commit, so that the numbers stand in commit order whoever writes.
counters = Table(
    "counters",
    metadata,
    Column("name", String, primary_key=True),
    Column("last", KEY, nullable=False),
    CheckConstraint("name IN ('conference', 'cdr')", name="name"),
)

# The alarms that are raised, and the last of those that were.
alarms = Table(
    "alarms",
    metadata,
    row_id(),
    Column("name", String, nullable=False),  # domain/alarms/catalogue.py
    Column("object", String, nullable=False),
    Column("raised_at", Utc, nullable=False),
    Column("facts", Written, nullable=False),
    Column("cleared_at", Utc),
    sqlite_autoincrement=True,
)

# Which batch of a writer was committed last: see store/core/writer.py.
commit_mark = Table(
    "commit_mark",
    metadata,
    Column("writer", String, primary_key=True),
    Column("epoch", KEY, nullable=False),
    Column("number", KEY, nullable=False),
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
is_raised = alarms.c.cleared_at.is_(None)
Index(
    "uq_alarms_raised",
    alarms.c.name,
    alarms.c.object,
    unique=True,
    postgresql_where=is_raised,
    sqlite_where=is_raised,
)
is_untold = mt_texts.c.untold
Index("ix_mt_texts_untold", mt_texts.c.mo_id, postgresql_where=is_untold, sqlite_where=is_untold)
is_closed = recordings.c.state == literal_column("'closed'")
Index(
    "ix_recordings_closed",
    recordings.c.conference_id,
    recordings.c.stretch,
    postgresql_where=is_closed,
    sqlite_where=is_closed,
)
Index("ix_conferences_live", conferences.c.id, postgresql_where=is_live, sqlite_where=is_live)
