"""What watchers see of a live conference: who pressed what, and what was said to whom (REQUIREMENTS B1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from usnd.domain.conference.announcements import Announce, Notice, Tell
from usnd.domain.conference.call import Call, CallState, Direction, Role
from usnd.domain.conference.events import Control, Feature
from usnd.domain.conference.model import Conference, ConferenceState
from usnd.services.conference.happenings import EVERYBODY, Happening, Happenings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ME, BOB, STRANGER = "usn-7-1", "usn-7-2", "171.9"


def call(call_id: str, number: str, name: str = "") -> Call:
    return Call(call_id, number, name, Role.PARTICIPANT, Direction.OUT, CallState.JOINED, NOW)


CONFERENCE = Conference(
    7,
    42,
    "+447700900001",
    ConferenceState.RUNNING,
    NOW,
    (call(ME, "+447700900001"), call(BOB, "+447700900002", "Bob"), call(STRANGER, "")),
)


def test_who_pressed_what_and_what_was_said_to_whom() -> None:
    lately = Happenings()
    lately.pressed(CONFERENCE, Control(Feature.MUTE_ALL, ME), "*5", NOW)
    lately.said(CONFERENCE, Announce("c7", Notice.MUTED), NOW)
    lately.pressed(CONFERENCE, Control(Feature.COUNT, STRANGER), "*4", NOW)
    lately.said(CONFERENCE, Tell(STRANGER, Notice.COUNT, 3), NOW)
    lately.said(CONFERENCE, Tell(BOB, Notice.MUTED_BY_HOST), NOW)
    assert [(one.who, one.what) for one in lately.of(7)] == [
        ("+447700900001", "pressed *5: mute-all"),
        (EVERYBODY, "is told: All participants are muted."),
        (STRANGER, "pressed *4: count"),
        (STRANGER, "is told: 2 others"),
        ("Bob", "is told: The host has muted all participants."),
    ]
    assert lately.of(7)[0] == Happening(NOW, 7, "+447700900001", "pressed *5: mute-all")
    assert lately.of(8) == ()


def test_the_last_twenty_of_each_conference_are_remembered_until_it_ends() -> None:
    lately, other = Happenings(), replace(CONFERENCE, id=8)
    for number in range(25):
        at = NOW + timedelta(seconds=number)
        lately.pressed(CONFERENCE, Control(Feature.COUNT, BOB), "*4", at)
    lately.pressed(other, Control(Feature.COUNT, BOB), "*4", NOW)
    assert [one.at for one in lately.of(7)] == [NOW + timedelta(seconds=number) for number in range(5, 25)]
    lately.forget(7)
    assert lately.of(7) == ()
    assert len(lately.of(8)) == 1
