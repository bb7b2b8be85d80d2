"""Between conferences and Asterisk: commands become actions, and what a survey found becomes news.

conferences.py calls it. What each failure of an action means for the call is decided here; what follows from
that, in domain/conference/decide.py.
"""

from collections.abc import Iterator
from datetime import datetime

import structlog

from usnd.asterisk.ami import AmiDown, AmiError, AmiTimeout
from usnd.asterisk.calls import Calls
from usnd.asterisk.progress import Survey
from usnd.domain.conference.announcements import Announce, Tell
from usnd.domain.conference.call import Call, CallEvent, CallNews, CallState
from usnd.domain.conference.commands import (
    Admit,
    CallAction,
    Goodbye,
    HangUp,
    Mute,
    PlaceCall,
    RoomAction,
    TurnAway,
)
from usnd.domain.conference.model import Conference
from usnd.domain.recording.files import RecordAction, RecorderNews, StartRecording, StopRecording
from usnd.services.recording.recordings import Recordings

_EVENT_OF_STATE = {
    CallState.DIALLING: CallEvent.PLACED,
    CallState.RINGING: CallEvent.RINGING,
    CallState.ANSWERED: CallEvent.ANSWERED,
    CallState.JOINED: CallEvent.JOINED,
    CallState.LEAVING: CallEvent.LEFT,
}


class VoiceActions:
    """Does in Asterisk what conferences ask for."""

    def __init__(self, calls: Calls, recordings: Recordings) -> None:
        self._calls = calls
        self._recordings = recordings

    async def carry_out(
        self, action: CallAction | RoomAction | RecordAction
    ) -> CallNews | RecorderNews | None:
        """Gives the news that Asterisk will not send by itself, if any."""
        if isinstance(action, StartRecording | StopRecording):
            return await self._recordings.carry_out(action)
        return await carry_out(self._calls, action)

    def follow(self, before: Conference, after: Conference) -> None:
        """A conference has changed: its recordings may have failed, or go on."""
        self._recordings.follow(before, after)

    async def forget(self, calls: list[str]) -> None:
        """Deletes what Asterisk keeps of calls that are over and saved; else the next survey does."""
        try:
            await self._calls.forget(calls)
        except AmiError as error:
            log = structlog.get_logger("usnd.conference")
            log.debug("call records left to the next survey", error=str(error))


async def carry_out(calls: Calls, action: CallAction | RoomAction) -> CallNews | None:
    """Does what the conference asks for. Gives the news that Asterisk will not send by itself, if any.

    A link that is down, or an action without an answer, is no news: the next survey tells, or the deadline.
    """
    if isinstance(action, RoomAction):
        await _in_the_room(calls, action)
        return None
    log = structlog.get_logger("usnd.conference")
    try:
        there = await _to_the_call(calls, action)
    except (AmiDown, AmiTimeout) as error:
        log.warning("action left to the next survey", call=action.call, error=str(error))
        return None
    except AmiError as error:
        log.error("action refused by asterisk", call=action.call, error=str(error))
        return CallNews(action.call, CallEvent.REFUSED)
    return None if there else CallNews(action.call, CallEvent.MISSING)


async def _to_the_call(calls: Calls, action: CallAction) -> bool:
    """False when Asterisk has no such call."""
    match action:
        case PlaceCall(call, number, calling_number, room, ring, ask, trunk):
            await calls.place(call, number, calling_number, room, ring, ask=ask, trunk=trunk)
            return True
        case Admit(call, room):
            return await calls.admit(call, room)
        case Goodbye(call, reason):
            return await calls.goodbye(call, reason.value)
        case HangUp(call):
            return await calls.hang_up(call)
        case TurnAway(call, reason):
            return await calls.turn_away(call, reason)


async def _in_the_room(calls: Calls, action: RoomAction) -> None:
    """What is no matter of life and death of a call: a failure is told in the journal, and that is all."""
    log = structlog.get_logger("usnd.conference")
    try:
        match action:
            case Mute(call, on):
                await calls.mute(call, on=on)
            case Announce(room, notice, count):
                await calls.announce(room, notice.value, count)
            case Tell(call, notice, count):
                await calls.tell(call, notice.value, count)
    except AmiError as error:
        log.warning("not done in the room", action=type(action).__name__.lower(), error=str(error))


def news_of(
    survey: Survey,
    call: Call,
    now: datetime,
    started: datetime | None = None,
    seen: datetime | None = None,
) -> Iterator[tuple[CallNews, datetime]]:
    """What a survey says about a call that we believe alive, with the times at which it happened (UTC).

    started: when this Asterisk did. A call that was up before is not its: it was another server's, or died.
    seen: until when the calls of this node are surely known to have been up, if that is known.
    """
    known = None if seen is None else min(now, max(seen, *_times_of(call)))
    if live := survey.live.get(call.id):
        if live.answered_at is not None and call.answered_at is None:
            yield CallNews(call.id, CallEvent.ANSWERED), live.answered_at
        yield CallNews(call.id, _EVENT_OF_STATE[live.state]), now
    elif settled := survey.settled.get(call.id):
        if settled.answered_at is not None and call.answered_at is None:
            yield CallNews(call.id, CallEvent.ANSWERED), settled.answered_at
        if settled.joined_at is not None and call.joined_at is None:
            yield CallNews(call.id, CallEvent.JOINED), settled.joined_at
        if settled.ended_at is None:
            yield CallNews(call.id, CallEvent.VOICE_LOST, known_until=known), now
        else:
            yield CallNews(call.id, CallEvent.ENDED, settled.cause), settled.ended_at
    elif call.id not in survey.heard:
        placed = call.state is not CallState.PLANNED
        lost = placed and started is not None and call.planned_at < started
        event = CallEvent.VOICE_LOST if lost else CallEvent.MISSING
        yield CallNews(call.id, event, known_until=known), now


def _times_of(call: Call) -> Iterator[datetime]:
    """At which it was heard of."""
    yield call.planned_at
    yield from filter(None, (call.rang_at, call.answered_at, call.joined_at, call.leaving_since))
