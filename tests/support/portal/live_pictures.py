"""Pictures of a conference for tests of the live page."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from usnd.domain.conference.call import CallState, Role
from usnd.domain.conference.model import ConferenceState
from usnd.domain.conference.picture import Person, Picture

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
ME = Person("usn-7-1", "+447700900001", "", Role.SUBSCRIBER, CallState.JOINED, T0, was_in=True)
BOB = Person("usn-7-2", "+447700900002", "Bob", Role.PARTICIPANT, CallState.JOINED, T0, was_in=True)
EVE = Person("usn-7-3", "+447700900003", "Eve <b>", Role.PARTICIPANT, CallState.RINGING, T0)
RUNNING = Picture(7, 42, ConferenceState.RUNNING, T0, (ME, BOB, EVE), instant=3)
OVER = replace(RUNNING, state=ConferenceState.ENDED)


def with_person(nth: int, picture: Picture = RUNNING, **changes: Any) -> Picture:
    """The picture with another nth person."""
    people = list(picture.people)
    people[nth] = replace(people[nth], **changes)
    return replace(picture, people=tuple(people))
