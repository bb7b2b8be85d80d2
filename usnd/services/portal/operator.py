"""What an operator does about somebody's portal: units of work of `usnd subscriber …`, which need no usnd."""

from datetime import datetime

from usnd.domain.portal.lockout import Counter, keys_of_account
from usnd.domain.portal.outcomes import Noted
from usnd.services.subscribers import registered
from usnd.store.core.transaction import Transaction
from usnd.store.portal.audit import AuditLine


def sign_out_everywhere(tx: Transaction, number: str, by: str, now: datetime) -> int:
    """All sessions of the subscriber end; how many. Raises NotRegistered."""
    ended = tx.portal_sessions.end_all(registered(tx, number).id)
    tx.portal_audit.add(AuditLine(now, number, by, Noted.SIGNED_OUT_EVERYWHERE.value))
    return ended


def unlock(tx: Transaction, number: str, by: str, now: datetime) -> None:
    """What was tried for the number counts no more; what a source tried does. Raises NotRegistered."""
    registered(tx, number)
    tx.portal_counters.save({key: Counter() for key in keys_of_account(number)})
    tx.portal_counters.clear_from(number)
    tx.portal_audit.add(AuditLine(now, number, by, Noted.UNLOCKED.value))
