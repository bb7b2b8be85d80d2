"""Why a database cannot be used, in an operator's words: one sentence a cause, and what to do.

The daemon and the command ask when they begin. The URL is never shown: it may hold a password.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    SQLAlchemyError,
)

from usnd.process.os_errors import reason

DATABASE_ERRORS = (DBAPIError, sqlite3.Error, psycopg.Error)
"""SQLAlchemy wraps what a statement raises, not what setting up a connection does."""
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
    """What SQLAlchemy and the file system raise inside becomes DatabaseTrouble; `url` is the database's."""
    try:
        yield
    except TimeoutError:  # of the one who waits for it, who says it better
        raise
    except (ArgumentError, ValueError) as error:
        raise DatabaseTrouble(
            "[store] url cannot be understood: write sqlite:////path or "
            "postgresql+psycopg://user:password@host:port/name"
        ) from error
    except (*DATABASE_ERRORS, SQLAlchemyError, OSError) as error:
        raise DatabaseTrouble(sentence(url, error)) from error


def sentence_of_all(url: str, group: BaseExceptionGroup[Exception]) -> str | None:
    """What ended the parts of a process that work with the database, if that itself is to blame for all.

    None: some of them asked it for something that cannot be, which is a fault of ours.
    """
    asked, itself = group.split((IntegrityError, DataError))
    if itself is None or asked is not None:
        return None
    error: BaseException = itself
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return sentence(url, error)


def sentence(url: str, error: BaseException) -> str:
    """What such an error means. `url`: of the database."""
    cause: object = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(error, OSError):
        cause = reason(error)
    return _sentence(make_url(url), str(cause))


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
