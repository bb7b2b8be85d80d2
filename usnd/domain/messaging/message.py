"""The life of a text: what came in (MO), what goes out (MT), and its states.

What a text says is domain/sms/grammar.py's; which of two equal texts is a duplicate, duplicates.py's. What
is made for each text of a blast is no dataclass: that costs ten times as much to make.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from usnd.domain.tables import TableKey


@dataclass(frozen=True, slots=True)
class IncomingText:
    """A mobile-originated text as an SMSC delivered it.

    `session` names the bind it came over; `fingerprint` is equal for equal deliveries (addresses and bytes).
    waited: how long it may have lain unread. repeated: an equal one was answered on this bind, and nothing
    that came before shows that the SMSC read that in time. identified: its fingerprint has the SMSC's own id.
    cut: something behind the body is missing.
    """

    smsc: str
    session: str
    sender: str
    recipient: str
    body: str
    fingerprint: str
    waited: timedelta = timedelta(0)
    repeated: bool = False
    identified: bool = False
    cut: bool = False


class Priority(TableKey):
    """Replies go before everything else."""

    REPLY = 0
    BULK = 1


class MtState(TableKey):
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


class OutgoingText(msgspec.Struct, frozen=True):
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


class Draft(msgspec.Struct, frozen=True):
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


class Settlement(msgspec.Struct, frozen=True):
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
