"""The pieces of every decision about a conference: plan a call, let one go, end the conference.

transitions.py and features.py decide when, and call these. Here is only what each does to the conference.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from usnd.domain.conference import call_ids
from usnd.domain.conference.call import (
    Call,
    CallEvent,
    CallNews,
    CallState,
    Direction,
    Role,
    follow,
)
from usnd.domain.conference.commands import (
    Admit,
    ConferenceCommand,
    Goodbye,
    HangUp,
    PlaceCall,
    Step,
    TellRevived,
    TurnAway,
)
from usnd.domain.conference.events import CallIn, JoinIn
from usnd.domain.conference.model import (
    CONFERENCE_TABLE,
    OVER,
    Conference,
    EndReason,
    Participant,
    Rules,
    Turn,
)


def end(conference: Conference, reason: EndReason, now: datetime) -> Step:
    """Send everybody home: those in the room hear why, those still called are released."""
    turn = {EndReason.SUBSCRIBER_AWAY: Turn.TIME_UP, EndReason.NO_CREDIT: Turn.NO_CREDIT}
    after = CONFERENCE_TABLE[conference.state, turn.get(reason, Turn.END)]
    if after is conference.state:
        return Step(conference)
    commands: list[ConferenceCommand] = []
    for call in conference.calls:
        if call.in_room:
            commands.append(Goodbye(call.id, reason))
        elif call.live:
            commands.append(HangUp(call.id))
    calls = tuple(told_to_end(call, now) for call in conference.calls)
    ended = replace(conference, state=after, calls=calls, end_reason=reason)
    ended = replace(ended, away_until=None, call_back_at=None)
    return Step(settled_if_empty(ended, now), tuple(commands))


def settled_if_empty(conference: Conference, now: datetime) -> Conference:
    """A conference is over when its last call is."""
    if any(call.live for call in conference.calls):
        return conference
    reason = conference.end_reason or EndReason.EMPTY
    after = CONFERENCE_TABLE[conference.state, Turn.EMPTY]
    return replace(
        conference, state=after, ended_at=now, end_reason=reason, away_until=None, call_back_at=None
    )


def revive(conference: Conference, lost: Iterable[Call], rules: Rules, now: datetime) -> Step | None:
    """All who were in the room when Asterisk died are called again, in one conference; None: nobody was.

    lost: the calls that died with it. Only who had joined: what is planned here and lost again is not planned
    for ever. They are placed once Asterisk is back, if that is before a call would be given up.
    """
    were_in = [call for call in lost if call.joined_at is not None]
    people = {call.number: call for call in were_in if call.role is Role.PARTICIPANT and call.number}
    if not people or not rules.revive or conference.state in OVER:
        return None
    after = CONFERENCE_TABLE[conference.state, Turn.REVIVED]
    conference = replace(conference, state=after, away_until=None, call_back_at=None, call_backs=0)
    number = conference.subscriber_number
    conference, first = plan(conference, Participant(number, ""), Role.SUBSCRIBER, rules, now)
    commands: list[ConferenceCommand] = [TellRevived(number), first]
    for call in people.values():
        person = Participant(call.number, call.name)
        conference, command = plan(conference, person, Role.PARTICIPANT, rules, now)
        commands.append(command)
    return Step(conference, tuple(commands))


def plan(
    conference: Conference, person: Participant, role: Role, rules: Rules, now: datetime
) -> tuple[Conference, ConferenceCommand]:
    """The conference with one more call, and the command that places it."""
    call = Call(
        id=call_ids.placed(conference.id, len(conference.calls) + 1),
        number=person.number,
        name=person.name,
        role=role,
        direction=Direction.OUT,
        state=CallState.PLANNED,
        planned_at=now,
        asked=conference.press_one,
    )
    conference = replace(conference, calls=(*conference.calls, call))
    return conference, placing(conference, call, rules)


def called_in(event: CallIn | JoinIn, number: str, role: Role, now: datetime) -> Call:
    """A call that came in, before it is in the room."""
    return Call(
        id=event.call,
        number=number,
        name="",
        role=role,
        direction=Direction.IN,
        state=CallState.DIALLING,
        planned_at=now,
        dnis=event.dnis,
        activation_pin=event.activation_pin,
        trunk=event.trunk,
    )


def join_in(conference: Conference, event: JoinIn, rules: Rules, now: datetime) -> Step:
    """Somebody comes in as a participant; a call to them that is not answered yet is given up for it."""
    if conference.call(event.call) is not None:
        return Step(conference)
    live = [call for call in conference.calls if call.live]
    reason = ""
    if conference.state in OVER:
        reason = "not-running"
    elif conference.locked:
        reason = "locked"
    elif len(live) >= rules.most_calls:
        reason = "full"
    if reason:
        return Step(conference, (TurnAway(event.call, reason),))
    rung = [call for call in live if call.number == event.number and call.answered_at is None]
    commands: list[ConferenceCommand] = []
    for call in rung:
        if call.direction is Direction.OUT and call.role is Role.PARTICIPANT:
            conference = with_call(conference, told_to_end(call, now))
            commands.append(HangUp(call.id))
    joining = called_in(event, event.number, Role.PARTICIPANT, now)
    conference = replace(conference, calls=(*conference.calls, joining))
    return Step(conference, (*commands, Admit(event.call, conference.room)))


def placing(conference: Conference, call: Call, rules: Rules) -> PlaceCall:
    """The command that places a planned call."""
    room, cli = conference.room, conference.subscriber_number
    return PlaceCall(call.id, call.number, cli, room, rules.ring, call.asked, call.trunk)


def attempts(conference: Conference, call: Call) -> tuple[Call, ...]:
    """The call over each trunk that it was tried on so far, itself among them."""
    if call.direction is Direction.IN:
        return (call,)
    first = _first(call)
    return tuple(other for other in conference.calls if _first(other) == first)


def next_attempt(conference: Conference, call: Call, trunk: str, now: datetime) -> Call:
    """The same call, planned once more over another trunk: `usn-7-2`, then `usn-7-2.2`.

    It has an id of its own, since a channel's id is used once (docs/decisions/0002-call-id-is-channel-id.md).
    """
    number = len(attempts(conference, call)) + 1
    again = call_ids.attempt(_first(call), number)
    return replace(call, id=again, state=CallState.PLANNED, planned_at=now, trunk=trunk, rang_at=None)


def _first(call: Call) -> str:
    """The id of its first attempt."""
    return call_ids.first_attempt(call.id) if call.direction is Direction.OUT else call.id


def told_to_end(call: Call, now: datetime) -> Call:
    """The call once we have decided to release it."""
    return follow(call, CallNews(call.id, CallEvent.HANG_UP), frozenset(), now)


def owner_calls(conference: Conference) -> Iterator[Call]:
    """All calls with the subscriber."""
    return (call for call in conference.calls if call.role is Role.SUBSCRIBER)


def owner_coming(conference: Conference) -> bool:
    """A call that is on its way out brings nobody back."""
    return any(call.live and call.state is not CallState.LEAVING for call in owner_calls(conference))


def changed_calls(before: Conference, after: Conference) -> Iterator[tuple[Call | None, Call]]:
    """Each call that is not as it was, with what it was: None of a new one. New ones are at the end."""
    for was, call in zip(before.calls, after.calls, strict=False):
        if was is not call:
            yield was, call
    for call in after.calls[len(before.calls) :]:
        yield None, call


def ended_calls(before: Conference, after: Conference) -> list[Call]:
    """The calls that ended between the two."""
    changed = changed_calls(before, after)
    return [call for was, call in changed if not call.live and (was is None or was.live)]


def with_call(conference: Conference, changed: Call) -> Conference:
    """The conference with that call as it is now."""
    calls = tuple(changed if call.id == changed.id else call for call in conference.calls)
    return replace(conference, calls=calls)
