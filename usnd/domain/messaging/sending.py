"""What becomes of an outgoing text at an SMSC that answers, refuses, is late, or leaves (S3, S13).

Called by the sending side for each thing it hears of a text; gives the text's next state, how long it waits
before it goes again, and when to give up. Pure: times are seconds, given by the caller.

A text is *in doubt* when the SMSC may have taken it without saying so. Each doubt is one attempt, and is in
the store before the text goes again, so that a restart does not begin to count anew. What an SMSC refused
for now it did not take: such a text goes again until it expires, and no attempt is counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from usnd.domain.messaging.message import MtState
from usnd.domain.tables import TableKey


class SendState(TableKey):
    """Where a text stands. The value is what the store, the journal and the status say."""

    QUEUED = "queued"  # waits for its turn
    UNDER_WAY = "under way"  # written; the answer may still be in time
    OVERDUE = "overdue"  # the answer is late, and may still come
    RETRYING = "retrying"  # waits to go again; no answer can come any more
    SENT = "sent"
    REJECTED = "rejected"  # the SMSC refused it for good
    EXPIRED = "expired"  # surely not taken in time
    UNKNOWN = "unknown"  # sent as often as is allowed, or expired, and perhaps taken
    SET_ASIDE = "set aside"  # it ends binds, or cannot be written: others go on
    WITHDRAWN = "withdrawn"  # taken back in the store before it was written


class SendEvent(TableKey):
    """What is heard of a text."""

    WRITTEN = "written"
    TAKEN = "all of it taken"
    REFUSED = "refused for good"
    POSTPONED = "refused for now"
    LATE = "answer late"
    LOST = "bind lost"
    DUE = "due again"
    EXPIRED = "expired"
    EXPIRED_IN_DOUBT = "expired in doubt"
    GIVEN_UP = "given up"
    ENDS_BINDS = "ends binds"
    FAULTY = "cannot be written"
    WITHDRAWN = "taken back"


ENDED = frozenset(
    {
        SendState.SENT,
        SendState.REJECTED,
        SendState.EXPIRED,
        SendState.UNKNOWN,
        SendState.SET_ASIDE,
        SendState.WITHDRAWN,
    }
)

S, E = SendState, SendEvent
_ENDS = {
    E.TAKEN: S.SENT,
    E.REFUSED: S.REJECTED,
    E.EXPIRED: S.EXPIRED,
    E.EXPIRED_IN_DOUBT: S.UNKNOWN,
    E.GIVEN_UP: S.UNKNOWN,
    E.ENDS_BINDS: S.SET_ASIDE,
    E.FAULTY: S.SET_ASIDE,
    E.WITHDRAWN: S.WITHDRAWN,
}


def _row(state: SendState, *cells: SendState) -> dict[tuple[SendState, SendEvent], SendState]:
    """The cells of what does not end a text, in the order of the head; what ends one ends it always."""
    goes_on = (E.WRITTEN, E.POSTPONED, E.LATE, E.LOST, E.DUE)
    return {(state, event): after for event, after in (*zip(goes_on, cells, strict=True), *_ENDS.items())}


SEND_TABLE: Mapping[tuple[SendState, SendEvent], SendState] = {
    #                 WRITTEN      POSTPONED   LATE       LOST        DUE
    **_row(S.QUEUED, S.UNDER_WAY, S.RETRYING, S.OVERDUE, S.RETRYING, S.QUEUED),
    **_row(S.UNDER_WAY, S.UNDER_WAY, S.RETRYING, S.OVERDUE, S.RETRYING, S.QUEUED),
    **_row(S.OVERDUE, S.OVERDUE, S.OVERDUE, S.OVERDUE, S.RETRYING, S.QUEUED),
    **_row(S.RETRYING, S.RETRYING, S.RETRYING, S.OVERDUE, S.RETRYING, S.QUEUED),
    # What has ended stays so: an answer that comes after it is only counted.
    **{(state, event): state for state in SendState if state in ENDED for event in SendEvent},
}

STORED_AS: Mapping[SendState, MtState] = {
    S.SENT: MtState.SENT,
    S.REJECTED: MtState.REJECTED,
    S.EXPIRED: MtState.EXPIRED,
    # Releases before this one know neither: they find the nearest that they know, the rest is beside it.
    S.UNKNOWN: MtState.EXPIRED,
    S.SET_ASIDE: MtState.REJECTED,
    S.WITHDRAWN: MtState.REJECTED,
}


@dataclass(frozen=True, slots=True)
class RetryRules:
    """What the operator may set. most: how often a text goes whose answer never comes; pause: seconds before
    the first repetition, during which a late answer still settles it; each further pause is twice as long.
    """

    most: int = 4
    pause: float = 30.0


LOSSES_TO_GO_ALONE = 2
"""Binds that ended while a text was under way, from which on it goes alone: the next end names it."""
_LOST_ALONE = 2
"""Binds that ended while nothing else was under way, of a text that is set aside rather than unknown."""
_LONGEST_PAUSE = 600.0
_FIRST_REFUSAL_PAUSE = 1.0
_LONGEST_REFUSAL_PAUSE = 60.0
_MOST_DOUBLINGS = 16


def pause_in_doubt(attempts: int, rules: RetryRules, *, lost: bool) -> float:
    """Seconds until a text goes again that `attempts` times got no answer.

    lost: the bind is gone, so that no late answer is to be waited for. The first times such a text goes again
    with the next bind, then alone; the pauses behind that are for a text with which binds end.
    """
    at_once = LOSSES_TO_GO_ALONE if lost else 0
    if attempts <= at_once:
        return 0.0
    doublings = min(_MOST_DOUBLINGS, attempts - at_once - 1)
    return max(rules.pause, min(_LONGEST_PAUSE, rules.pause * 2.0**doublings))


def pause_refused(refusals: int) -> float:
    """Seconds until a text goes again that the SMSC refused for now, so many times."""
    return min(_LONGEST_REFUSAL_PAUSE, _FIRST_REFUSAL_PAUSE * 2.0 ** min(_MOST_DOUBLINGS, refusals - 1))


def when_due(attempts: int, lost_alone: int, rules: RetryRules) -> SendEvent:
    """What follows when the pause is over and no answer came: once more, or the end."""
    if attempts < rules.most:
        return SendEvent.DUE
    return SendEvent.ENDS_BINDS if lost_alone >= _LOST_ALONE else SendEvent.GIVEN_UP


def when_expired(attempts: int) -> SendEvent:
    """How a text ends whose time is over."""
    return SendEvent.EXPIRED_IN_DOUBT if attempts else SendEvent.EXPIRED
