"""The subscribers of this bench, in the database before anything is measured: what they have, and sessions.

Written by SQL, as thousands of sign-ins would take their time: each has a session as one who signed in just
now. A token is known to nobody but the clients of the bench.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import text

from usnd.domain.portal.sessions import digest_of
from usnd.store.core.engine import engine_for
from usnd.web.portal.visitor import SESSION
from workbench.bench.portal.browsing import USERS
from workbench.bench.portal.https import source_of

CONFERENCES = 20
"""Of the past of each who browses, one every 36 hours, with three calls each."""
_FIRST = 1_000_000
"""Number of the first past conference: far from those of the run."""
_HAVE = (
    "INSERT INTO subscribers (number, created_at, changed_at)"
    " SELECT '+4470' || lpad(n::text, 8, '0'), now(), now() FROM generate_series(0, :most - 1) AS n",
    "CREATE TEMPORARY TABLE mine AS SELECT id, number, row_number() OVER (ORDER BY number) - 1 AS nth"
    " FROM subscribers WHERE number LIKE '+4470________' ORDER BY number LIMIT :browsing",
    "INSERT INTO users (subscriber_id, nick_key, nick, number, first, last)"
    " SELECT id, 'ann' || u, 'ann' || u, '+4477009' || lpad(u::text, 5, '0'), 'Ann ' || u, 'Smith'"
    " FROM mine, generate_series(1, :users) AS u",
    "INSERT INTO groups (subscriber_id, name_key, name) SELECT id, 'team' || g, 'Team' || g"
    " FROM mine, generate_series(1, 5) AS g",
    "INSERT INTO group_members (group_id, position, user_id)"
    " SELECT g.id, u.id - min(u.id) OVER (PARTITION BY g.id), u.id FROM groups AS g JOIN mine ON mine.id = g.subscriber_id"
    " JOIN users AS u ON u.subscriber_id = g.subscriber_id WHERE (u.id + g.id) % 5 = 0",
    "INSERT INTO instant_conferences (subscriber_id, number) SELECT id, c FROM mine, generate_series(1, 3) AS c",
    "INSERT INTO instant_conference_members (instant_conference_id, position, member_group_id)"
    " SELECT i.id, 0, min(g.id) FROM instant_conferences AS i JOIN mine ON mine.id = i.subscriber_id"
    " JOIN groups AS g ON g.subscriber_id = i.subscriber_id GROUP BY i.id",
    "CREATE TEMPORARY TABLE was AS SELECT :first + mine.nth * :conferences + c AS id, mine.id AS whose, mine.number,"
    " now() - c * interval '36 hours' AS at FROM mine, generate_series(0, :conferences - 1) AS c",
    "INSERT INTO conferences (id, subscriber_id, subscriber_number, state, launched_at, ended_at, end_reason,"
    " launched_by) SELECT id, whose, number, 'ended', at, at + interval '9 min', 'empty', 'text' FROM was",
    "CREATE TEMPORARY TABLE called AS SELECT was.*, p, 'usn-' || was.id || '-' || p AS call,"
    " CASE WHEN p = 0 THEN 'subscriber' ELSE 'participant' END AS role,"
    " CASE WHEN p = 0 THEN was.number ELSE '+447700900' || (100 + p) END AS who FROM was, generate_series(0, 2) AS p",
    "INSERT INTO calls (id, conference_id, position, number, name, role, direction, state, planned_at, rang_at,"
    " answered_at, joined_at, ended_at, cause, outcome, told_to_end, dnis)"
    " SELECT call, id, p, who, CASE WHEN p = 0 THEN '' ELSE 'Ann ' || p END, role, 'out', 'ended', at,"
    " at + interval '2 s', at + interval '5 s', at + interval '6 s', at + interval '9 min', 16, 'completed', false,"
    " '' FROM called",
    "INSERT INTO cdrs (sequence, call_id, subscriber_id, conference_id, role, direction, cli, dnis, start, answer,"
    " stop, outcome, cause, recorded, activation_pin, trunk)"
    " SELECT :first + row_number() OVER (ORDER BY at, p), call, whose, id, role, 'out', number, who, at,"
    " at + interval '5 s', at + interval '9 min', 'completed', 16, false, '', 'msc' FROM called",
)
_SESSION = (
    "INSERT INTO portal_sessions (token_digest, subscriber_id, stage, began_at, seen_at, ends_at)"
    " SELECT :digest, id, 'open', now(), now(), now() + interval '30 min' FROM subscribers WHERE number = :number"
)


@dataclass(frozen=True)
class Client:
    """A browser: the address that it comes from, and its cookie."""

    source: str
    cookie: str


def number_of(nth: int) -> str:
    """Of the nth subscriber, from 0."""
    return f"+4470{nth:08}"


def furnish(url: str, most: int, browsing: int) -> None:
    """Writes `most` subscribers; the first ones, who browse, have users, groups, conferences and a past."""
    values = {"most": most, "browsing": browsing, "users": USERS, "conferences": CONFERENCES, "first": _FIRST}
    engine = engine_for(url)
    with engine.begin() as connection:
        for statement in _HAVE:
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), named)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    engine.dispose()


def signed_in(url: str, numbers: Sequence[str], first: int = 0) -> list[Client]:
    """A session each, and a browser at an address of its own, from the `first` one on."""
    tokens = [secrets.token_urlsafe(32) for _ in numbers]
    rows = [
        {"digest": digest_of(token), "number": number} for token, number in zip(tokens, numbers, strict=True)
    ]
    engine = engine_for(url)
    with engine.begin() as connection:
        connection.execute(text(_SESSION), rows)
    engine.dispose()
    return [Client(source_of(first + nth), f"{SESSION}={quote(token)}") for nth, token in enumerate(tokens)]


def written(clients: Sequence[Client], place: Path) -> Path:
    """As the clients of the bench read them."""
    place.write_text(json.dumps([[one.source, one.cookie] for one in clients]))
    place.chmod(0o600)
    return place
