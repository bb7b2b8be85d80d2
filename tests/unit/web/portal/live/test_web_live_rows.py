"""What a live page says of each state, in words, and which buttons there are then."""

from dataclasses import replace
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from portal.live_pictures import BOB, OVER, RUNNING, T0, with_person

from usnd.domain.conference.call import CallOutcome, CallState
from usnd.domain.conference.model import ConferenceState, EndReason
from usnd.domain.conference.picture import Picture
from usnd.domain.recording.files import RecordState
from usnd.web.portal.live.rows import Row, head_of, row_of
from usnd.web.portal.reports.times import times_in
from usnd.web.portal.words import Languages

ENGLISH = Languages().of("en")


def bob(picture: Picture) -> Row:
    return row_of(picture, 1, UTC)


def values(row: Row) -> list[str]:
    return [one.value for one in row.buttons]


@pytest.mark.parametrize("outcome", [*CallOutcome, None])
@pytest.mark.parametrize("was_in", [True, False])
@pytest.mark.parametrize("state", CallState)
def test_each_state_of_a_call_has_its_words(
    state: CallState,
    outcome: CallOutcome | None,
    was_in: bool,  # noqa: FBT001 # a column of the table # of the table
) -> None:
    row = bob(with_person(1, state=state, outcome=outcome, was_in=was_in))
    assert row.what
    if state is CallState.ENDED and was_in and outcome is not CallOutcome.VOICE_LOST:
        assert row.what == "has left"


def test_who_is_asked_to_press_1_is_told_apart() -> None:
    assert bob(with_person(1, state=CallState.ANSWERED)).what == "has answered"
    assert "press 1" in bob(with_person(1, state=CallState.ANSWERED, asked=True)).what


@pytest.mark.parametrize(
    ("state", "muted", "buttons"),
    [
        (CallState.PLANNED, False, ["drop 7 usn-7-2"]),
        (CallState.RINGING, False, ["drop 7 usn-7-2"]),
        (CallState.ANSWERED, False, ["drop 7 usn-7-2"]),
        (CallState.JOINED, False, ["mute 7 usn-7-2", "drop 7 usn-7-2"]),
        (CallState.JOINED, True, ["unmute 7 usn-7-2", "drop 7 usn-7-2"]),
        (CallState.LEAVING, False, []),
        (CallState.ENDED, False, ["call 7 usn-7-2"]),
    ],
)
def test_what_can_be_done_with_somebody(state: CallState, muted: bool, buttons: list[str]) -> None:  # noqa: FBT001 # a column of the table
    assert values(bob(with_person(1, state=state, muted=muted))) == buttons


def test_a_button_that_turns_into_its_opposite_keeps_its_id() -> None:
    assert bob(RUNNING).buttons[0].id == bob(with_person(1, muted=True)).buttons[0].id
    before = [one.id for one in head_of(RUNNING, UTC).buttons]
    on = replace(RUNNING, muted=True, locked=True, recording=RecordState.RUNNING)
    assert [one.id for one in head_of(on, UTC).buttons] == before
    assert [one.value for one in head_of(RUNNING, UTC).buttons] == ["mute-all 7", "lock 7", "record 7"]
    assert [one.value for one in head_of(on, UTC).buttons] == ["unmute-all 7", "unlock 7", "stop-recording 7"]


def test_the_subscriber_is_not_dropped_and_is_called_when_they_are_away() -> None:
    me = row_of(RUNNING, 0, UTC)
    assert me.is_you
    assert values(me) == ["mute 7 usn-7-1"]
    out = with_person(0, state=CallState.ENDED)
    assert values(row_of(out, 0, UTC)) == []
    away = replace(out, state=ConferenceState.AWAY)
    assert values(row_of(away, 0, UTC)) == ["call 7 usn-7-1"]


def test_who_withheld_their_number_is_not_called() -> None:
    unknown = with_person(1, number="", name="", state=CallState.ENDED)
    assert values(bob(unknown)) == []
    joined = bob(with_person(1, number="", name=""))
    assert [ENGLISH.say(one.title) for one in joined.buttons] == ["Mute", "Drop"]


def test_nothing_can_be_done_in_a_conference_that_is_over() -> None:
    assert bob(OVER).buttons == ()
    assert head_of(OVER, UTC).buttons == ()
    assert not head_of(OVER, UTC).is_on


@pytest.mark.parametrize("state", ConferenceState)
def test_each_state_of_a_conference_has_its_words(state: ConferenceState) -> None:
    assert ENGLISH.say(head_of(replace(RUNNING, state=state), UTC).says[0])


@pytest.mark.parametrize("reason", EndReason)
def test_why_it_ended_is_said_unless_they_ended_it(reason: EndReason) -> None:
    says = head_of(replace(OVER, end_reason=reason), UTC).says
    assert len(says) == (1 if reason is EndReason.TOLD else 2)


@pytest.mark.parametrize("recording", RecordState)
def test_what_is_to_be_known_of_all(recording: RecordState) -> None:
    picture = replace(RUNNING, locked=True, muted=True, recording=recording)
    told = len(head_of(picture, UTC).says)
    assert told == (3 if recording in (RecordState.CLOSED, RecordState.REMOVED) else 4)
    assert len(head_of(replace(picture, state=ConferenceState.ENDED), UTC).says) == 1


def test_times_are_those_of_the_subscriber() -> None:
    berlin = times_in("Europe/Berlin").zone
    until = replace(RUNNING, state=ConferenceState.AWAY, away_until=T0 + timedelta(minutes=2))
    assert ENGLISH.say(head_of(until, berlin).says[0]).endswith("until 13:02:00.")
    assert (row_of(RUNNING, 1, berlin).since, row_of(RUNNING, 1, berlin).at) == (
        "13:00:00",
        "2026-03-01T13:00:00+01:00",
    )
    assert berlin == ZoneInfo("Europe/Berlin")


def test_only_who_is_in_is_shown_as_muted() -> None:
    assert bob(with_person(1, muted=True)).muted
    assert not bob(with_person(1, muted=True, state=CallState.RINGING)).muted
    assert bob(RUNNING).name == BOB.name
