"""What provisioning forgets in time: answers and bulks after 30 days, changes of subscribers after a year.

services/transactions/housekeeping.py does it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from usnd.domain.provisioning.idempotency import KEPT
from usnd.services.subscribers import HISTORY_KEPT
from usnd.services.transactions.housekeeping import MOST_AT_ONCE
from usnd.store.core.transaction import Transaction


def provisioning_chores(now: datetime) -> Iterator[tuple[str, Callable[[Transaction], int]]]:
    """Each with what it forgets, as `Chores`."""
    kept, changes = now - KEPT, now - HISTORY_KEPT
    yield "answers to the CRM", partial(_answers, until=kept)
    yield "bulks of the CRM", partial(_bulks, until=kept)
    yield "changes of subscribers", partial(_changes, until=changes)


def _answers(tx: Transaction, *, until: datetime) -> int:
    return tx.provisioning.forget(until, MOST_AT_ONCE)


def _bulks(tx: Transaction, *, until: datetime) -> int:
    return tx.provisioning.forget_bulks(until, MOST_AT_ONCE)


def _changes(tx: Transaction, *, until: datetime) -> int:
    return tx.subscriber_changes.forget(until, MOST_AT_ONCE)
