"""Units of work of a forgotten password: a code goes out as SMS, a code comes back, a password is chosen.

The SMS is queued in the transaction that keeps the code. A number that nobody has, or whose subscriber is
suspended, is treated the same, down to a code that is kept: only no SMS goes.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from usnd.domain.portal.codes import CODE_VALID, code_digest, is_same, known_device
from usnd.domain.portal.lockout import admit, forgive, keys_of_code, keys_of_sending
from usnd.domain.portal.outcomes import PASSWORD_RESET, Noted, Outcome
from usnd.domain.portal.sessions import Stage
from usnd.domain.replies.catalogue import Say, reply
from usnd.services.messaging.outbox import Outbox
from usnd.services.portal.sign_in import Fresh, let_in, seconds_until
from usnd.services.portal.visit import NOBODY, Came, PortalNode, Visit
from usnd.store.portal.accounts import StoredCode
from usnd.store.portal.sessions import SignedIn
from usnd.store.subscriber_changes import SubscriberChange

BY = "portal"
"""Who changed it, as the history of a subscriber has it."""


@dataclass(frozen=True, slots=True)
class GivenCode:
    """What somebody typed; as sign_in.Given."""

    account: str
    code: str
    device: str = ""


def send_code(visit: Visit, account: str, code: str, node: PortalNode, outbox: Outbox) -> None:
    """The code is kept and its SMS queued, or it is not; whoever asks learns nothing of that."""
    tx, now = visit.tx, visit.now
    keys = keys_of_sending(account, visit.source)
    admission = admit(keys, tx.portal_counters.find(keys), now)
    if admission.closed_until is not None:
        visit.note(Noted.CODE_NOT_SENT, account)
        return
    tx.portal_counters.save(admission.counters)
    before = tx.portal_accounts.code_of(account)
    if before is not None and before.text_id is not None:
        tx.texts.withdraw([before.text_id], now)
        tx.texts.blank([before.text_id])
    found = tx.subscribers.by_number(account)
    kept = StoredCode(code_digest(node.key, account, code), now + CODE_VALID, None)
    if found is None or found.suspended:
        tx.portal_accounts.keep_code(account, kept)
        visit.note(Noted.CODE_NOT_SENT, account)
        return
    minutes = int(CODE_VALID.total_seconds()) // 60
    message = reply(Say.PORTAL_CODE, code=code, minutes=minutes).said_in(found.language)
    draft = replace(outbox.draft(found.number, message, now), expires_at=now + CODE_VALID)
    tx.portal_accounts.keep_code(account, kept._replace(text_id=visit.queue(draft).id))
    visit.note(Noted.CODE_SENT, account)


def use_code(visit: Visit, given: GivenCode, fresh: Fresh, node: PortalNode) -> Came:
    """A session to choose a password in, if it is the code that was sent last, and in time."""
    tx, account = visit.tx, given.account
    device = known_device(node.key, account, given.device)
    keys = keys_of_code(account, visit.source, device)
    admission = admit(keys, tx.portal_counters.find(keys), visit.now)
    if admission.closed_until is not None:
        visit.note(Noted.CLOSED, account)
        return Came(Outcome.CLOSED, wait=seconds_until(admission.closed_until, visit.now))
    found = tx.subscribers.by_number(account)
    if not _is_right(visit, given, node) or found is None or found.suspended:
        tx.portal_counters.save(admission.counters)
        visit.note(Noted.CODE_WRONG, account)
        return Came(Outcome.WRONG)
    tx.portal_counters.save(forgive(admission.counters))
    _forget_code(visit, account)
    visit.note(Noted.CODE_USED, account)
    return let_in(visit, found, Stage.RESET, fresh, node)


def _is_right(visit: Visit, given: GivenCode, node: PortalNode) -> bool:
    kept = visit.tx.portal_accounts.code_of(given.account)
    said = code_digest(node.key, given.account, given.code)
    in_time = kept is not None and visit.now < kept.expires_at
    return is_same(said, kept.digest if kept else "") and in_time and given.account != NOBODY


def _forget_code(visit: Visit, number: str) -> None:
    code = visit.tx.portal_accounts.code_of(number)
    if code is not None:
        visit.tx.portal_accounts.forget_code(number)
        if code.text_id is not None:
            visit.tx.texts.blank([code.text_id])


def choose(visit: Visit, who: SignedIn, hash_: str, fresh: Fresh, node: PortalNode, outbox: Outbox) -> Came:
    """The password counts from now on; all sessions end, and one that is open begins. An SMS tells of it."""
    tx, subscriber = visit.tx, who.subscriber
    is_reset = who.session.stage is Stage.RESET
    tx.portal_accounts.choose(subscriber.id, hash_, visit.now)
    tx.portal_sessions.end_all(subscriber.id)
    _forget_code(visit, subscriber.number)
    visit.note(Noted.PASSWORD_RESET if is_reset else Noted.PASSWORD_CHOSEN, subscriber.number)
    if is_reset:
        change = SubscriberChange(visit.now, subscriber.number, PASSWORD_RESET, BY, by_crm=False)
        tx.subscriber_changes.add_all([change])
    message = reply(Say.PORTAL_CHANGED).said_in(subscriber.language)
    visit.queue(outbox.draft(subscriber.number, message, visit.now))
    return let_in(visit, subscriber, Stage.OPEN, fresh, node)
