"""One writer's connection: runs units of work in one transaction and knows what became of it.

writer.py calls it from its thread, and does the waiting and retrying. Each batch that writes puts its number
into the writer's row of `commit_mark` in its own transaction. When a connection is lost during COMMIT, that
row tells whether the commit happened. It is updated for that, not only read: the update waits for a server
process that may still be committing, and its own commit, behind the other in the log, waits until both are on
the synchronous standby (REQUIREMENTS H2). To open takes the row over: an earlier holder of the same writer
name is refused from then on, so that a node that lost its role writes no more.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import psycopg
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from usnd.store.core.engine import engine_for, is_outage
from usnd.store.core.transaction import Transaction
from usnd.store.schema import commit_mark

Unit = Callable[[Transaction], Any]

_MINE = commit_mark.c.writer == bindparam("me")
_SEE = select(commit_mark.c.epoch, commit_mark.c.number).where(_MINE)
_ENTER = insert(commit_mark)
_TAKE_OVER = update(commit_mark).where(_MINE)
_MARK = update(commit_mark).where(_MINE, commit_mark.c.epoch == bindparam("since"))
_ASK = _MARK.values(number=commit_mark.c.number).returning(commit_mark.c.number)


class Outage(Exception):
    """The database could not do it now: give the same units again; they will not be done twice."""


class Refused(Exception):
    """Nothing of the batch was committed: the unit at `position` raised the cause.

    `position` is None where it cannot be told which unit is at fault.
    """

    def __init__(self, position: int | None) -> None:
        super().__init__(position)
        self.position = position


class StoreTaken(Exception):
    """Another process opened the database under this writer's name; this one may write no more."""


class _NotReplicated(Exception):
    """The wait for the synchronous standby was cancelled: committed here, perhaps only here."""


class WriterConnection:
    """A writer's own connection, opened when first needed and again after a loss."""

    def __init__(self, url: str, writer: str) -> None:
        """`writer` names the row of `commit_mark`. Raises ValueError for a database of another kind."""
        self._engine = engine_for(url)
        self._writer = writer
        self._connection: Connection | None = None
        self._epoch: int | None = None
        self._number = 0
        self._in_doubt: list[Any] | None = None
        self._warned = False

    def carry_out(self, units: Sequence[Unit]) -> list[Any]:
        """Run the units in order in one transaction; gives their results once it is committed.

        Raises Refused when a unit raised, and Outage. After an Outage the next call must bring the same
        units: the fate of their commit may be unknown until then.
        """
        try:
            if self._connection is None:
                committed = self._connect()
                results, self._in_doubt = self._in_doubt, None
                if results is not None and committed:
                    return results
            return self._commit(units)
        except Refused as refusal:
            if refusal.__cause__ is not None and is_outage(refusal.__cause__):
                self.close()
                raise Outage from refusal.__cause__
            self._roll_back()
            raise
        except StoreTaken as error:
            self.close()
            self._in_doubt = None
            raise Refused(None) from error
        except Exception as error:
            self.close()
            if self._in_doubt is None and not isinstance(error, _NotReplicated) and not is_outage(error):
                raise Refused(None) from error
            raise Outage from error

    def close(self) -> None:
        """Give the connection up, and with it what was not committed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.invalidate()
            connection.close()

    def _commit(self, units: Sequence[Unit]) -> list[Any]:
        connection = self._connection
        assert connection is not None
        connection.begin()
        tx = Transaction(connection)
        results: list[Any] = []
        try:
            for unit in units:
                results.append(unit(tx))  # noqa: PERF401 -- the length tells which unit raised
        except Exception as error:
            raise Refused(len(results)) from error
        if not tx.wrote:
            connection.commit()
            return results
        # Last of all: PostgreSQL makes a silent rollback of the COMMIT of a transaction in which a unit
        # swallowed an error, but refuses this statement there.
        mark = {"me": self._writer, "since": self._epoch, "number": self._number + 1}
        if tx.execute(_MARK, mark).rowcount != 1:
            raise StoreTaken(self._writer)
        self._in_doubt = results
        self._commit_replicated(connection)
        self._number += 1
        self._in_doubt = None
        return results

    def _connect(self) -> bool:
        """Open the connection and hold the mark; gives whether the batch in doubt is committed."""
        self._connection = self._engine.connect()
        self._heed_warnings(self._connection)
        self._connection.begin()
        if self._epoch is None:
            epoch, number = self._take_over(self._connection)
        else:
            epoch, number = self._epoch, self._ask(self._connection)
        self._commit_replicated(self._connection)
        committed = number == self._number + 1
        self._epoch, self._number = epoch, number
        return committed

    def _take_over(self, connection: Connection) -> tuple[int, int]:
        """Enter a new epoch: whoever held the mark before is refused from now on."""
        seen = connection.execute(_SEE, {"me": self._writer}).one_or_none()
        if seen is None:
            connection.execute(_ENTER, {"writer": self._writer, "epoch": 1, "number": 0})
            return 1, 0
        connection.execute(_TAKE_OVER, {"me": self._writer, "epoch": seen.epoch + 1})
        return seen.epoch + 1, seen.number

    def _ask(self, connection: Connection) -> int:
        """The number of the last batch committed, once nothing is under way any more."""
        number: int | None = connection.execute(
            _ASK, {"me": self._writer, "since": self._epoch}
        ).scalar_one_or_none()
        if number is None:
            raise StoreTaken(self._writer)
        return number

    def _commit_replicated(self, connection: Connection) -> None:
        """Commit, and refuse to call it done where PostgreSQL warns that it did not wait for the standby."""
        self._warned = False
        connection.commit()
        if self._warned:
            raise _NotReplicated("the wait for the standby was cancelled")

    def _heed_warnings(self, connection: Connection) -> None:
        driver = connection.connection.driver_connection
        if isinstance(driver, psycopg.Connection):
            driver.add_notice_handler(self._on_notice)

    def _on_notice(self, notice: psycopg.errors.Diagnostic) -> None:
        self._warned = self._warned or notice.severity_nonlocalized == "WARNING"

    def _roll_back(self) -> None:
        try:
            if self._connection is not None:
                self._connection.rollback()
        except SQLAlchemyError:
            self.close()
