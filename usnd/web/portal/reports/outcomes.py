"""What became of a call, of a conference and how it was launched, in plain words.

Of the subscriber's own telephone they are those of the texts that say it (domain/replies/conference.py).
"""

from usnd.domain.billing.cdr import ForeignOutcome
from usnd.domain.conference.call import CallOutcome
from usnd.domain.conference.model import EndReason, LaunchedBy
from usnd.domain.replies.catalogue import Say
from usnd.domain.replies.conference import why_not_in
from usnd.web.portal.words import N_

_UNKNOWN = N_("what became of the call is not known")
_OTHERS: dict[CallOutcome, str] = {
    CallOutcome.COMPLETED: N_("was in"),
    CallOutcome.NOT_ACCEPTED: N_("nobody pressed 1"),
    CallOutcome.BUSY: N_("the phone was busy"),
    CallOutcome.NO_ANSWER: N_("nobody answered"),
    CallOutcome.REJECTED: N_("the call was rejected"),
    CallOutcome.UNREACHABLE: N_("the phone could not be reached"),
    CallOutcome.NO_CREDIT: N_("there was not enough credit"),
    CallOutcome.CONGESTED: N_("all lines were busy"),
    CallOutcome.OVERFLOWED: N_("all lines were busy"),
    CallOutcome.FAILED: N_("the call failed"),
    CallOutcome.CANCELLED: N_("the call was ended before"),
    CallOutcome.VOICE_LOST: N_("a fault broke the call off"),
    CallOutcome.UNKNOWN: _UNKNOWN,
}
_OWN = {
    Say.WAS_BUSY: N_("your phone was busy"),
    Say.DID_NOT_ANSWER: N_("you did not answer"),
    Say.DID_REJECT: N_("the call to your phone was rejected"),
    Say.DID_NOT_PRESS: N_("nobody pressed 1"),
    Say.WAS_UNREACHABLE: N_("your phone could not be reached"),
}
LAUNCHED: dict[LaunchedBy | None, str] = {
    LaunchedBy.TEXT: N_("by you, by SMS"),
    LaunchedBy.PORTAL: N_("by you, in this portal"),
    LaunchedBy.CALL: N_("by you, by calling its number"),
    LaunchedBy.PIN: N_("by a call with its Activation PIN"),
    LaunchedBy.COMMAND: N_("by your operator"),
    None: N_("in a way that is not known any more"),
}
ENDED: dict[EndReason | None, str] = {
    EndReason.SUBSCRIBER_AWAY: N_("you were away for too long"),
    EndReason.TOLD: N_("it was ended by you or your operator"),
    EndReason.NO_CREDIT: N_("there was not enough credit on your account"),
    EndReason.EMPTY: N_("everybody had left"),
    EndReason.TIME_LIMIT: N_("it had reached the longest time that your service allows"),
    EndReason.VOICE_LOST: N_("a fault broke it off"),
    EndReason.NO_MINUTES: N_("your conference minutes of the month were used up"),
    None: N_("everybody had left"),
}


def outcome_in_words(outcome: CallOutcome | ForeignOutcome | None, *, own: bool) -> str:
    """Why somebody did not come in, or that they did; to be translated. own: the subscriber themselves."""
    if not isinstance(outcome, CallOutcome):
        return _UNKNOWN
    say = why_not_in(outcome) if own else None
    return _OTHERS[outcome] if say is None else _OWN[say]
