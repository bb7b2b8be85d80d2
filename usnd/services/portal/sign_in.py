"""Units of work of the way in by a password: a try is counted, then looked at, then settled.

portal.py has the password hashed between the two, outside of any transaction. In between anything may have
changed, so that the second unit looks again at all that counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from usnd.domain.directory.model import Subscriber
from usnd.domain.portal.codes import device_cookie, is_same, known_device
from usnd.domain.portal.lockout import Counters, admit, forgive, keys_of_sign_in
from usnd.domain.portal.outcomes import Noted, Outcome
from usnd.domain.portal.passwords import as_first
from usnd.domain.portal.sessions import Stage, begin, digest_of
from usnd.domain.subscribers.credentials import CredentialKey, stored
from usnd.domain.subscribers.orders import Credentials
from usnd.services.portal.visit import Came, PortalNode, Visit
from usnd.store.portal.accounts import Keys


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody typed. account: their number, or NOBODY. device: what their browser has kept."""

    account: str
    password: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whose password is to be looked at. keys: what opens the account; of nobody's, nothing does."""

    keys: Keys
    device: str | None
    counted: Counters


@dataclass(frozen=True, slots=True)
class Fresh:
    """What was drawn for a session that may begin."""

    token: str
    device: str


def seconds_until(closed_until: datetime, now: datetime) -> int:
    """Whole ones, never too few."""
    return max(1, -(-(closed_until - now) // timedelta(seconds=1)))


def count_try(visit: Visit, given: Given, node: PortalNode) -> Candidate | Came:
    """The try counts from now on; CLOSED: it is not looked at."""
    device = known_device(node.key, given.account, given.device)
    keys = keys_of_sign_in(given.account, visit.source, device)
    admission = admit(keys, visit.tx.portal_counters.find(keys), visit.now)
    if admission.closed_until is not None:
        visit.note(Noted.CLOSED, given.account)
        return Came(Outcome.CLOSED, wait=seconds_until(admission.closed_until, visit.now))
    visit.tx.portal_counters.save(admission.counters)
    found = visit.tx.subscribers.by_number(given.account)
    opens = Keys(None, None) if found is None else visit.tx.portal_accounts.keys_of(found.id)
    return Candidate(opens, device, admission.counters)


def is_first_password(key: CredentialKey, given: Given, keys: Keys) -> bool:
    """Whether it is the first password, and still good; it takes as long where there is none."""
    said = stored(key, Credentials(given.account, as_first(given.password)))
    return is_same(said, keys.credential or "") and keys.hash is None


def settle(
    visit: Visit, given: Given, candidate: Candidate, stage: Stage | None, fresh: Fresh, node: PortalNode
) -> Came:
    """What became of it. stage: of the session that may begin, if the account is as it was; None: none."""
    found = visit.tx.subscribers.by_number(given.account)
    if stage is None or found is None or visit.tx.portal_accounts.keys_of(found.id) != candidate.keys:
        visit.note(Noted.NOT_SIGNED_IN, given.account)
        return Came(Outcome.WRONG)
    counters = visit.tx.portal_counters.find([*candidate.counted])
    visit.tx.portal_counters.save(forgive(counters))
    if found.suspended:
        visit.note(Noted.SUSPENDED, given.account)
        return Came(Outcome.SUSPENDED)
    visit.note(Noted.FIRST_SIGNED_IN if stage is Stage.FIRST else Noted.SIGNED_IN, given.account)
    return let_in(visit, found, stage, fresh, node)


def let_in(visit: Visit, subscriber: Subscriber, stage: Stage, fresh: Fresh, node: PortalNode) -> Came:
    """A session begins. Only by a password that was chosen a device becomes one that is known."""
    session = begin(subscriber.id, stage, visit.now, node.rules)
    visit.tx.portal_sessions.begin(digest_of(fresh.token), session)
    if stage is not Stage.OPEN:
        return Came(Outcome.DONE, fresh.token, choosing=True)
    return Came(Outcome.DONE, fresh.token, device_cookie(node.key, subscriber.number, fresh.device))
