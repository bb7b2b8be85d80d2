"""What the portal forgets in time: what is over or old, as sessions, codes, deletions, imports.

services/transactions/housekeeping.py does it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from usnd.domain.directory.undo import UNDO_LASTS
from usnd.domain.portal.imports import FORGOTTEN
from usnd.services.transactions.housekeeping import MOST_AT_ONCE
from usnd.store.core.transaction import Transaction

AUDIT_KEPT = timedelta(days=90)
_SETTLED = timedelta(minutes=5)


def portal_chores(now: datetime) -> Iterator[tuple[str, Callable[[Transaction], int]]]:
    """Each with what it forgets, as `Chores`."""
    yield "sessions", partial(_sessions, until=now)
    yield "counters of tries", partial(_counters, until=now)
    yield "codes", partial(_codes, until=now - _SETTLED)
    yield "deletions", partial(_removals, until=now - UNDO_LASTS)
    yield "imports", partial(_imports, until=now - FORGOTTEN)
    yield "audit of the portal", partial(_audit, until=now - AUDIT_KEPT)


def _sessions(tx: Transaction, *, until: datetime) -> int:
    return tx.portal_sessions.forget(until, MOST_AT_ONCE)


def _counters(tx: Transaction, *, until: datetime) -> int:
    return tx.portal_counters.forget(until, MOST_AT_ONCE)


def _removals(tx: Transaction, *, until: datetime) -> int:
    return tx.portal_removals.forget(until, MOST_AT_ONCE)


def _imports(tx: Transaction, *, until: datetime) -> int:
    return tx.portal_imports.forget(until, MOST_AT_ONCE)


def _codes(tx: Transaction, *, until: datetime) -> int:
    """The words of the SMS go with its code: it has expired as well, and that was noted by now."""
    old = tx.portal_accounts.old_codes(until, MOST_AT_ONCE)
    tx.texts.blank([text for _, text in old if text is not None])
    for number, _ in old:
        tx.portal_accounts.forget_code(number)
    return len(old)


def _audit(tx: Transaction, *, until: datetime) -> int:
    return tx.portal_audit.forget(until, MOST_AT_ONCE)
