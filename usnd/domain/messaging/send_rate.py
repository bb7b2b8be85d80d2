"""How fast one bind may send: finds the rate an SMSC takes, and keeps to it. Times are seconds of any clock.

services/messaging/bind_sender.py asks it before each segment, and tells it what became of each. Rate and
window are both in segments; no message is known here. What the SMSC refuses (ESME_RTHROTTLED, ESME_RMSGQFUL)
slows the whole bind; while it is slowed the window shrinks to what the rate needs, so that all goes in order.

    state     | accepted            | throttled                           | time passes
    ----------+---------------------+-------------------------------------+---------------------------
    free      | free                | limited, at the rate just taken     | free
    limited   | limited             | limited, slower; pause doubles when | faster, the longer nothing
              |                     | nothing was taken since the last    | is refused; free at the top
"""

from collections import deque
from dataclasses import dataclass
from math import ceil

_SLICE = 0.1
"""Seconds of one count of what was taken."""
_SLICES = 10
_BELOW = 0.985
"""What is kept of the rate that was just too much."""
_FASTER = 0.004
"""Share by which a limited rate grows in the first quiet second."""
_KEENER = 1.4
"""... and how that share grows with each further one."""
_KEENEST = 0.5
"""... to this at most; and the share while the SMSC has refused only once: what it took until then was what
it lets pass at once, not its rate.
"""
_SLOWEST = 1.0
_ROOM = 1.25
"""Segments in flight that a rate needs, over rate times delay: responses come when they come."""
_FREE = 20_000.0
"""Segments a second at which a limit no longer is one."""
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class PaceSettings:
    """window: segments without a response at once; rate: segments a second at most, None for no limit."""

    window: int
    rate: float | None = None


class Pace:
    """The rate and window of one bind. `now` never runs backwards."""

    def __init__(self, settings: PaceSettings, now: float) -> None:
        self._settings = settings
        self._found: float | None = None
        self._next = now
        self._pause = self._hold = 0.0
        self._share = _FASTER
        self._grown_at = now
        self._refused_at = now
        self._taken: deque[tuple[float, int]] = deque(maxlen=_SLICES + 1)
        self._delay = 0.0

    @property
    def limited(self) -> bool:
        """The SMSC refuses more than `rate`."""
        return self._found is not None

    @property
    def rate(self) -> float | None:
        """Segments a second at present; None while nothing limits them."""
        limits = [limit for limit in (self._settings.rate, self._found) if limit is not None]
        return min(limits, default=None)

    @property
    def window(self) -> int:
        """Segments without a response at once: all of it, or what a limited rate needs."""
        if self._found is None:
            return self._settings.window
        return max(1, min(self._settings.window, ceil(self._found * self._delay * _ROOM)))

    def wait(self, now: float) -> float:
        """Seconds until the next segment may go; 0 for now."""
        self._grow(now)
        return max(0.0, self._next - now)

    def sent(self, now: float) -> None:
        """A segment went out."""
        rate = self.rate
        if rate is not None:
            # What the loop was late by is made up for, but never more than a slice of it.
            self._next = max(self._next, now - min(_SLICE, 1 / rate)) + 1 / rate

    def accepted(self, now: float, delay: float) -> None:
        """The SMSC took a segment, `delay` seconds after it went out."""
        self._pause = self._hold = 0.0
        self._delay += (delay - self._delay) / 8
        if self._taken and now - self._taken[-1][0] < _SLICE:
            began, count = self._taken[-1]
            self._taken[-1] = (began, count + 1)
        else:
            self._taken.append((now, 1))

    def throttled(self, now: float) -> None:
        """The SMSC refused a segment because of the load; it goes again after the pause."""
        if self._pause == 0:
            self._share = _KEENEST if self._found is None else _FASTER
            self._found = max(_SLOWEST, _BELOW * self._taken_lately(now))
            self._refused_at = now
        self._grown_at = now
        self._pause = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, 2 * self._pause))
        self._next = max(self._next, now + self._pause)

    def refused(self, now: float) -> None:
        """The SMSC refused a segment for now, not because of the load.

        The first holds nobody up, for it may be that segment's own; while nothing is taken between them, each
        further one doubles the pause of all.
        """
        if self._hold:
            self._next = max(self._next, now + self._hold)
        self._hold = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, 2 * self._hold))

    def _taken_lately(self, now: float) -> float:
        """Segments a second that the SMSC takes, as far as they show it: no pause is in them."""
        lately = sum(count for began, count in self._taken if now - began < _SLICE * _SLICES)
        if self._found is None:
            return lately
        return min(self._found, lately) if now - self._refused_at > 2 * _LONGEST_PAUSE else self._found

    def _grow(self, now: float) -> None:
        """Faster by a share that itself grows with each second in which nothing was refused."""
        while self._found is not None and now - self._grown_at >= 1:
            self._grown_at += 1
            self._found *= 1 + self._share
            self._share = min(_KEENEST, self._share * _KEENER)
            if self._found > (self._settings.rate or _FREE):
                self._found = None
