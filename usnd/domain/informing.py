"""What the subscriber is told by text about a conference that runs or is over. Its words: replies.py."""

from collections.abc import Mapping

from usnd.domain.conference import (
    TellMenu,
    TellNoCredit,
    TellNoLine,
    TellNoMinutes,
    TellNotRecorded,
    TellRevived,
    TellTimeLimit,
    Text,
)
from usnd.domain.menu import Menu, described
from usnd.domain.replies import Reply, Say, reply

_SAYS: Mapping[type[Text], Say] = {
    TellNoCredit: Say.NO_CREDIT,
    TellTimeLimit: Say.TIME_LIMIT,
    TellNoMinutes: Say.MINUTES_ENDED,
    TellNoLine: Say.NO_LINE_FOR,
    TellRevived: Say.REVIVED,
    TellNotRecorded: Say.NOT_RECORDED,
}


def message_of(command: Text, menu: Menu) -> Reply:
    """In the first language; `menu`: the keys of this node."""
    if isinstance(command, TellMenu):
        return reply(Say.MENU, keys=described(menu))
    return reply(_SAYS[type(command)])
