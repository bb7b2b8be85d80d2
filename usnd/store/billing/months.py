"""The months of `cdrs` on PostgreSQL: which there are, and how they are made ahead. SQLite has none.

A month is a partition by `filed_at`, a column that the database fills by itself: no statement of this or of a
former release names it. It is the time of the transaction, but never outside the months that are there
(`cdr_filed_at`, `cdr_filing`). So no insert can fail for want of a month, whatever the clock says.
docs/decisions/0057 has the reasons; month_division.py divides the table, month_removal.py removes a month.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Boolean, String, TextClause, text
from sqlalchemy.sql.selectable import TextualSelect

from usnd.domain.billing.months import Month, MonthState, later, month_named, months_to_make
from usnd.domain.billing.retention import MonthContent
from usnd.store.core.columns import KEY, Utc
from usnd.store.core.execution import Executor

LOCK_TIMEOUT = 200
"""Milliseconds that a lock is waited for: who comes behind us waits as long."""
_STATES = {None: MonthState.APART, False: MonthState.ATTACHED, True: MonthState.LEAVING}
_HURRY = text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT}")
_NO_HURRY = text("SET LOCAL lock_timeout = 0")
_TABLES = text(
    "SELECT c.relname AS relname, i.inhdetachpending AS leaving "
    "FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid "
    "WHERE c.relkind = 'r' AND c.relnamespace = CAST(current_schema() AS regnamespace) "
    "AND starts_with(c.relname, 'cdrs_')"
).columns(relname=String(), leaving=Boolean())
_KIND = text("SELECT CAST(relkind AS text) AS kind FROM pg_class WHERE oid = to_regclass('cdrs')").columns(
    kind=String()
)
_FILING = text("SELECT until FROM cdr_filing").columns(until=Utc())
_UNTIL = text("UPDATE cdr_filing SET until = :until")
_SINCE = text("UPDATE cdr_filing SET since = :since WHERE since < :since")


class CdrMonths:
    """The months there are. Where records are not divided there are none."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def list(self) -> tuple[MonthContent, ...]:
        """All, the oldest first, each with its last record, which an index finds."""
        if self._tx.dialect != "postgresql":
            return ()
        found = []
        for table, leaving in self._tx.execute(_TABLES).all():
            if (month := month_named(table)) is not None:
                last = self._tx.execute(_last_of(month.table)).one_or_none()
                state = MonthState.EMPTIED if leaving and last is None else _STATES[leaving]
                found.append(MonthContent(month, state, *(last or ())))
        return tuple(sorted(found, key=lambda one: one.month.begin))

    def made_until(self) -> datetime | None:
        """The end of the newest month; None: records are not divided."""
        if not self.divided():
            return None
        until: datetime = self._tx.execute(_FILING).scalar_one()
        return until

    def make_ahead(self, now: datetime) -> Sequence[Month]:
        """Make the months that are to be there, and give them. Safe to repeat.

        Neither who writes records nor who reads them waits for it. Raises OperationalError if it does not get
        its lock within LOCK_TIMEOUT.
        """
        until = self.made_until()
        made = () if until is None else months_to_make(Month(later(until, -1)), now)
        if made:
            self._tx.execute(_HURRY)
            template = [one.month for one in self.list() if one.state is MonthState.ATTACHED][-1]
            for month in made:
                for statement in _make(template, month):
                    self._tx.execute(statement)
                self._tx.execute(_UNTIL, {"until": month.end})
            self._tx.execute(_NO_HURRY)
        return made

    def file_from(self, begin: datetime) -> None:
        """From now on nothing is filed earlier, whatever the clock says: the months before leave."""
        self._tx.execute(_SINCE, {"since": begin})

    def divided(self) -> bool:
        """Whether records are kept by months."""
        return self._tx.dialect == "postgresql" and self._tx.execute(_KIND).scalar() == "p"


@lru_cache(100)
def _last_of(table: str) -> TextualSelect:
    statement = f"SELECT sequence, stop FROM {table} ORDER BY sequence DESC LIMIT 1"  # noqa: S608 # our name
    return text(statement).columns(sequence=KEY, stop=Utc())


def _make(template: Month, month: Month) -> tuple[TextClause, TextClause]:
    """Beside `cdrs` first: the attaching alone locks that, in a way in which nobody waits."""
    return (
        text(f"CREATE TABLE {month.table} (LIKE {template.table} INCLUDING ALL)"),
        text(
            f"ALTER TABLE cdrs ATTACH PARTITION {month.table} "
            f"FOR VALUES FROM ('{month.begin.isoformat()}') TO ('{month.end.isoformat()}')"
        ),
    )
