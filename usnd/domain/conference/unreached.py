"""Nobody is left in silence: what failed is said in the room, and by text (REQUIREMENTS C13).

decide.py asks after each step: who is told what when people are missing, as a conference without its
subscriber, somebody who is alone, a number that was added in vain. The words: replies/catalogue.py for texts,
asterisk/prompts.py for the room.
"""

from collections.abc import Iterator
from dataclasses import replace

from usnd.domain.conference.announcements import (
    Announce,
    CheckAlone,
    Notice,
    Tell,
    TellNobodyReached,
    TellNotReached,
)
from usnd.domain.conference.call import Call, CallOutcome, CallState, Direction, Role
from usnd.domain.conference.call_plan import attempts, changed_calls, ended_calls, owner_calls, owner_coming
from usnd.domain.conference.commands import ConferenceCommand, Step
from usnd.domain.conference.model import ABSENT, OVER, Conference, ConferenceState, EndReason

_TOLD_OTHERWISE = frozenset(
    {
        CallOutcome.COMPLETED,
        CallOutcome.CANCELLED,
        CallOutcome.VOICE_LOST,
        CallOutcome.OVERFLOWED,
        CallOutcome.NO_CREDIT,
    }
)
"""Ends of calls that are no failure, or that the subscriber is told of in other words."""
_OF_ADDED = {
    CallOutcome.BUSY: Notice.NUMBER_BUSY,
    CallOutcome.NO_ANSWER: Notice.NUMBER_NO_ANSWER,
    CallOutcome.NOT_ACCEPTED: Notice.NUMBER_NO_ANSWER,
}


def break_silence(before: Conference, step: Step) -> Step:
    """The step, with what people have to be told because of it."""
    after = step.conference
    if after is before:
        return step
    failed = [call for call in ended_calls(before, after) if call.outcome not in _TOLD_OTHERWISE]
    told: list[ConferenceCommand] = [*_of_the_host(before, after), *_alone(before, after)]
    if before.state not in OVER:
        told += [*_of_added(after, failed), *_texts(before, after, failed)]
    return replace(step, commands=(*step.commands, *told)) if told else step


def still_alone(conference: Conference, call_id: str) -> Step:
    """What who has been alone for a moment is told, if nobody came meanwhile."""
    in_room = [call for call in conference.calls if call.in_room]
    if [call.id for call in in_room] != [call_id] or conference.state in OVER | ABSENT:
        return Step(conference)
    others = [call for call in conference.calls if call.id != call_id]
    if any(call.joined_at is not None for call in others):
        notice = Notice.ALONE
    elif any(call.live and call.state is not CallState.LEAVING for call in others):
        notice = Notice.FIRST_IN
    else:
        notice = Notice.NOBODY_REACHED
    return Step(conference, (Tell(call_id, notice),))


def _of_the_host(before: Conference, after: Conference) -> Iterator[ConferenceCommand]:
    """Those in the room hear when its host is missing, and who comes in later hears it alone."""
    if after.state not in ABSENT:
        return
    notice = _missing(after)
    if after.state is not before.state:
        if any(call.in_room for call in after.calls):
            yield Announce(after.room, notice)
        return
    for was, call in changed_calls(before, after):
        if call.in_room and (was is None or not was.in_room):
            yield Tell(call.id, notice)


def _missing(conference: Conference) -> Notice:
    if conference.state is ConferenceState.RECALLING:
        return Notice.HOST_CALLED_AGAIN
    was_in = any(call.joined_at is not None for call in owner_calls(conference))
    return Notice.SUBSCRIBER_AWAY if was_in else Notice.HOST_NOT_REACHED


def _alone(before: Conference, after: Conference) -> Iterator[ConferenceCommand]:
    """Whoever has just become the only one in the room may be in silence: that is looked at in a moment."""
    in_room = [call.id for call in after.calls if call.in_room]
    were = [call.id for call in before.calls if call.in_room]
    if len(in_room) == 1 and in_room != were and after.state not in OVER | ABSENT:
        yield CheckAlone(in_room[0])


def _of_added(after: Conference, failed: list[Call]) -> Iterator[ConferenceCommand]:
    """The subscriber hears what became of a number that was added."""
    host = next((call for call in owner_calls(after) if call.in_room), None)
    for call in failed:
        added = attempts(after, call)[0].planned_at > after.launched_at
        if host is not None and added and _was_called(call):
            yield Tell(host.id, _OF_ADDED.get(call.outcome or CallOutcome.FAILED, Notice.NUMBER_UNREACHABLE))


def _texts(before: Conference, after: Conference, failed: list[Call]) -> Iterator[ConferenceCommand]:
    """One text a failure, once that is known: it began without its host, or nobody came."""
    if _is_decided(after) and not somebody_reached(after):
        if not _is_decided(before):
            yield from _nobody(before, after, failed)
    elif _host_missing(after):
        gave_up = after.end_reason is EndReason.SUBSCRIBER_AWAY and not somebody_reached(after)
        began = somebody_reached(after) and not (_host_missing(before) and somebody_reached(before))
        if gave_up or began:
            yield _not_reached(after)


def _nobody(before: Conference, after: Conference, failed: list[Call]) -> Iterator[ConferenceCommand]:
    host = _host_outcome(after) if _host_missing(after) else None
    people = tuple(_who(call) for call in _current(after) if call.outcome is not CallOutcome.OVERFLOWED)
    if not any(map(_was_called, _current(after))):
        if host is not None:
            yield _not_reached(after)
        return
    came = any(call.in_room for call in owner_calls(after)) and not _host_in(before)
    at_launch = any(attempts(after, call)[0].planned_at <= after.launched_at for call in failed)
    if host is None and not came and not at_launch:
        return
    yield TellNobodyReached(after.subscriber_number, people, host)
    if _host_in(before):
        yield from (Tell(call.id, Notice.NOBODY_REACHED) for call in owner_calls(after) if call.in_room)


def _not_reached(conference: Conference) -> TellNotReached:
    again = conference.state is ConferenceState.RECALLING or owner_coming(conference)
    outcome = _host_outcome(conference) or CallOutcome.FAILED
    live = conference.live and conference.state not in OVER
    return TellNotReached(conference.subscriber_number, outcome, live=live, again=again)


def somebody_reached(conference: Conference) -> bool:
    """A participant is in, or was: without one no conference has begun."""
    return any(call.joined_at is not None for call in _current(conference))


def _current(conference: Conference) -> list[Call]:
    """The participants' calls; those that died with Asterisk were placed again."""
    calls = (call for call in conference.calls if call.role is Role.PARTICIPANT)
    return [call for call in calls if call.outcome is not CallOutcome.VOICE_LOST]


def _is_decided(conference: Conference) -> bool:
    """Of each call it is known whether it reached somebody, the subscriber's among them."""
    rings = owner_coming(conference) and not _host_in(conference)
    return not rings and not any(call.live for call in _current(conference))


def _host_in(conference: Conference) -> bool:
    return any(call.in_room for call in owner_calls(conference))


def _host_missing(conference: Conference) -> bool:
    """The subscriber was called, and has not been reached since."""
    if conference.state is ConferenceState.GATHERING or _host_outcome(conference) is None:
        return False
    lost = CallOutcome.VOICE_LOST
    return all(call.joined_at is None or call.outcome is lost for call in owner_calls(conference))


def _host_outcome(conference: Conference) -> CallOutcome | None:
    """What became of the last call to the subscriber that failed."""
    outcomes = [call.outcome for call in owner_calls(conference) if not call.live]
    return next((one for one in reversed(outcomes) if one and one not in _TOLD_OTHERWISE), None)


def _was_called(call: Call) -> bool:
    return call.role is Role.PARTICIPANT and call.direction is Direction.OUT


def _who(call: Call) -> tuple[str, CallOutcome]:
    return call.name or call.number, call.outcome or CallOutcome.FAILED
