"""What a survey says of a call that Asterisk does not know: lost with another Asterisk, or never placed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from usnd.asterisk.progress import Survey
from usnd.domain.conference.call import Call, CallEvent, CallNews, CallState, Direction, Role
from usnd.services.conference.voice_actions import news_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EMPTY = Survey({}, {})


def call(state: CallState) -> Call:
    return Call("usn-1-1", "+1", "", Role.PARTICIPANT, Direction.OUT, state, NOW)


@pytest.mark.parametrize(
    ("state", "started", "event"),
    [
        (CallState.JOINED, NOW + timedelta(seconds=1), CallEvent.VOICE_LOST),
        (CallState.JOINED, NOW - timedelta(seconds=1), CallEvent.MISSING),
        (CallState.JOINED, None, CallEvent.MISSING),
        (CallState.PLANNED, NOW + timedelta(seconds=1), CallEvent.MISSING),
    ],
    ids=["it began later: another server's call", "its own call", "it does not say", "never placed"],
)
def test_a_call_that_is_not_known(state: CallState, started: datetime | None, event: CallEvent) -> None:
    assert list(news_of(EMPTY, call(state), NOW, started)) == [(CallNews("usn-1-1", event), NOW)]


@pytest.mark.parametrize(
    ("seen", "answered", "known"),
    [
        (None, -100, None),  # nobody noted anything: until now
        (-50, -100, -50),
        (-50, -20, -20),  # it was heard of later than that
        (5, -100, 0),  # a clock that was set back
    ],
)
def test_a_lost_call_is_known_to_have_been_up_until_it_was_last_seen(
    seen: int | None, answered: int, known: int | None
) -> None:
    def at(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOW + timedelta(seconds=seconds)

    lost = replace(call(CallState.JOINED), planned_at=NOW - timedelta(seconds=200), answered_at=at(answered))
    ((news, when),) = news_of(EMPTY, lost, NOW, None, at(seen))
    assert (news.known_until, when) == (at(known), NOW), "what follows from it counts from now"
