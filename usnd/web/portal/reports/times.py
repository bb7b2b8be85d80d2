"""Times and lengths as pages show them: in the subscriber's time zone, the same in every language."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from usnd.domain.directory.model import Subscriber

_NODES = Path("/etc/localtime")
_ZONES = "zoneinfo/"
_UTC = "UTC"


@dataclass(frozen=True, slots=True)
class Times:
    """Of one time zone, by its name."""

    name: str
    zone: tzinfo

    def day(self, at: datetime) -> str:
        """`2026-03-01`."""
        return f"{at.astimezone(self.zone):%Y-%m-%d}"

    def minute(self, at: datetime) -> str:
        """`2026-03-01 13:05`."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}{self._which(at)}"

    def second(self, at: datetime) -> str:
        """`2026-03-01 13:05:07`."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M:%S}{self._which(at)}"

    def _which(self, at: datetime) -> str:
        """` CET`, in the hour that is there twice when clocks go back: nobody could tell which it was."""
        local = at.astimezone(self.zone)
        is_twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
        return f" {local:%Z}" if is_twice else ""


def times_of(subscriber: Subscriber) -> Times:
    """Those of the subscriber's zone, else of the node's; UTC where this server does not know it."""
    return times_in(subscriber.time_zone)


def times_in(zone: str) -> Times:
    """The same by the name that a subscriber has set; empty: none."""
    name = zone or _nodes_zone()
    try:
        return Times(name, ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return Times(_UTC, UTC)


@lru_cache(1)
def _nodes_zone() -> str:
    """By its IANA name, as Debian links it."""
    _, found, name = str(_NODES.resolve()).partition(_ZONES)
    return name if found else _UTC


def length(seconds: float | None) -> str:
    """`1:02:03`, `2:03`; empty: it is not known."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
