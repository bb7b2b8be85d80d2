"""Which errors are the database's own trouble, to be waited out, and which are the work's fault."""

import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from usnd.store.core.engine import is_outage


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("told")
    error.sqlite_errorcode = code
    return error


def postgresql_error(code: str) -> psycopg.Error:
    return psycopg.errors.lookup(code)("told")


def wrapped(error: Exception) -> DBAPIError:
    return DBAPIError("SELECT", None, error)


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("server closed the connection unexpectedly"),
        postgresql_error("08006"),  # connection failure
        postgresql_error("25006"),  # read-only: a standby
        postgresql_error("40001"),  # clash with another transaction
        postgresql_error("53100"),  # disk full
        postgresql_error("57P01"),  # shutdown by the administrator
        postgresql_error("57P03"),  # starting up
        postgresql_error("58030"),  # input or output
        sqlite_error(sqlite3.SQLITE_BUSY),
        sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT),
        sqlite_error(sqlite3.SQLITE_FULL),
        sqlite_error(sqlite3.SQLITE_IOERR_FSYNC),
        sqlite_error(sqlite3.SQLITE_CANTOPEN),
    ],
)
def test_it_is_waited_out(error: Exception) -> None:
    assert is_outage(wrapped(error))
    assert is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        postgresql_error("23505"),  # unique
        postgresql_error("42P01"),  # no such table
        postgresql_error("57014"),  # cancelled
        psycopg.DataError("a string cannot contain NUL"),
        sqlite_error(sqlite3.SQLITE_ERROR),  # wrong SQL
        sqlite_error(sqlite3.SQLITE_CONSTRAINT_UNIQUE),
        LookupError(),
    ],
)
def test_it_is_told(error: Exception) -> None:
    assert not is_outage(wrapped(error))
    assert not is_outage(error)
