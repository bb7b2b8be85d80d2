"""Since when, at the earliest, what was just read from a stream may have been there: before, it was empty.

`connection.py` tells it of each read and of each look at the clock. The process may have stood still (a slow
machine, SIGSTOP, a moved virtual machine); what it finds afterwards may be as old as that pause, whichever of
the two wakes first. Times are seconds of one monotonic clock.
"""

_LATE_TICKS = 2.0
"""Ticks late by more than this show that the loop, or the whole process, stood still."""


class Arrival:
    """tick: seconds between looks at the clock. came_at: of what was read last."""

    def __init__(self, tick: float, now: float) -> None:
        self._tick = tick
        self._empty_at = self._ticked_at = self.came_at = now
        self._waiting = False

    def waits(self) -> None:
        """The reader waits: all that came before has been read."""
        self._waiting = True

    def has_read(self, now: float, *, all_of_it: bool) -> None:
        """Something was read. all_of_it: nothing is left in the stream, as far as the reader can tell."""
        self._waiting = False
        self.came_at = self._empty_at
        if all_of_it and not self._stood_still(now):
            self._empty_at = now

    def ticks(self, now: float) -> None:
        """A look at the clock. After a pause it says nothing: what came meanwhile waits to be read."""
        if self._waiting and not self._stood_still(now):
            self._empty_at = now
        self._ticked_at = now

    def _stood_still(self, now: float) -> bool:
        return now - self._ticked_at > _LATE_TICKS * self._tick
