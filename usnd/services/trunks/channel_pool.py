"""How many channels are in use on each trunk: by conferences, by launches not yet committed, by calls in.

`trunks.py` owns one. Launches are admitted in the store's thread, all else happens in the loop: whoever reads
and then takes holds `lock` for both. A launch takes its channels in a `Reservation`, since its unit of work
may run twice, or not be committed at all.
"""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Self

from usnd.domain.conference.commands import Step
from usnd.domain.conference.events import CallIn
from usnd.domain.conference.model import Conference
from usnd.domain.trunks.routing import admit, load_of
from usnd.domain.trunks.trunk import Load, Pool


class ChannelPool:
    """Not safe without `lock`, but for `waiting`."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._of_conference: dict[int, Load] = {}
        self._of_call_in: dict[str, str] = {}
        """The trunk of each call that is in no conference: it waits, types its PIN, or hears why not."""
        self._reserved: dict[str, str] = {}
        """The same of calls that a launch is about to take along."""
        self._used: Counter[str] = Counter()
        self._to_be_dialled = 0

    @property
    def load(self) -> Load:
        """All of it now."""
        return Load(self._used, self._to_be_dialled)

    @property
    def waiting(self) -> frozenset[str]:
        """The calls that came in and are in no conference."""
        return frozenset(self._of_call_in)

    def in_use(self, trunk: str) -> int:
        """How many channels."""
        return self._used[trunk]

    def hold(self, conference: Conference) -> None:
        """What its calls have on each trunk, from now on; nothing once it is over."""
        load = load_of(conference)
        if load == self._of_conference.get(conference.id):
            return
        self.release(conference.id)
        if conference.live:
            self._of_conference[conference.id] = load
            self._used.update(load.used)
            self._to_be_dialled += load.waiting

    def release(self, conference: int) -> None:
        """It has none any more."""
        load = self._of_conference.pop(conference, Load())
        self._used.subtract(load.used)
        self._to_be_dialled -= load.waiting

    def came_in(self, call: str, trunk: str) -> None:
        """A call waits on that trunk until it is in a conference, or `gone`."""
        self.gone(call)
        self._of_call_in[call] = trunk
        self._used[trunk] += 1

    def gone(self, call: str) -> None:
        """It is no longer counted by itself: it is over, or counts with its conference."""
        self._reserved.pop(call, None)
        if trunk := self._of_call_in.pop(call, ""):
            self._used[trunk] -= 1

    def reserve(self, call: str) -> None:
        """A launch takes the call along: it counts with the conference, or is `given_back`."""
        if trunk := self._of_call_in.get(call, ""):
            self.gone(call)
            self._reserved[call] = trunk

    def given_back(self, call: str) -> None:
        """The launch was not committed: the call waits as before, unless it is gone."""
        if trunk := self._reserved.pop(call, ""):
            self.came_in(call, trunk)


class Reservation:
    """The channels of launches until they are committed. `with` gives back what is not kept.

    `Trunks.reserving` makes one for a unit of work, which calls `admit` for each launch, in the store's
    thread.
    """

    def __init__(self, pool: ChannelPool, trunks: Callable[[datetime], Pool]) -> None:
        """trunks: what they are like at that time; called with the lock held."""
        self._pool = pool
        self._trunks = trunks
        self._taken: list[tuple[int, CallIn | None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.begin()

    def begin(self) -> None:
        """Gives back what an earlier run of the unit of work took."""
        with self._pool.lock:
            for conference, caller in self._taken:
                self._pool.release(conference)
                if caller is not None:
                    self._pool.given_back(caller.call)
        self._taken = []

    def admit(self, launch: Step, caller: CallIn | None, now: datetime) -> Step | None:
        """The launch with a channel for each call; None when there are not enough, and then none is taken."""
        with self._pool.lock:
            if caller is not None:
                self._pool.reserve(caller.call)
            admitted = admit(launch, self._trunks(now))
            if admitted is not None:
                self._pool.hold(admitted.conference)
                self._taken.append((admitted.conference.id, caller))
            elif caller is not None:
                self._pool.given_back(caller.call)
        return admitted

    def keep(self) -> None:
        """All is committed: it counts with the conferences from now on."""
        with self._pool.lock:
            for _, caller in self._taken:
                if caller is not None:
                    self._pool.gone(caller.call)
        self._taken = []
