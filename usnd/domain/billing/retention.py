"""How long records and files stay on the node, and what holds them longer (REQUIREMENTS B3). Pure.

All records of a calendar month (UTC) go together, when `keep_months` whole months have passed since its end
and each configured destination has confirmed every one of them. services/billing/retention.py does it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from usnd.domain.billing.months import Month, MonthState, later, month_of
from usnd.domain.billing.punctuality import Standing


def kept_since(now: datetime, keep_months: int) -> datetime:
    """What ended before is old enough to go: `keep_months` whole months before the month of `now`."""
    return later(month_of(now).begin, -keep_months)


def confirmed_through(standing: Standing) -> int:
    """The last sequence number up to which a destination has confirmed all records; 0: it has none yet."""
    if standing.oldest is not None:
        return standing.oldest.first - 1
    return 0 if standing.last is None else standing.last.last


class Why(Enum):
    """What becomes of a month, and why. OLD and EMPTY go."""

    OLD = "old enough, and confirmed by all destinations"
    EMPTY = "old enough, and has no records"
    KEPT = "not old enough"
    RECENT = "its last record is not old enough: the server's clock was wrong when it was written"
    UNCONFIRMED = "not confirmed by all destinations"


@dataclass(frozen=True, slots=True)
class MonthContent:
    """A month with what is in it. last: the highest sequence number, 0: none. last_stop: of that record."""

    month: Month
    state: MonthState
    last: int = 0
    last_stop: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """held_by: the destinations that have not confirmed all of it, sorted."""

    why: Why
    held_by: tuple[str, ...] = ()

    @property
    def goes(self) -> bool:
        """It is to be removed."""
        return self.why in {Why.OLD, Why.EMPTY}


def judge(content: MonthContent, confirmed: Mapping[str, int], since: datetime) -> Verdict:
    """What becomes of a month. confirmed: each destination's `confirmed_through`; since: `kept_since`."""
    if content.month.end > since:
        return Verdict(Why.KEPT)
    if content.last_stop is None:
        return Verdict(Why.EMPTY)
    if held_by := holders(content.last, confirmed):
        return Verdict(Why.UNCONFIRMED, held_by)
    return Verdict(Why.RECENT if content.last_stop >= since else Why.OLD)


def holders(last: int, confirmed: Mapping[str, int]) -> tuple[str, ...]:
    """The destinations that have not confirmed all records up to that sequence number."""
    return tuple(sorted(name for name, through in confirmed.items() if through < last))


def removable_through(newest: int, confirmed: Mapping[str, int], months: Sequence[MonthContent]) -> int:
    """Up to which sequence number records may be removed one by one, where they are old enough.

    Where there are months that is done in the oldest one alone, which has all records of before it was made;
    the others go whole. Without months, as on SQLite, it is done in all.
    """
    if months:
        newest = max((one.last for one in months if one.month.oldest), default=0)
    return min([newest, *confirmed.values()])
