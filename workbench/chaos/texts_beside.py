"""Texts of people beside some other work: how long each waits for its answer, alone and beside it.

Called by provisioning.py, and by the bench of provisioning. It texts `?` by the SMSC of the workbench.
"""

import asyncio
import itertools
import statistics
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field

from workbench.parts.smsc.handsets import Smsc
from workbench.parts.usn import SHORT_CODE

PAUSE = 0.5
PATIENCE = 10.0
SENDERS = 8


@dataclass
class Waits:
    """Milliseconds from text to answer. `disturbed`: texts that usnd's death hit; `lost`: others."""

    ms: list[float] = field(default_factory=list)
    disturbed: int = 0
    lost: int = 0

    def as_result(self, what: str) -> dict[str, object]:
        """Median, 99th percentile and count, under that name."""
        if len(self.ms) < 2:  # noqa: PLR2004 # no percentile of one
            return {what: {"texts": len(self.ms), "disturbed": self.disturbed}}
        percentiles = statistics.quantiles(self.ms, n=100, method="inclusive")
        return {
            what: {
                "median": round(statistics.median(self.ms), 1),
                "p99": round(percentiles[98], 1),
                "texts": len(self.ms),
                "disturbed": self.disturbed,
            }
        }


class Texting:
    """`away` and `back` say when usnd is not there: a text that meets that is counted apart."""

    def __init__(self, smsc: Smsc) -> None:
        self.senders = [f"+4476000000{nth:02}" for nth in range(SENDERS)]
        self._smsc = smsc
        self._turn = itertools.cycle(self.senders)
        self._is_away = False
        self._deaths = 0
        self._under_way = set[asyncio.Task[None]]()

    def away(self) -> None:
        """Usnd is killed now."""
        self._is_away = True
        self._deaths += 1

    def back(self) -> None:
        """It is bound again."""
        self._is_away = False

    async def during(self, work: Coroutine[None, None, None]) -> Waits:
        """A text each PAUSE seconds until the work is done; what each waited."""
        waits = Waits()
        working = asyncio.create_task(work)
        try:
            while not working.done():
                text = asyncio.create_task(self._text(next(self._turn), waits))
                self._under_way.add(text)
                text.add_done_callback(self._under_way.discard)
                await asyncio.wait({working}, timeout=PAUSE)
            await working
            await asyncio.gather(*self._under_way)
        finally:
            working.cancel()
        return waits

    async def _text(self, sender: str, waits: Waits) -> None:
        deaths, was_away, begun = self._deaths, self._is_away, time.monotonic()
        answered = False
        with suppress(ConnectionError, TimeoutError):
            status = await self._smsc.deliver(sender, SHORT_CODE, "?")
            if status == 0:
                await self._smsc.next_text(sender, PATIENCE)
                answered = True
        if was_away or self._is_away or self._deaths != deaths:
            waits.disturbed += 1
        elif answered:
            waits.ms.append((time.monotonic() - begun) * 1000)
        else:
            waits.lost += 1
