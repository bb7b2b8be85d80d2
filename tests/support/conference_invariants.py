"""What holds for every conference at every step, whoever walks it: see conference_world.py."""

from datetime import datetime

from usnd.domain.conference import transitions
from usnd.domain.conference.call import CallOutcome, CallState, Role
from usnd.domain.conference.call_plan import attempts
from usnd.domain.conference.commands import (
    Admit,
    ConferenceCommand,
    Goodbye,
    HangUp,
    PlaceCall,
    Step,
    TellNoCredit,
    TurnAway,
)
from usnd.domain.conference.events import CallIn, Event, Recall, TimePassed
from usnd.domain.conference.model import Conference, ConferenceState, EndReason, Rules

OVER = (ConferenceState.ENDING, ConferenceState.ENDED)


def check_conference(before: Conference, step: Step, event: Event, rules: Rules, now: datetime) -> None:
    """What holds after every event."""
    after = step.conference
    ids = [call.id for call in after.calls]
    assert len(set(ids)) == len(ids), "one call, one id"
    assert ids[: len(before.calls)] == [call.id for call in before.calls], "no call is forgotten"
    for was, call in zip(before.calls, after.calls, strict=False):
        assert was.live or call == was, "an ended call never changes"
        assert was.answered_at in (None, call.answered_at), "answered once"
    for call in after.calls:
        tried = [attempt.trunk for attempt in attempts(after, call)]
        assert len(set(tried)) == len(tried), "no trunk is tried twice for a call"
        assert sum(attempt.live for attempt in attempts(after, call)) <= 1, "one attempt at a time"
        assert call.live == (call.ended_at is None) == (call.outcome is None)
    assert after.live == any(call.live for call in after.calls), "over when the last call is"
    assert after.live == (after.ended_at is None)
    assert (after.end_reason is not None) == (after.state in OVER)
    assert (after.state is ConferenceState.AWAY) == (after.away_until is not None)
    assert after.call_backs <= rules.call_backs, "called back too often"
    assert after.call_back_at is None or after.state is ConferenceState.RECALLING
    due = transitions.next_deadline(after, rules)
    owner_in = any(call.in_room for call in after.calls if call.role is Role.SUBSCRIBER)
    assert due is not None or owner_in or not after.live, "nothing would ever end this"
    assert after.away_until is None or after.away_until <= now + rules.away
    if isinstance(event, TimePassed):
        assert due is None or due > now, "the time that passed is settled"
    if before.state in OVER:
        assert after.state in OVER


def check_event(before: Conference, step: Step, event: Event) -> None:
    """What follows from this event."""
    refused = [
        call
        for call in step.conference.calls
        if call.outcome is CallOutcome.NO_CREDIT and (was := before.call(call.id)) is not None and was.live
    ]
    ends_launch = bool(refused) and before.state not in OVER
    assert len([c for c in step.commands if isinstance(c, TellNoCredit)]) == ends_launch
    assert not ends_launch or step.conference.end_reason is EndReason.NO_CREDIT
    if event == Recall() and before.state in (ConferenceState.AWAY, ConferenceState.RECALLING):
        coming = [c for c in step.conference.calls if c.role is Role.SUBSCRIBER and c.live]
        assert any(c.state is not CallState.LEAVING for c in coming), "the subscriber is called back"


def check_commands(
    before: Conference, step: Step, event: Event | None, waiting: tuple[ConferenceCommand, ...]
) -> None:
    """Each order fits its call; `waiting`: those that are not carried out yet."""
    conf = step.conference
    for command in step.commands:
        call = conf.call(getattr(command, "call", ""))
        match command:
            case PlaceCall():
                assert call is not None
                assert call.state is CallState.PLANNED
                assert conf.state not in OVER, "nobody is called into a conference that ends"
                assert command.calling_number == conf.subscriber_number
                assert command.trunk == call.trunk != "", "on the trunk that was committed"
                twice = [c for c in waiting if isinstance(c, PlaceCall) and c.call == call.id]
                assert not twice, "placed twice at once"
            case Admit():
                assert conf.state not in OVER
                assert before.call(command.call) is None, "admitted once"
                assert call is not None
            case TurnAway():
                assert call is None, "who is turned away is not in it"
            case Goodbye():
                was = before.call(command.call)
                assert was is not None
                assert was.in_room
                assert conf.state is ConferenceState.ENDING
            case HangUp():
                refused = isinstance(event, CallIn) and event.call == command.call
                assert call is not None or refused, "a call of this conference"
                assert call is None or not call.in_room
