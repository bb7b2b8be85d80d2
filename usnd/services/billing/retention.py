"""Removes records that are old enough and confirmed, and the rows of their files (REQUIREMENTS B3).

`usnd cdr prune` runs it, by systemd's timer and by hand, in a process and on a connection of its own; usnd
makes the months ahead (retention_watch.py), so that neither is in the other's way. On PostgreSQL a month goes
whole, by steps that nobody waits for; records of before the months, and all on SQLite, go a few at a time.
Each step may be the last one before a death: the next run reads from the store what is left to do.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog

from usnd.domain.billing.months import NEXT_STEP, Month, MonthState, MonthStep
from usnd.domain.billing.retention import (
    MonthContent,
    Verdict,
    confirmed_through,
    judge,
    kept_since,
    removable_through,
)
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

AT_ONCE = 500
"""Records of one unit of work."""
DAYS_AT_ONCE = 1
"""Usage summaries of one unit of work: each may have many pages."""
TRIES, PAUSE = 10, 1.0
"""For a step that somebody holds up, and seconds between two of them."""
_BREATH = 0.02
_BUSY = "somebody reads it: the next run tries again"
_EMPTIED = "old enough, and emptied; its table goes when those who read `cdrs` since before are done"


class Removal(Protocol):
    """Of months in the database; both block. take_step: False: somebody is in the way."""

    def file_from(self, begin: datetime) -> None: ...
    def take_step(self, month: Month, step: MonthStep) -> bool: ...


@dataclass(frozen=True, slots=True)
class Pruned:
    """One thing that was looked at. records: how many go or went. done: it is gone, or would go.

    seconds: that it took until a month had no record any more.
    """

    what: str
    name: str
    records: int
    done: bool
    why: str
    held_by: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """What the store has. since: what ended before is old enough. confirmed: by destination."""

    since: datetime
    confirmed: Mapping[str, int]
    months: tuple[MonthContent, ...]
    newest: int

    def verdicts(self) -> Sequence[tuple[MonthContent, Verdict]]:
        """On each month, the oldest first: one that has begun to leave comes first of all."""
        judged = [(one, judge(one, self.confirmed, self.since)) for one in self.months]
        return sorted(judged, key=lambda one: one[0].state is MonthState.ATTACHED)

    @property
    def through(self) -> int:
        """Up to where records may go one by one; 0 where those go with their month."""
        if any(content.month.oldest and verdict.goes for content, verdict in self.verdicts()):
            return 0
        return removable_through(self.newest, self.confirmed, self.months)


def find(tx: Transaction, destinations: Sequence[str], keep_months: int, now: datetime) -> Found:
    """As of now; `destinations` are those that are configured."""
    confirmed = {name: confirmed_through(tx.cdr_files.standing(name)) for name in destinations}
    return Found(kept_since(now, keep_months), confirmed, tx.cdr_months.list(), tx.cdrs.newest())


class Retention:
    """destinations: their names. clock: UTC. pause: seconds between two tries of a step."""

    def __init__(
        self,
        store: Store,
        removal: Removal,
        destinations: Sequence[str],
        keep_months: int,
        clock: Callable[[], datetime],
        pause: float = PAUSE,
    ) -> None:
        self._store, self._removal, self._pause = store, removal, pause
        self._destinations, self._keep, self._clock = destinations, keep_months, clock
        self._log = structlog.get_logger("usnd.billing")

    async def run(self, *, dry: bool) -> list[Pruned]:
        """Once. dry: nothing is changed. Raises SQLAlchemy's errors."""
        found = await self._found()
        first = {month.month: 0 for month in found.months}
        before = 0
        for month in found.months:
            first[month.month], before = before, max(before, month.last)
        done = []
        going = [content.month for content, verdict in found.verdicts() if verdict.goes]
        if going and not dry:
            self._removal.file_from(max(month.end for month in going))
        for content, verdict in found.verdicts():
            count = max(content.last - first[content.month], 0)
            looked = Pruned(
                "month", str(content.month), count, verdict.goes, verdict.why.value, verdict.held_by
            )
            done.append(await self._remove(content.month, looked) if verdict.goes and not dry else looked)
        done.append(await (self._count_single() if dry else self._remove_single()))
        if not dry:
            await self._forget_rows()
        return done

    async def _found(self) -> Found:
        return await self._store.run(self._find)

    def _find(self, tx: Transaction) -> Found:
        return find(tx, self._destinations, self._keep, self._clock())

    async def _remove(self, month: Month, would: Pruned) -> Pruned:
        """What has become of it. would: as it was judged."""
        left, seconds = await self._take_steps(month)
        if left is None:
            self._log.info("month removed", month=would.name, records=would.records, seconds=seconds)
            return replace(would, seconds=seconds)
        content, verdict = left
        if content.state is not MonthState.EMPTIED:
            return replace(would, done=False, why=_BUSY if verdict.goes else verdict.why.value)
        if would.records:
            self._log.info("month emptied", month=would.name, records=would.records, seconds=seconds)
        return replace(would, why=_EMPTIED, seconds=seconds)

    async def _take_steps(self, month: Month) -> tuple[tuple[MonthContent, Verdict] | None, float]:
        """All that are left, each after another look: somebody may want a file sent once more.

        Gives what is left of it, and how many seconds it took until there was no record any more.
        """
        begun, seconds = time.monotonic(), 0.0
        left = await self._look(month)
        for tried in range(TRIES):
            if tried:
                await asyncio.sleep(self._pause)
            stuck = None
            while left is not None and left[1].goes and left[0].state is not stuck:
                done = self._removal.take_step(month, NEXT_STEP[left[0].state])
                stuck = None if done else left[0].state  # a step that was held up may be half done
                left = await self._look(month)
                if not seconds and (left is None or left[0].state is MonthState.EMPTIED):
                    seconds = round(time.monotonic() - begun, 3)
            if left is None or not left[1].goes:
                break
        return left, seconds

    async def _look(self, month: Month) -> tuple[MonthContent, Verdict] | None:
        verdicts = (await self._found()).verdicts()
        return next((one for one in verdicts if one[0].month == month), None)

    async def _count_single(self) -> Pruned:
        def unit(tx: Transaction) -> int:
            found = self._find(tx)
            return tx.cdrs.count_old(found.through, found.since)

        return _single(await self._store.run(unit))

    async def _remove_single(self) -> Pruned:
        known, removed = 0, 0

        def unit(tx: Transaction) -> tuple[int, int, bool]:
            found = self._find(tx)
            count, looked = tx.cdrs.forget(known, found.through, found.since, AT_ONCE)
            return count, looked, looked >= found.through

        while True:
            count, known, last = await self._store.run(unit)
            removed += count
            if last or not count:
                return _single(removed)
            await asyncio.sleep(_BREATH)

    async def _forget_rows(self) -> None:
        before = kept_since(self._clock(), self._keep)
        count = 1
        while count:
            count = await self._store.run(lambda tx: tx.cdr_files.forget(before, AT_ONCE))
        count = 1
        while count:
            count = await self._store.run(
                lambda tx: tx.summaries.forget(before, self._destinations, DAYS_AT_ONCE)
            )


def _single(count: int) -> Pruned:
    why = "old enough, and confirmed by all destinations" if count else "none is old enough and confirmed"
    return Pruned("records", "one by one", count, bool(count), why)
