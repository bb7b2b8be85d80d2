"""The life of a text: what came in (MO), what goes out (MT), and which of two equal texts is a duplicate.

Owns states, expiry and the duplicate rule. Refuses to know what a text says (grammar.py) and how it travels.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


@dataclass(frozen=True, slots=True)
class IncomingText:
    """A mobile-originated text as an SMSC delivered it.

    `session` names the bind it came over; `fingerprint` is equal for equal deliveries (addresses and bytes).
    """

    smsc: str
    session: str
    sender: str
    recipient: str
    body: str
    fingerprint: str


class Priority(Enum):
    """Replies go before everything else."""

    REPLY = 0
    BULK = 1


class MtState(Enum):
    """QUEUED ends by the SMSC's answer, by expiry, or when it was sent often enough (REQUIREMENTS S3, S13;
    sending.py), SENT by receipts, if any.

    state       | submit_sm_resp  | expired | receipts, final
    ------------+-----------------+---------+------------------------------------------------
    queued      | sent, rejected  | expired | -
    sent        | -               | -       | delivered with the last one, undelivered with one
    undelivered | -               | -       | undelivered
    """

    QUEUED = "queued"
    SENT = "sent"
    REJECTED = "rejected"
    EXPIRED = "expired"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True)
class OutgoingText:
    """A mobile-terminated text that waits for, or has, the SMSC's answer; times are UTC.

    attempts: how often it was sent without one; due_at: not to go again before.
    """

    id: int
    smsc: str
    sender: str
    recipient: str
    body: str
    queued_at: datetime
    expires_at: datetime
    priority: Priority = Priority.REPLY
    attempts: int = 0
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A text to be queued; `mo_id` is the text it answers. Times are UTC."""

    smsc: str
    sender: str
    recipient: str
    body: str
    queued_at: datetime
    expires_at: datetime
    priority: Priority = Priority.REPLY
    mo_id: int | None = None

    def queued(self, number: int) -> OutgoingText:
        """The text as it waits, under its id."""
        return OutgoingText(
            number,
            self.smsc,
            self.sender,
            self.recipient,
            self.body,
            self.queued_at,
            self.expires_at,
            self.priority,
        )


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a text left the queue: in which bind, and what the SMSC called it or said.

    receipts_due: the ids of its segments, if receipts were asked for. ending: of a text that was not sent, in
    the words of sending.py.
    """

    text_id: int
    state: MtState
    session: str | None = None
    smsc_message_id: str | None = None
    error: str | None = None
    receipts_due: tuple[str, ...] = ()
    ending: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A text was sent `attempts` times without an answer, and goes again at `due_at` (UTC)."""

    text_id: int
    attempts: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Earlier:
    """A text with the same fingerprint that is in the store already."""

    id: int
    session: str
    received_at: datetime
    answer_seen: bool
    """The SMSC answered our reply on the same session: it had read our answer to the text before."""
    redelivered_over: frozenset[str] = frozenset()
    """The sessions over which it was taken for delivered again."""


def is_duplicate(text: IncomingText, earlier: Earlier, window: timedelta, now: datetime) -> bool:
    """Whether the text is a second delivery of the earlier one, not a second wish (REQUIREMENTS S11).

    An SMSC delivers again when it did not get our answer: on another session, soon, and once, for there it
    reads our answer or loses that session too. So on a session over which the text came already, be it as
    the first or again, an equal one is the subscriber's own repetition; so is one after the SMSC has shown
    that it read our answer.
    """
    if earlier.answer_seen or text.session == earlier.session or text.session in earlier.redelivered_over:
        return False
    return now - earlier.received_at <= window
