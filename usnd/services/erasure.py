"""Erases a subscriber: what is personal goes, what must be added up later stays under a pseudonym.

`usnd subscriber erase` runs it, in a process of its own. What is not delivered yet is not touched: it is
refused before anything is changed. Safe to repeat, and to be killed: the next run goes on.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from usnd.domain.numbers.e164 import spellings
from usnd.domain.provisioning.codes import Code
from usnd.domain.recording.files import Recording, RecordState
from usnd.domain.subscribers.attributes import NodeOwn
from usnd.domain.subscribers.credentials import CredentialKey
from usnd.domain.subscribers.erasure import pseudonym, pseudonymised
from usnd.domain.subscribers.orders import Operation, Order
from usnd.services.billing.retention import find
from usnd.services.subscribers import Ordered, apply, running_of
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

PAGE = 5_000
"""Sequence numbers that are looked at in one unit of work."""


class Refused(Exception):
    """Not all was done, mostly nothing; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What went, or would go. untold: changes that the CRM has not polled; these keep the number."""

    registered: bool
    records: int
    recordings: Sequence[Recording]
    texts: int = 0
    untold: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """destinations: of CDRs. by: who asks. clock: UTC. summaries: destinations of usage summaries."""

    key: CredentialKey
    own: NodeOwn
    destinations: Sequence[str]
    by: str
    clock: Callable[[], datetime]
    summaries: Sequence[str] = ()


class Erasing:
    """Of one number at a time."""

    def __init__(self, store: Store, node: Node) -> None:
        self._store, self._node = store, node

    async def look(self, number: str) -> Erased:
        """What would go. Raises Refused."""
        owners, through = await self._owners(number)
        known, records = 0, 0
        while known < through:
            end = min(known + PAGE, through)
            records += await self._count(number, owners, known, end)
            known = end
        confirmed = await self._store.run(self._confirmed)
        if waiting := await self._count(number, owners, confirmed, through):
            raise Refused(
                f"{waiting} CDRs with {number} are not confirmed by all destinations yet, and must be "
                "delivered with their numbers: erase it when `usnd cdr files` has the hour as confirmed"
            )
        if await self._store.run(lambda tx: tx.summaries.waiting(self._node.summaries)):
            raise Refused(
                f"a usage summary is not delivered yet, and {number} may be in it: erase it when "
                "`usnd cdr files` has it as confirmed"
            )
        found = await self._store.run(lambda tx: tx.subscribers.by_number(number))
        if await self._store.run(lambda tx: running_of(tx, number)) is not None:
            raise Refused(f"{number} has a running conference: end it first")
        return Erased(found is not None, records, await self._recordings(owners))

    async def erase(self, number: str, remove: Callable[[Sequence[Recording]], object]) -> Erased:
        """All of it. remove: the files of recordings. Raises Refused; OSError; StillLive of the store."""
        seen = await self.look(number)
        owners, through = await self._owners(number)
        remove(seen.recordings)
        texts = await self._store.run(lambda tx: self._forget(tx, number, seen.recordings))
        known = 0
        while known < through:
            known = await self._store.run(partial(self._replace, number=number, owners=owners, known=known))
        for day in await self._store.run(lambda tx: tx.summaries.days()):
            await self._store.run(partial(self._forget_in_summary, day=day, number=number, owners=owners))
        untold = await self._store.run(lambda tx: tx.erasure.untold(number))
        return Erased(seen.registered, seen.records, seen.recordings, texts, untold)

    async def _owners(self, number: str) -> tuple[set[int], int]:
        """Who has and had the number, and the newest record there is."""
        numbers = (number, pseudonym(self._node.key, number))

        def unit(tx: Transaction) -> tuple[set[int], int]:
            found = tx.subscribers.by_number(number)
            return ({found.id} if found else set()), tx.cdrs.newest()

        owners, through = await self._store.run(unit)
        known = 0
        while known < through:
            end = min(known + PAGE, through)
            owners |= await self._store.run(lambda tx: tx.erasure.owners(numbers, known, end))  # noqa: B023 # at once
            known = end
        return owners, through

    async def _count(self, number: str, owners: Collection[int], known: int, through: int) -> int:
        return await self._store.run(lambda tx: tx.erasure.count(number, owners, known, through))

    async def _recordings(self, owners: Collection[int]) -> list[Recording]:
        def unit(tx: Transaction) -> list[Recording]:
            return [one for owner in sorted(owners) for one in tx.recordings.list(owner)]

        found = await self._store.run(unit)
        return [one for one in found if one.state is RecordState.CLOSED]

    def _confirmed(self, tx: Transaction) -> int:
        """Up to where all destinations have confirmed."""
        found = find(tx, self._node.destinations, 1, self._node.clock())
        return min([found.newest, *found.confirmed.values()])

    def _forget(self, tx: Transaction, number: str, recordings: Sequence[Recording]) -> int:
        node, now = self._node, self._node.clock()
        order = Ordered(Order(operation=Operation.DELETE, number=number), node.by)
        done = apply(tx, [order], node.own, now).results[0]
        if done.code not in {Code.DONE, Code.NO_SUCH_SUBSCRIBER}:
            raise Refused(f"{number} was not removed: {done.text}")
        tx.recordings.removed(recordings)
        gone = tx.erasure.forget_texts(spellings(number, node.own.home_region))
        tx.erasure.forget_number(number, pseudonym(node.key, number))
        return gone

    def _forget_in_summary(self, tx: Transaction, day: date, number: str, owners: Collection[int]) -> None:
        """Of a day; what is not delivered is not touched. Raises Refused."""
        if tx.summaries.waiting(self._node.summaries):
            raise Refused(
                f"a usage summary was made meanwhile, and {number} may be in it: run this again when "
                "`usnd cdr files` has it as confirmed"
            )
        put = pseudonym(self._node.key, number)
        tx.summaries.erase(day, number, owners, put, self._node.clock())

    def _replace(self, tx: Transaction, number: str, owners: Collection[int], known: int) -> int:
        """Of the next records; gives up to where. Never what is not confirmed in this very transaction."""
        end = known + PAGE
        through = min(end, self._confirmed(tx))
        changed = []
        for sequence, parties in tx.erasure.find(number, owners, known, through):
            after = pseudonymised(self._node.key, parties, number, owners)
            if after != parties:
                changed.append((sequence, after))
        tx.erasure.replace(changed, self._node.clock())
        return end
