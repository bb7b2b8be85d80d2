"""Connections to SQLite and PostgreSQL, and which of their errors are the database's own trouble.

writer_connection.py, the command and the migrations connect by it. Its settings make a commit durable and a
transaction whole. Who retries is writer.py.
"""

import sqlite3
from typing import Any

import psycopg
from sqlalchemy import Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from usnd.process.postgres_connection import connect

# A peer that is gone without a word is noticed in about this time; a commit that waits for the standby
# keeps its connection alive by TCP, and may wait as long as it must.
POSTGRESQL: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    # All is found by an index. A plan made while a table was empty would read the whole of it, and be kept
    # until the next ANALYZE; and the cost that forbids it must not start the compiler.
    # A commit is acknowledged when it is on the disk, and on the standby's where commits wait for that,
    # whatever somebody made the server's default.
    "options": "-c timezone=UTC -c enable_seqscan=off -c jit=off -c synchronous_commit=on",
}
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
)
_ONLY_READS = "usnd_only_reads"
"""An execution option of a connection."""

# PostgreSQL error codes, appendix A: connection, a clash with another transaction, resources (disk full),
# shutdown and start-up, system errors; and a server that is (or became) a standby.
_OUTAGE_CLASSES = ("08", "40", "53", "57P", "58")
_STANDBY = "25006"
_SQLITE_OUTAGES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)


def engine_for(url: str) -> Engine:
    """An engine that opens a new connection each time it is asked for one.

    `url` is 'sqlite:////path/to/file' or 'postgresql+psycopg://…'. Raises ValueError for any other. Its
    errors never show values: they are people's numbers and words.
    """
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        # isolation_level None: Python's sqlite3 begins nothing by itself, or it would begin only at the
        # first INSERT and leave a SELECT before it outside the transaction.
        connect_args: dict[str, Any] = {"isolation_level": None}
        engine = create_engine(
            url, poolclass=NullPool, connect_args=connect_args, paramstyle="named", hide_parameters=True
        )
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin_immediate)
        return engine
    if backend == "postgresql":
        # A unit of work sees one state of the database, whoever else writes: a clash is run again.
        engine = create_engine(
            url,
            poolclass=NullPool,
            connect_args=POSTGRESQL,
            isolation_level="REPEATABLE READ",
            hide_parameters=True,
        )
        event.listen(engine, "do_connect", connect_to_postgresql)
        return engine
    raise ValueError(f"the store runs on SQLite and PostgreSQL, not on {backend}")


def connect_to_postgresql(
    _dialect: Dialect, _record: ConnectionPoolEntry, arguments: list[Any], settings: dict[str, Any]
) -> psycopg.Connection:
    """Listens to an engine's do_connect: a try that is given up leaves no connection behind."""
    return connect(*arguments, **settings)


def reading(url: str) -> Connection:
    """A connection that only reads. On SQLite it does not wait for who writes; a unit of work does."""
    return engine_for(url).connect().execution_options(**{_ONLY_READS: True})


def is_standby(url: str) -> bool:
    """Whether the database follows another one, and takes no writes. Blocks; raises SQLAlchemy's errors."""
    engine = engine_for(url)
    if engine.dialect.name != "postgresql":
        return False
    with engine.connect() as connection:
        return bool(connection.exec_driver_sql("select pg_is_in_recovery()").scalar_one())


def is_outage(error: BaseException) -> bool:
    """Whether the database could not do it now, and the same work may be done later.

    Everything else is the fault of the work itself: a constraint, a value, wrong SQL.
    """
    # SQLAlchemy wraps what a statement raises, not what setting up a connection does.
    wrapped = error if isinstance(error, DBAPIError) else None
    cause = wrapped.orig if wrapped else error
    if isinstance(cause, psycopg.Error):
        code = cause.sqlstate
        if code is None:
            lost = wrapped is not None and wrapped.connection_invalidated
            return lost or isinstance(cause, psycopg.OperationalError)
        return code.startswith(_OUTAGE_CLASSES) or code == _STANDBY
    if isinstance(cause, sqlite3.Error):
        # The low byte is the primary code: https://sqlite.org/rescode.html, "Primary versus extended".
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_OUTAGES
    return False


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(pragma).close()


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock first: a transaction that read before it wrote could not be given it later."""
    begin = "BEGIN" if connection.get_execution_options().get(_ONLY_READS) else "BEGIN IMMEDIATE"
    connection.connection.cursor().execute(begin).close()
