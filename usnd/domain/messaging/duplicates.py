"""Which of two equal texts that came in is a second delivery of the first, and which a second wish (S11).

services/messaging/incoming_batch.py asks for each text whose fingerprint is in the store already.
smpp/link/repeats_on_bind.py says which deliveries the SMSC may have sent again on the same bind.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from usnd.domain.messaging.message import IncomingText


@dataclass(frozen=True, slots=True)
class RepeatRules:
    """What the operator may set about texts that an SMSC delivers again.

    window: for how long it may do so. repeats_after: how long it waits for an answer, at least.
    """

    window: timedelta = timedelta(minutes=10)
    repeats_after: timedelta = timedelta(seconds=4)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A text with the same fingerprint that is in the store already. received_at: at the earliest."""

    id: int
    session: str
    received_at: datetime
    answer_read_at: datetime | None
    """When the SMSC answered our reply on the same session: it had read our answer to the text before."""
    redelivered_over: frozenset[str] = frozenset()
    """The sessions over which it was taken for delivered again."""


def is_duplicate(text: IncomingText, earlier: Earlier, rules: RepeatRules, now: datetime) -> bool:
    """Whether the text is a second delivery of the earlier one, not a second wish (REQUIREMENTS S11).

    An equal text within the window       | is a duplicate
    --------------------------------------+------------------------------------------------------------------
    with the SMSC's own id, the same      | always
    on a bind over which it came before   | if nothing shows that the SMSC read in time what it was answered
                                          | there last (`repeated`)
    on another bind                       | if nothing shows that the SMSC read the first answer in time

    In time: before it would deliver again by itself. What it reads later it throws away, and repeats all the
    same. On a new bind it repeats once, for there it reads our answer or loses that bind, too (decision 28).
    """
    if now - earlier.received_at > rules.window:
        return False
    if text.identified:
        return True
    if text.session == earlier.session or text.session in earlier.redelivered_over:
        return text.repeated
    read_at = earlier.answer_read_at
    return read_at is None or read_at - earlier.received_at > rules.repeats_after
