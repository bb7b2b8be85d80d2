"""What the subscriber sees of a conference: each person once, by the last call with them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conference_scene import BOB, EVE, HIM, ME, OWNER, T0, E, S, Scene

from usnd.domain.conference.call import CallOutcome, CallState, Role
from usnd.domain.conference.events import Control, Feature, JoinIn
from usnd.domain.conference.model import EndReason
from usnd.domain.conference.picture import Person, current, picture_of
from usnd.domain.recording.files import RecorderNews, RecordEvent, RecordState


@pytest.fixture
def scene() -> Scene:
    scene = Scene(BOB, EVE)
    scene.seconds = 2
    for call in (ME, HIM):
        scene.hear(call, E.PLACED, E.JOINED)
    return scene


def test_a_picture_is_how_it_is(scene: Scene) -> None:
    picture = picture_of(scene.conference, {HIM})
    assert (picture.conference, picture.subscriber, picture.launched) == (7, 42, T0)
    assert (picture.state, picture.over) == (S.RUNNING, False)
    assert (picture.muted, picture.locked, picture.recording) == (False, False, None)
    in_at = T0 + timedelta(seconds=2)
    me, bob, eve = picture.people
    assert me == Person(ME, OWNER, "", Role.SUBSCRIBER, CallState.JOINED, in_at, was_in=True)
    assert (bob.name, bob.since, bob.talking, bob.was_in) == ("Bob", in_at, True, True)
    assert (eve.state, eve.since, eve.talking, eve.was_in) == (CallState.PLANNED, T0, False, False)


def test_who_is_muted_is_not_heard_to_speak(scene: Scene) -> None:
    scene.do(Control(Feature.MUTE, None, target=HIM, on=True))
    scene.do(Control(Feature.LOCK, None, on=True))
    picture = picture_of(scene.conference, {ME, HIM})
    assert [(one.muted, one.talking) for one in picture.people] == [
        (False, True),
        (True, False),
        (False, False),
    ]
    assert picture.locked
    scene.do(Control(Feature.MUTE_ALL, None, on=True))
    assert picture_of(scene.conference, {ME}).muted


def test_who_is_called_again_is_there_once_and_in_the_same_place(scene: Scene) -> None:
    scene.hear(HIM, E.ENDED, cause=16)
    scene.do(Control(Feature.ADD, None, BOB.number, "Bob"))
    picture = picture_of(scene.conference, {HIM})
    assert [one.name for one in picture.people] == ["", "Bob", "Eve"]
    assert picture.people[1].state is CallState.PLANNED
    assert picture.people[1].call != HIM


def test_those_whose_numbers_are_withheld_are_as_many_as_they_are(scene: Scene) -> None:
    for call in ("17.1", "17.2"):
        scene.do(JoinIn(call, "52270", ""))
    assert [one.call for one in picture_of(scene.conference, ()).people[3:]] == ["17.1", "17.2"]


def test_why_somebody_is_not_in_and_why_it_is_over(scene: Scene) -> None:
    scene.hear(HIM, E.ENDED, cause=16)
    eve = scene.conference.calls[2]
    scene.hear(eve.id, E.PLACED, E.ENDED, cause=17)
    scene.do(Control(Feature.END, None))
    picture = picture_of(scene.conference, ())
    assert [one.outcome for one in picture.people[1:]] == [CallOutcome.COMPLETED, CallOutcome.BUSY]
    assert (picture.over, picture.end_reason) == (True, EndReason.TOLD)


def test_a_recording_is_as_its_last_part(scene: Scene) -> None:
    scene.do(Control(Feature.RECORD, None, on=True))
    assert picture_of(scene.conference, ()).recording is RecordState.ORDERED
    scene.do(RecorderNews("rec-c7-1", RecordEvent.BEGUN))
    assert picture_of(scene.conference, ()).recording is RecordState.RUNNING


def test_the_newest_conference_is_shown(scene: Scene) -> None:
    picture = picture_of(scene.conference, ())
    assert current([]) is None
    assert current([replace(picture, conference=8), picture]) == replace(picture, conference=8)
