"""What a subscriber is told of texts to others that were not sent: one text for a whole blast (S3, S10)."""

from collections.abc import Sequence

from usnd.domain.messaging.sending import SendState
from usnd.domain.replies.catalogue import Reply, Say, reply

_WHY = {
    SendState.REJECTED.value: Say.NETWORK_REFUSED,
    SendState.EXPIRED.value: Say.NETWORK_NOT_IN_TIME,
}


def unsent_reply(texts: Sequence[tuple[str, str]]) -> Reply:
    """texts: who was not reached, in the subscriber's words, each with the ending of the text; at least one.

    What may have been taken is told apart: to send that again could be once too often.
    """
    unsure = tuple(name for name, ending in texts if ending == SendState.UNKNOWN.value)
    surely = [(name, ending) for name, ending in texts if ending != SendState.UNKNOWN.value]
    perhaps = reply(Say.PERHAPS_SENT, names=unsure)
    if not surely:
        return perhaps
    reasons = {ending for _, ending in surely}
    why = _WHY.get(reasons.pop(), Say.NETWORK_DID_NOT) if len(reasons) == 1 else Say.NETWORK_DID_NOT
    told = reply(Say.NOT_SENT, names=tuple(name for name, _ in surely), why=why)
    return Reply(told.say, told.values, also=perhaps if unsure else None)
