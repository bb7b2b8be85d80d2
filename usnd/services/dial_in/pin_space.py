"""Counts the PINs that are given; says when a guess hits too often, and when they run out (REQUIREMENTS C14).

`run` counts until cancelled; admission.py asks `narrow` before a PIN opens anything, and shows `figures`.
What is too many is decided in domain/dial_in/pin_space.py.
"""

import asyncio
import time

import structlog

from usnd.domain.alarms.catalogue import PINS_RUN_OUT
from usnd.domain.alarms.threshold import AlarmChange, judge_alarm
from usnd.domain.dial_in.pin_space import SPACE, PinRules, one_in
from usnd.services.alarms.alarms import Alarms
from usnd.services.figures import PinFigures
from usnd.store.core.writer import Store, StoreBusy, StoreClosed
from usnd.store.core.writer_connection import StoreTaken

_SHORTEST_PAUSE = 1.0
_COST = 1000
"""Counting takes at most one part in so many of the store's time."""


class PinCensus:
    """Of the whole system. Until the first count, as if there were too many."""

    def __init__(self, store: Store, rules: PinRules, alarms: Alarms) -> None:
        self._store = store
        self._alarms = alarms
        self._rules = rules
        self._given = 0
        self.narrow = True
        """PINs open less, since too many are given."""
        self._known = False
        self._log = structlog.get_logger("usnd.calls_in")

    async def run(self) -> None:
        """Counts again and again, until cancelled."""
        while True:
            began = time.monotonic()
            try:
                self.take(await self._store.run(lambda tx: tx.pins.count()))
            except StoreBusy:
                pass
            except (StoreTaken, StoreClosed):
                return  # the daemon stops
            await asyncio.sleep(max(_SHORTEST_PAUSE, _COST * (time.monotonic() - began)))

    def take(self, given: int) -> None:
        """So many PINs are given."""
        self._given = given
        if not self._known:
            self._known, self.narrow = True, False
        change = judge_alarm(given, self._rules.narrowing, raised=self.narrow)
        if change is not None:
            self.narrow = change is AlarmChange.RAISED
            self._log.warning(
                "an activation pin counts from its subscriber's number only"
                if self.narrow
                else "a pin counts from any number again",
                pins=given,
                one_in=one_in(given),
            )
        self._alarms.judge(PINS_RUN_OUT, "", given, self._rules.filling, pins=given, space=SPACE)

    def figures(self, running: int) -> PinFigures:
        """As of the last count. `running`: stored conferences that run now."""
        return PinFigures(
            pins=self._given,
            guess_one_in=one_in(running if self.narrow else self._given),
            own_number_only=self.narrow,
            pins_run_out=self._alarms.is_raised(PINS_RUN_OUT),
        )
