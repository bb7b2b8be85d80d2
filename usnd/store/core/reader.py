"""The database for those who only read: a few connections for many threads, and no way to write.

The sites (usnd/web) read by it, on a node by an account that may do no more. Each unit of work sees one
state of the database. Nothing here waits long, also not for a server that says nothing more: a site's thread
is somebody's request.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR, socket
from typing import TypeVar

from psycopg.errors import QueryCanceled
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from usnd.store.core.engine import POSTGRESQL, connect_to_postgresql, is_outage
from usnd.store.core.transaction import Transaction

T = TypeVar("T")
_WAIT = 2
"""Seconds for a connection to become free."""
LONGEST = 10.0
"""Seconds until a unit of work has its answer, or StoreAway."""
_LONGEST_TRY = 5.5
"""Seconds of one try; the server ends a statement by itself before that."""
_LOOK = 0.25
_READ_ONLY = " -c default_transaction_read_only=on -c statement_timeout=5000"
"""Milliseconds."""


class StoreAway(Exception):
    """The database cannot be read now."""


class Reader:
    """At most `connections` at once. Raises ValueError for a URL that is no database of ours."""

    def __init__(self, url: str, connections: int) -> None:
        self._engine = _engine(url, connections)
        self._deadlines = _Deadlines()

    def read(self, unit: Callable[[Transaction], T]) -> T:
        """What `unit` gives; it may run twice, where a connection was lost. Raises StoreAway."""
        end = time.monotonic() + LONGEST - _WAIT
        try:
            try:
                return self._read(unit, end)
            except SQLAlchemyError as error:
                if not is_outage(error):
                    raise
                self._engine.dispose()  # after a take-over all connections are to the former server
                return self._read(unit, end)
        except SQLAlchemyError as error:
            if isinstance(error, PoolTimeout) or is_outage(error) or _took_too_long(error):
                raise StoreAway(type(error).__name__) from error
            raise

    def close(self) -> None:
        """Gives the connections up."""
        self._engine.dispose()
        self._deadlines.close()

    def _read(self, unit: Callable[[Transaction], T], end: float) -> T:
        with self._engine.connect() as connection:
            until = min(end, time.monotonic() + _LONGEST_TRY)
            with self._deadlines.kept(connection, until), connection.begin():
                return unit(Transaction(connection))


class _Deadlines:
    """Cuts connections to a server that says nothing more: nothing else ends the wait for its answer."""

    def __init__(self) -> None:
        self._until = dict[int, float]()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._looking: threading.Thread | None = None

    @contextmanager
    def kept(self, connection: Connection, until: float) -> Iterator[None]:
        """The connection is cut at `until` (monotonic), if the block has not ended by then."""
        if connection.dialect.name != "postgresql":  # SQLite has no server
            yield
            return
        descriptor: int = connection.connection.driver_connection.fileno()  # type: ignore[union-attr] # psycopg's
        with self._lock:
            self._until[descriptor] = until
            if self._looking is None:
                self._looking = threading.Thread(target=self._look, name="deadlines", daemon=True)
                self._looking.start()
        try:
            yield
        finally:
            with self._lock:
                self._until.pop(descriptor, None)

    def close(self) -> None:
        """Nobody looks any more."""
        self._closed.set()

    def _look(self) -> None:
        while not self._closed.wait(_LOOK):
            now = time.monotonic()
            with self._lock:  # until it is let go the descriptor is that connection's
                for descriptor in [each for each, until in self._until.items() if until <= now]:
                    del self._until[descriptor]
                    _cut(descriptor)


def _cut(descriptor: int) -> None:
    connection = socket(fileno=descriptor)
    try:
        with suppress(OSError):
            connection.shutdown(SHUT_RDWR)
    finally:
        connection.detach()


def _took_too_long(error: SQLAlchemyError) -> bool:
    return isinstance(error, DBAPIError) and isinstance(error.orig, QueryCanceled)


def _engine(url: str, connections: int) -> Engine:
    backend = make_url(url).get_backend_name()
    if backend == "postgresql":
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=_WAIT,
            connect_args={
                **POSTGRESQL,
                "connect_timeout": _WAIT,
                "options": POSTGRESQL["options"] + _READ_ONLY,
            },
            isolation_level="REPEATABLE READ",
            hide_parameters=True,
        )
        event.listen(engine, "do_connect", connect_to_postgresql)
        return engine
    if backend != "sqlite":
        raise ValueError(f"the store runs on SQLite and PostgreSQL, not on {backend}")
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_WAIT,
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": _WAIT},
        paramstyle="named",
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.execute("BEGIN")
    cursor.close()
