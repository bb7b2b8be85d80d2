"""Takes delivery receipts in: each is matched with its text and committed before it is acknowledged.

smpp/link/link.py calls `receive` and answers with the status that comes back. A receipt may overtake its own
submit_sm_resp: it is looked for twice. One that nobody waits for is acknowledged and counted, since the SMSC
would deliver it for ever.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog

from usnd.domain.messaging.delivery_receipts import final_state, receipt_keys
from usnd.domain.messaging.message import MtState
from usnd.services.transactions.batches import Batcher
from usnd.smpp.pdu.status import CommandStatus
from usnd.smpp.received import Receipt
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreBusy

if TYPE_CHECKING:
    from usnd.store.delivery_receipts import Due

_MOST_TOGETHER = 500
_MOST_WAITING = 10_000
_PATIENCE = 1.0


@dataclass(slots=True)
class ReceiptCounters:
    """Of one bind. unmatched: of no text that waits for one."""

    delivered: int = 0
    undelivered: int = 0
    intermediate: int = 0
    unmatched: int = 0


class Receipts:
    """The receipts of all SMSCs. `groups`: the group of each bind; ids are unique within one."""

    def __init__(self, store: Store, groups: Mapping[str, str]) -> None:
        self.counters = {name: ReceiptCounters() for name in groups}
        self._store = store
        self._groups = groups
        self._came = Batcher(self._commit, _MOST_TOGETHER, _MOST_WAITING)
        self._log = structlog.get_logger("usnd.texts")

    async def receive(self, receipt: Receipt) -> CommandStatus | None:
        """The SMPP status to answer it with: ESME_ROK only after the commit. None: it is a text."""
        counters = self.counters[receipt.smsc]
        state = final_state(receipt.stat)
        if state is None:
            counters.intermediate += 1
            return CommandStatus.ESME_ROK
        try:
            text_id = await self._came.do(receipt)
            if text_id is None:  # perhaps the response to its submit_sm is not committed yet
                await asyncio.sleep(_PATIENCE)
                text_id = await self._came.do(receipt)
        except StoreBusy:
            return CommandStatus.ESME_RMSGQFUL
        if text_id is None and receipt.otherwise is not None:
            return None
        if text_id is None:
            counters.unmatched += 1
            self._log.warning("receipt of no text", smsc=receipt.smsc, message_id=receipt.message_id)
        elif state is MtState.DELIVERED:
            counters.delivered += 1
            self._log.info("text delivered", smsc=receipt.smsc, message=text_id)
        else:
            counters.undelivered += 1
            self._log.info("text not delivered", smsc=receipt.smsc, message=text_id, stat=receipt.stat)
        return CommandStatus.ESME_ROK

    async def _commit(self, receipts: Sequence[Receipt]) -> list[int | None]:
        return await self._store.run(partial(match, receipts=receipts, groups=self._groups))


def match(tx: Transaction, *, receipts: Sequence[Receipt], groups: Mapping[str, str]) -> list[int | None]:
    """Unit of work: the text that each final receipt is about, None for no text that waits for one."""
    keys = [receipt_keys(receipt.message_id) for receipt in receipts]
    waiting: dict[tuple[str, str], list[Due]] = {}
    for due in tx.receipts.due({key for each in keys for key in each}):
        waiting.setdefault((groups.get(due.smsc, due.smsc), due.message_key), []).append(due)
    came: list[tuple[Due, MtState, str]] = []
    texts: list[int | None] = []
    for receipt, each in zip(receipts, keys, strict=True):
        whose = groups[receipt.smsc]
        found = next((dues for key in each if (dues := waiting.get((whose, key)))), None)
        state = final_state(receipt.stat)
        texts.append(None)
        if found and state is not None:
            due = found.pop()  # of several that reuse an id, the newest
            came.append((due, state, receipt.stat.upper()))
            texts[-1] = due.text_id
    if came:
        tx.receipts.come(came)
    return texts
