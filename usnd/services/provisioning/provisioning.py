"""Provisioning: takes orders of the CRM, commits them many at once, acts, and only then answers.

control/provisioning.py calls it with what the site sent. order_batch.py is the unit of work; after its commit
the conferences that are to end are ended. What is done with a repetition is decided by the table in
domain/provisioning/idempotency.py.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TypeVar

import structlog

from usnd.domain.provisioning.codes import Code
from usnd.domain.provisioning.idempotency import REFUSALS, KeyAnswer
from usnd.domain.provisioning.requests import ProvisioningOrder, ProvisioningResult
from usnd.domain.subscribers.attributes import NodeOwn
from usnd.services.provisioning.admission import ListingOf
from usnd.services.provisioning.bulks import BulkStart, acknowledge, start_bulk
from usnd.services.provisioning.journal import tell, tell_refused
from usnd.services.provisioning.order_batch import OrderBatch, Outcome, refused
from usnd.services.transactions.batches import Batcher
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreBusy, StoreClosed
from usnd.store.core.writer_connection import StoreTaken
from usnd.store.provisioning.terminals import Certificate

T = TypeVar("T")
_RunningKey = tuple[str, str, str, int]
"""By certificate: its terminal's name stands in the database, where the unit of work looks again."""
MOST_TOGETHER = 32
"""Orders of one unit of work. One is in the writer at a time: a text waits for no more than it. Of a bulk a
lot comes as one line, and stays one unit.
"""
_MOST_WAITING = 2_000
_PATIENCE = 10.0
_GONE = (StoreTaken, StoreClosed)
"""The daemon stops; what was begun may be committed."""


class _Line:
    """Orders that came together: they are begun together, or withdrawn."""

    def __init__(self, orders: Sequence[ProvisioningOrder]) -> None:
        self.orders = orders

    def __len__(self) -> int:
        return len(self.orders)


class Provisioning:
    """The CRM's way to the subscribers."""

    def __init__(
        self,
        store: Store,
        node: NodeOwn,
        listing_of: ListingOf,
        end: Callable[[int], Awaitable[object]],
        clock: Callable[[], datetime],
        patience: float = _PATIENCE,
    ) -> None:
        """`node`: what it sets for new subscribers, and its key. `end` ends a conference, if it still runs.

        `listing_of`: what the revocation lists say of a certificate.
        `clock` gives UTC. `patience`: seconds for a commit.
        """
        self._store = store
        self._node = node
        self._listing_of = listing_of
        self._end = end
        self._clock = clock
        self._patience = patience
        self._lines: Batcher[_Line, list[Outcome]] = Batcher(self._commit, MOST_TOGETHER, _MOST_WAITING, len)
        self._running: set[_RunningKey] = set()
        self._doing: set[asyncio.Future[list[Outcome] | Code]] = set()
        self._log = structlog.get_logger("usnd.provisioning")

    async def provision(self, orders: Sequence[ProvisioningOrder]) -> list[ProvisioningResult]:
        """A result for each of the orders, in their order, once they are committed.

        1. An order whose key runs at this moment is refused. 2. The others wait for their unit of work; where
        the queue is full, they are refused. 3. What is not committed in time is answered by a code that says
        so: what was not begun by then is withdrawn, what was begun may be done.
        """
        begins = [self._begins(one) for one in orders]
        fresh = [one for one, begin in zip(orders, begins, strict=True) if begin]
        results = iter(await self._results(fresh) if fresh else ())
        runs = REFUSALS[KeyAnswer.WAIT]
        return [
            next(results) if begin else refused(one, runs).result
            for one, begin in zip(orders, begins, strict=True)
        ]

    async def start_bulk(self, bulk: BulkStart) -> tuple[Code, str]:
        """DONE if its rows may come, now or again; with the id of the first request of this bulk."""
        started = await self._in_time(
            partial(start_bulk, bulk=bulk, listing_of=self._listing_of, now=self._clock())
        )
        return (started, bulk.server) if isinstance(started, Code) else started

    async def acknowledge(self, certificate: Certificate, change: int) -> Code:
        """A terminal has that change of the poll queue, and it is shown no more. Safe to repeat."""
        unit = partial(acknowledge, certificate=certificate, change=change, listing_of=self._listing_of)
        return await self._in_time(partial(unit, now=self._clock()))

    def _begins(self, one: ProvisioningOrder) -> bool:
        """Whether it may begin: its key runs from now on. A check has none."""
        if one.check:
            return True
        key = _running_key(one)
        if key in self._running:
            return False
        self._running.add(key)
        return True

    async def _results(self, orders: Sequence[ProvisioningOrder]) -> list[ProvisioningResult]:
        line = _Line(orders)
        doing = asyncio.ensure_future(self._do(line))
        self._doing.add(doing)
        doing.add_done_callback(self._doing.discard)
        await asyncio.wait({doing}, timeout=self._patience)
        outcomes = doing.result() if doing.done() else Code.NO_ANSWER_IN_TIME
        if isinstance(outcomes, Code):
            self._lines.withdraw(line)
            tell_refused(self._log, orders, outcomes)
            return [refused(one, outcomes).result for one in orders]
        return [outcome.result for outcome in outcomes]

    async def _do(self, line: _Line) -> list[Outcome] | Code:
        """Goes on when nobody waits any more: what is committed is acted on."""
        try:
            outcomes = await self._lines.do(line)
        except StoreBusy:
            return Code.TOO_MANY_REQUESTS
        except _GONE:
            return Code.NO_ANSWER_IN_TIME
        finally:
            self._running.difference_update(map(_running_key, line.orders))
        await asyncio.gather(*map(self._ended, {conference for one in outcomes for conference in one.ends}))
        return outcomes

    async def _ended(self, conference: int) -> None:
        try:
            await self._end(conference)
        except Exception:  # noqa: BLE001 # what was asked for is done and committed
            self._log.exception("a conference could not be ended for the CRM", conference=conference)

    async def _commit(self, lines: Sequence[_Line]) -> list[list[Outcome]]:
        orders = [one for line in lines for one in line.orders]
        try:
            outcomes = await self._store.run(partial(self._unit, orders))
        except (StoreBusy, *_GONE):
            raise
        except Exception as error:  # noqa: BLE001 # one of them made it fail: only that one shall
            self._log.warning("orders failed together, now each alone", orders=len(orders), error=str(error))
            outcomes = await asyncio.gather(*map(self._alone, orders))
        tell(self._log, orders, outcomes)
        rest = iter(outcomes)
        return [[*islice(rest, len(line))] for line in lines]

    async def _alone(self, one: ProvisioningOrder) -> Outcome:
        try:
            (outcome,) = await self._store.run(partial(self._unit, [one]))
        except (StoreBusy, *_GONE):
            raise
        except Exception:  # noqa: BLE001 # told to whoever asked
            self._log.exception("an order of the CRM failed", request=one.request, server=one.server)
            return refused(one, Code.REQUEST_FAILED)
        return outcome

    def _unit(self, orders: Sequence[ProvisioningOrder], tx: Transaction) -> list[Outcome]:
        return OrderBatch(tx, self._node, self._listing_of, self._clock()).take(orders)

    async def _in_time(self, unit: Callable[[Transaction], T]) -> T | Code:
        try:
            async with asyncio.timeout(self._patience):
                return await self._store.run(unit)
        except StoreBusy:
            return Code.TOO_MANY_REQUESTS
        except (TimeoutError, *_GONE):
            return Code.NO_ANSWER_IN_TIME


def _running_key(one: ProvisioningOrder) -> _RunningKey:
    return one.serial, one.issuer, one.request, one.row
