"""Why a database cannot be used, in an operator's words: one sentence a cause, and what to do.

The daemon and the command ask when they begin. The URL is never shown: it may hold a password.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

_OUT_OF_REACH = "unable to open database file"
_NOT_YOURS = re.compile(r'[Pp]eer authentication failed|role "[^"]*" does not exist')
_SQLITE_ADVICE = {
    _OUT_OF_REACH: "make its directory, with the right to write in it, or change [store] url",
    "attempt to write a readonly database": "give the file and its directory to the user that usnd runs as",
    "file is not a database": "[store] url must name a database or a file that does not exist yet",
    "database is locked": "another program holds it: end that one, or try again",
}


class DatabaseTrouble(Exception):
    """The database cannot be used; the message is a sentence for an operator."""


@contextmanager
def in_words(url: str) -> Iterator[None]:
    """What SQLAlchemy raises inside becomes DatabaseTrouble; `url` is that of the database."""
    try:
        yield
    except (ArgumentError, ValueError) as error:
        raise DatabaseTrouble(
            "[store] url cannot be understood: write sqlite:////path or "
            "postgresql+psycopg://user:password@host:port/name"
        ) from error
    except SQLAlchemyError as error:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        raise DatabaseTrouble(_sentence(make_url(url), str(cause))) from error


def _sentence(url: URL, cause: str) -> str:
    """`cause` is the driver's text; its first line says it all."""
    first = (cause.splitlines() or ["no reason given"])[0].rstrip(".: ")
    if url.get_backend_name() == "sqlite":
        advice = _SQLITE_ADVICE.get(first, "see to that first")
        return f"the database file {url.database} cannot be used ({first}): {advice}"
    if _NOT_YOURS.search(first):
        return (
            f"the database does not let this user in ({first}): say it as the daemon's user, "
            "as in `sudo -u usnd usnd …`"
        )
    return f"the database cannot be used ({first}): see that PostgreSQL runs and that [store] url is right"
