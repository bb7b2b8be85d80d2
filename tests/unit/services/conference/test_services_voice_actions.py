"""What a survey says of a call that Asterisk does not know: lost with another Asterisk, or never placed."""

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
