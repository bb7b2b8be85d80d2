"""The months in which records are kept on PostgreSQL: which are made ahead, and how one is removed. Pure.

A record is filed under the month (UTC) in which it is written; each month is a table of its own, a partition
of `cdrs`. The first one has all records of before the table was divided. A month goes in steps, each of which
is committed by itself:

state    | what it is                                | next step | who dies behind it leaves
---------+-------------------------------------------+-----------+-----------------------------------------
ATTACHED | records are written to it, or read        | DETACH    | LEAVING, or APART where nobody reads
LEAVING  | who read it before still does; nobody new | EMPTY     | EMPTIED: its records and their disk are
         | finds it                                  |           | gone
EMPTIED  | still part of `cdrs` for who reads other  | FINISH    | APART
         | months since before                       |           |
APART    | a table beside `cdrs`                     | DROP      | nothing

A month is made and attached in one transaction, so that a table beside `cdrs` always is one that leaves.
Whoever goes on reads from the database which months are in which state. store/billing/months.py makes them,
store/billing/month_removal.py removes them, retention.py says when.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

AHEAD = 3
"""Months that are there beside the one that is written to."""
LEAST_AHEAD = 2
"""Fewer are an alarm: there is a month and more to see to it."""
MOST_AT_ONCE = 12
MOST_AHEAD = 60
"""Of a clock that is further ahead than these nothing is believed."""
_NAME = re.compile(r"cdrs_(before_)?(\d{4})_(\d{2})")


class MonthState(Enum):
    """How far a month has left. ATTACHED: not at all."""

    ATTACHED = "attached"
    LEAVING = "leaving"
    EMPTIED = "emptied"
    APART = "apart"


class MonthStep(Enum):
    """What is done to remove it. Who writes waits for none of them.

    DETACH and FINISH wait for whoever reads `cdrs` since before, EMPTY and DROP only for who reads this
    month.
    """

    DETACH = "detach"
    EMPTY = "empty"
    FINISH = "finish"
    DROP = "drop"


NEXT_STEP = {
    MonthState.ATTACHED: MonthStep.DETACH,
    MonthState.LEAVING: MonthStep.EMPTY,
    MonthState.EMPTIED: MonthStep.FINISH,
    MonthState.APART: MonthStep.DROP,
}


@dataclass(frozen=True, slots=True)
class Month:
    """One month of records. begin: its first moment (UTC). oldest: it has all that was before, too."""

    begin: datetime
    oldest: bool = False

    @property
    def end(self) -> datetime:
        """The first moment of the next one."""
        return later(self.begin, 1)

    @property
    def table(self) -> str:
        """`cdrs_2026_03`; of the oldest `cdrs_before_2026_04`."""
        return f"cdrs_before_{self.end:%Y_%m}" if self.oldest else f"cdrs_{self.begin:%Y_%m}"

    def __str__(self) -> str:
        return f"before {self.end:%Y-%m}" if self.oldest else f"{self.begin:%Y-%m}"


def month_of(at: datetime) -> Month:
    """In which a moment is."""
    return Month(at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0))


def later(begin: datetime, months: int) -> datetime:
    """The first moment of the month that is so many months later; fewer than nought: earlier."""
    years, month = divmod(begin.year * 12 + begin.month - 1 + months, 12)
    return begin.replace(year=years, month=month + 1)


def month_named(table: str) -> Month | None:
    """The month of a table; None: it is no month's."""
    found = _NAME.fullmatch(table)
    if found is None or not 1 <= int(found[3]) <= 12:  # noqa: PLR2004 # months of a year
        return None
    named = datetime(int(found[2]), int(found[3]), 1, tzinfo=UTC)
    return Month(later(named, -1), oldest=True) if found[1] else Month(named)


def months_to_make(newest: Month, now: datetime) -> Sequence[Month]:
    """Those behind the newest one that are to be there, the first ones first: never with a gap."""
    wanted = later(month_of(now).begin, AHEAD)
    missing = (wanted.year - newest.begin.year) * 12 + wanted.month - newest.begin.month
    if missing > MOST_AHEAD:
        return ()
    return [Month(later(newest.begin, more + 1)) for more in range(min(missing, MOST_AT_ONCE))]


def months_left(newest_end: datetime, now: datetime) -> int:
    """Whole months that are made beyond the one of `now`."""
    begin = month_of(now).begin
    return (newest_end.year - begin.year) * 12 + newest_end.month - begin.month - 1
