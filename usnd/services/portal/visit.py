"""Who asks for something at the portal, and what every unit of work of it needs.

Each request of the site says where it comes from. Who is signed in is found by the token, and whatever is
asked for is done for that subscriber: no request names another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from usnd.domain.conference.picture import Picture
from usnd.domain.dial_in.admission import DialInNumbers
from usnd.domain.directory.model import Subscriber, most_participants_of
from usnd.domain.messaging.message import Draft, OutgoingText
from usnd.domain.numbers.e164 import to_e164
from usnd.domain.portal.outcomes import Noted, Outcome
from usnd.domain.portal.sessions import (
    SessionRules,
    SessionState,
    digest_of,
    is_to_be_seen,
    seen,
    state_of,
)
from usnd.domain.replies.catalogue import DEFAULT_LANGUAGE
from usnd.domain.subscribers.attributes import NodeOwn
from usnd.domain.subscribers.credentials import CredentialKey
from usnd.store.core.transaction import Transaction
from usnd.store.portal.audit import AuditLine
from usnd.store.portal.sessions import SignedIn

NOBODY = "none"
"""In the place of a number, where what was typed is none."""


@dataclass(frozen=True, slots=True)
class PortalNode:
    """What the node has of its own. region: whose national numbers are meant.

    call_back: the number where PINs are asked for, as people dial it; empty: as the switch sends it.
    most_participants: in one conference. floor: how many seconds asking for a code takes at least: a number
    that is nobody's takes no less. own: what it has for subscribers who set nothing.
    """

    key: CredentialKey
    region: str
    rules: SessionRules
    numbers: DialInNumbers
    call_back: str = ""
    floor: float = 0.4
    most_participants: int = 60
    own: NodeOwn = field(default_factory=lambda: NodeOwn(DEFAULT_LANGUAGE))

    def most_of(self, subscriber: Subscriber) -> int:
        """How many people may be in a conference of theirs."""
        return most_participants_of(subscriber, self.most_participants)

    @property
    def pin_number(self) -> str:
        """Where PINs are asked for, as people dial it; empty: nowhere."""
        return self.numbers.common and (self.call_back or self.numbers.common)

    def account_of(self, typed: str) -> str:
        """The number as E.164, or NOBODY."""
        return to_e164(typed, self.region) or NOBODY


@dataclass(frozen=True, slots=True)
class WayIn:
    """Into an instant conference: the number to dial, or empty; the PINs where they were asked for."""

    number: int
    dnis: str
    activation: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A text of theirs, without its words. at: UTC. state: of one to them, as MtState says; empty: from them.

    others: to how many people it was passed on; reached: to how many of these it was sent.
    """

    at: datetime
    state: str = ""
    others: int = 0
    reached: int = 0


@dataclass(frozen=True, slots=True)
class Came:
    """What a request came to. token: of the session that began; device: for its cookie.

    choosing: that session may only choose a password. wait: seconds until it may be tried again. fault: of
    a password. said: a sentence in the subscriber's language. called: how many, beside the subscriber.
    common: the number where PINs are asked for. place, values: of a form, where the fault is and what fills
    its words. names: what was deleted or is back; left_out: what was not. removal: by which a deletion is
    undone. texts: newest first; rest: where the next page of them goes on, empty: there is none.
    import_id: of an import that began; region: whose national numbers its file means.
    picture: of the conference that they have now.
    """

    outcome: Outcome
    token: str = field(default="", repr=False)
    device: str = field(default="", repr=False)
    choosing: bool = False
    wait: int = 0
    fault: str = ""
    said: str = ""
    conference: int | None = None
    called: int = 0
    common: str = ""
    ways: tuple[WayIn, ...] = field(default=(), repr=False)
    place: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    removal: int | None = None
    names: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    texts: tuple[TextLine, ...] = ()
    rest: tuple[int, ...] = ()
    import_id: int | None = None
    region: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, in a unit of work. now: UTC. source: as domain/portal/sources.py has it."""

    tx: Transaction
    now: datetime
    source: str
    noted: list[AuditLine]
    """What happened, to be told to the journal after the commit."""
    texts: list[OutgoingText]
    """What is to be sent then."""

    def note(self, what: Noted, number: str, about: str = "") -> None:
        """Keeps it for the audit."""
        line = AuditLine(self.now, number, self.source, what.value, about)
        self.tx.portal_audit.add(line)
        self.noted.append(line)

    def queue(self, draft: Draft) -> OutgoingText:
        """Queues a text, which goes once this is committed."""
        (text,) = self.tx.texts.queue_mt([draft])
        self.texts.append(text)
        return text

    def signed_in(self, token: str, rules: SessionRules, wanted: SessionState) -> SignedIn | None:
        """Whose token it is, if the session is good for that; None: it is not. It is seen by this."""
        digest = digest_of(token)
        found = self.tx.portal_sessions.find(digest)
        if found is None:
            return None
        session, subscriber = found
        state = state_of(session, self.now, suspended=subscriber.suspended)
        if state is SessionState.SUSPENDED:
            self.tx.portal_sessions.end_all(subscriber.id)
        if state is not wanted:
            return None
        if is_to_be_seen(session, self.now):
            self.tx.portal_sessions.seen(digest, seen(session, self.now, rules))
        return found
