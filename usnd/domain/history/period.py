"""Which days somebody asks about, as days of their own time zone, and when these begin and end in UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

LONGEST = timedelta(days=366)
"""What is summed up must not take long: no more days at once."""
_USUAL = timedelta(days=29)
_EARLIEST, _LATEST = date(2000, 1, 1), date(8999, 12, 30)


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last one, both with it. cut: more days were asked for."""

    first: date
    last: date
    zone: tzinfo
    cut: bool = False

    @property
    def since(self) -> datetime:
        """When it begins (UTC)."""
        return _midnight(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """When it is over (UTC)."""
        return _midnight(self.last + timedelta(days=1), self.zone)


def day_of(written: str) -> date | None:
    """A day as `2026-03-31`; None: it is none, or of another age."""
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    return day if len(written) == len("2026-03-31") and _EARLIEST <= day <= _LATEST else None


def period_of(first: str, last: str, now: datetime, zone: tzinfo) -> Period:
    """The days that somebody wrote; what is missing or is no day is filled in: thirty days, until today."""
    end = day_of(last) or now.astimezone(zone).date()
    begin = day_of(first) or end - _USUAL
    if begin > end:
        begin, end = end, begin
    earliest = end - LONGEST + timedelta(days=1)
    return Period(max(begin, earliest), end, zone, cut=begin < earliest)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
