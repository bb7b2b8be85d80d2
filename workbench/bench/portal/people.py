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
_STATEMENTS = Path(__file__).with_suffix(".sql")
_FIRST = 1_000_000
"""Number of the first past conference: far from those of the run."""
_SESSION = (
    "INSERT INTO portal_sessions (token_digest, subscriber_id, stage, began_at, seen_at, ends_at)"
    " SELECT :digest, id, 'open', now(), now(), now() + interval '30 min' FROM subscribers"
    " WHERE number = :number"
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
        for statement in _STATEMENTS.read_text().split(";\n")[:-1]:
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
