"""What who is signed in does in their running conference; services/conference/administration.py does it.

portal.py has found out whose session it is. A conference of anybody else is as one that does not run.
"""

from dataclasses import dataclass

from usnd.domain.directory.model import Subscriber
from usnd.domain.portal.outcomes import Outcome
from usnd.domain.portal.steering import Act
from usnd.services.asker import Asker
from usnd.services.conference.administration import Administration, Refused, Why
from usnd.services.portal.directory import refused
from usnd.services.portal.visit import Came


@dataclass(frozen=True, slots=True)
class Steering:
    """conference: which, None: the one that runs. call: by its id. words: whom to add."""

    act: Act
    conference: int | None = None
    call: str = ""
    words: tuple[str, ...] = ()


async def steer(administration: Administration, subscriber: Subscriber, asked: Steering, by: Asker) -> Came:
    """DONE with the conference, and how many are called; REFUSED with why; BUSY: nothing was done."""
    try:
        conference = _theirs(administration, subscriber, asked.conference)
        called = await _do(administration, conference, asked, by)
    except Refused as why:
        if why.why is Why.BUSY:
            return Came(Outcome.BUSY)
        return Came(Outcome.REFUSED, fault=why.why.value) if why.reply is None else refused(why.reply)
    return Came(Outcome.DONE, conference=conference, called=called)


def _theirs(administration: Administration, subscriber: Subscriber, wanted: int | None) -> int:
    """The one that is wanted, if it is theirs; else the newest of theirs. Raises Refused."""
    theirs = [one.id for one in administration.live() if one.subscriber_id == subscriber.id]
    if wanted is None and theirs:
        return max(theirs)
    if wanted is None or wanted not in theirs:
        raise Refused("they have no such conference", Why.OVER)
    return wanted


async def _do(administration: Administration, conference: int, asked: Steering, by: Asker) -> int:
    """How many are called by it."""
    act, call = asked.act, asked.call
    match act:
        case Act.END:
            await administration.end(conference, by)
        case Act.LOCK | Act.UNLOCK:
            await administration.lock(conference, by, on=act is Act.LOCK)
        case Act.MUTE_ALL | Act.UNMUTE_ALL:
            await administration.mute(conference, None, by, on=act is Act.MUTE_ALL)
        case Act.RECORD | Act.STOP_RECORDING:
            await administration.record(conference, by, on=act is Act.RECORD)
        case Act.MUTE | Act.UNMUTE:
            await administration.mute(conference, call, by, on=act is Act.MUTE)
        case Act.DROP:
            await administration.drop(conference, call, by)
        case Act.CALL:
            return len(await administration.call_again(conference, call, by))
        case Act.ADD:
            return len(await administration.add(conference, asked.words, by))
    return 0
