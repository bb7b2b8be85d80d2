"""Conferences with their calls, and what outlives them: recordings, CDRs, use."""

from sqlalchemy import (
    BigInteger,
    Boolean,
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

from usnd.domain.conference.call import CallOutcome, CallState, Direction, Role
from usnd.domain.conference.model import ConferenceState, EndReason, LaunchedBy
from usnd.domain.recording.files import RecordState
from usnd.store.core.columns import KEY, Known, Utc, Written, one_of
from usnd.store.schema.messaging import mo_texts
from usnd.store.schema.metadata import metadata
from usnd.store.schema.subscribers import subscribers

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
    Column("most_calls", Integer),
    Column("away_seconds", Integer),
    Column("most_call_backs", SmallInteger),
    Column("launched_by", Known(LaunchedBy)),
    Index(None, "subscriber_id"),
    Index(None, "subscriber_id", "launched_at", "id"),
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
    Column("rang_at", Utc),
    Column("reconciled", Boolean, nullable=False, server_default=false()),
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
    Column("digest", String),  # of what was asked for
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
    Column("version", SmallInteger, nullable=False, server_default="1"),
    Column("ringing", Utc),
    Column("released_by", String(20), nullable=False, server_default=literal_column("''")),
    Column("reconciled", Boolean, nullable=False, server_default=false()),
    Column("node", String, nullable=False, server_default=literal_column("''")),
    Column("utc_offset", SmallInteger, nullable=False, server_default="0"),  # minutes
    Column("interim_of", String),  # the call that goes on
    Column("part", SmallInteger, nullable=False, server_default="1"),
    Column("charged_from", Utc),
    Index(None, "subscriber_id", "start", "sequence"),
)

# Until when the calls of this node are surely known to have been up.
calls_seen = Table(
    "calls_seen",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
)

# What the calls of each subscriber talked in each month (UTC); outlives the subscriber, as CDRs do.
usage = Table(
    "usage",
    metadata,
    Column("subscriber_id", KEY, primary_key=True, autoincrement=False),
    Column("month", String, primary_key=True),
    Column("seconds", BigInteger, nullable=False),
)
is_interim = cdrs.c.interim_of.is_not(None)
Index("ix_cdrs_interim_of", cdrs.c.interim_of, postgresql_where=is_interim, sqlite_where=is_interim)
is_live = conferences.c.state != literal_column("'ended'")
is_closed = recordings.c.state == literal_column("'closed'")
Index(
    "ix_recordings_closed",
    recordings.c.conference_id,
    recordings.c.stretch,
    postgresql_where=is_closed,
    sqlite_where=is_closed,
)
Index("ix_conferences_live", conferences.c.id, postgresql_where=is_live, sqlite_where=is_live)
