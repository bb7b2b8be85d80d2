"""When a destination's next file is due: each hour, or each night. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Protocol

from usnd.domain.history.period import Period

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GRACE = timedelta(minutes=5)
"""After the end of a day, before it is counted: what began to be written at midnight is there by then."""


class Rhythm(Protocol):
    """Of the files of one destination. Times are UTC.

    following: until when the file goes that follows the one which goes until then. due: when the file that
    goes until then is to be made. every: the time of a file, but for a day on which clocks change.
    """

    @property
    def every(self) -> timedelta: ...
    def following(self, until: datetime) -> datetime: ...
    def due(self, until: datetime) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Hourly:
    """CDR files: at the end of each hour."""

    @property
    def every(self) -> timedelta:
        """An hour."""
        return HOUR

    def following(self, until: datetime) -> datetime:
        """An hour later."""
        return until + HOUR

    def due(self, until: datetime) -> datetime:
        """At once."""
        return until


HOURLY = Hourly()


@dataclass(frozen=True, slots=True)
class Nightly:
    """Usage summaries: of each local day, at a local time of the day after. zone, at: of that local time.

    A local time that clocks skip is as many minutes later; of one that comes twice it is the first.
    """

    zone: tzinfo
    at: time

    @property
    def every(self) -> timedelta:
        """A day."""
        return DAY

    def following(self, until: datetime) -> datetime:
        """The end of the local day that begins then."""
        day = until.astimezone(self.zone).date()
        return Period(day, day, self.zone).until

    def due(self, until: datetime) -> datetime:
        """The set time, on the local day that begins then."""
        day = until.astimezone(self.zone).date()
        return max(datetime.combine(day, self.at, self.zone).astimezone(UTC), until + GRACE)
