"""Removes a month of records from PostgreSQL, step by step, without anybody waiting for it.

domain/billing/months.py has the states. A step that does not get its lock in time is given up and tried again
later, by the same or the next run: who reads a month for hours holds up its removal, and nothing else. Who
reads other months holds up only the end of an empty table: a month that leaves is emptied by a lock on its
own table, which nobody new asks for.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from usnd.domain.billing.months import Month, MonthStep
from usnd.store.billing.months import LOCK_TIMEOUT
from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction

_SQL = {
    MonthStep.DETACH: "ALTER TABLE cdrs DETACH PARTITION {} CONCURRENTLY",
    MonthStep.EMPTY: "TRUNCATE {}",
    MonthStep.FINISH: "ALTER TABLE cdrs DETACH PARTITION {} FINALIZE",
    MonthStep.DROP: "DROP TABLE {}",
}
# lock_not_available, deadlock_detected, object_not_in_prerequisite_state: another month is leaving
_BUSY = {"55P03", "40P01", "55000"}


def file_from(url: str, begin: datetime) -> None:
    """Before months are removed: nothing is filed in them any more. Raises SQLAlchemy's errors."""
    with engine_for(url).begin() as connection:
        Transaction(connection).cdr_months.file_from(begin)


def take_step(url: str, month: Month, step: MonthStep) -> bool:
    """One step. False: somebody still uses the month, or another run is at it. Raises SQLAlchemy's errors."""
    with engine_for(url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"SET lock_timeout = {LOCK_TIMEOUT}"))
        try:
            connection.exec_driver_sql(_SQL[step].format(month.table))
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") not in _BUSY:
                raise
            return False
    return True
