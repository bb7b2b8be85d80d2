"""What the subscriber is told by text about a conference that runs or is over. Its words: catalogue.py."""

from collections.abc import Mapping

from usnd.domain.conference.announcements import TellNobodyReached, TellNotReached
from usnd.domain.conference.call import CallOutcome
from usnd.domain.conference.commands import (
    TellMenu,
    TellNoCredit,
    TellNoLine,
    TellNoMinutes,
    TellNotRecorded,
    TellRevived,
    TellTimeLimit,
    Text,
)
from usnd.domain.conference.dtmf_menu import Menu, described
from usnd.domain.replies.catalogue import Reply, Say, reply

_WHY: Mapping[CallOutcome, Say] = {
    CallOutcome.UNREACHABLE: Say.WAS_UNREACHABLE,
    CallOutcome.BUSY: Say.WAS_BUSY,
    CallOutcome.NO_ANSWER: Say.DID_NOT_ANSWER,
    CallOutcome.REJECTED: Say.DID_REJECT,
    CallOutcome.NOT_ACCEPTED: Say.DID_NOT_PRESS,
}
"""Why the subscriber is not in; in all other cases the telephone was not reached."""

_SAYS: Mapping[type[Text], Say] = {
    TellNoCredit: Say.NO_CREDIT,
    TellTimeLimit: Say.TIME_LIMIT,
    TellNoMinutes: Say.MINUTES_ENDED,
    TellNoLine: Say.NO_LINE_FOR,
    TellRevived: Say.REVIVED,
    TellNotRecorded: Say.NOT_RECORDED,
}


def why_not_in(outcome: CallOutcome) -> Say | None:
    """What is said of the subscriber's own telephone; None: nothing of its own is said of that."""
    return _WHY.get(outcome)


def message_of(command: Text, menu: Menu) -> Reply:
    """In the first language; `menu`: the keys of this node."""
    match command:
        case TellMenu():
            return reply(Say.MENU, keys=described(menu))
        case TellNotReached(outcome=outcome, live=live, again=again):
            say = Say.CALLED_AGAIN if again else Say.NOT_REACHED if live else Say.NOT_HELD
            return reply(say, why=_WHY.get(outcome, Say.WAS_UNREACHABLE))
        case TellNobodyReached(people=people, host=host):
            said = tuple(f"{who} ({outcome.value.replace('-', ' ')})" for who, outcome in people)
            if host is None:
                return reply(Say.NOBODY_REACHED, people=said)
            return reply(Say.NOBODY_AT_ALL, why=_WHY.get(host, Say.WAS_UNREACHABLE), people=said)
    return reply(_SAYS[type(command)])
