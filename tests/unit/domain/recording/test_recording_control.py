"""Recording of a live conference: who may, who is told, whose calls are recorded, what survives (C7, B1)."""

from dataclasses import replace

import pytest
from conference_scene import BOB, EVE, HER, HIM, ME, OWNER, E, Scene

from usnd.domain.billing.cdr import cdr_of
from usnd.domain.conference.announcements import Announce, Notice, Tell
from usnd.domain.conference.commands import ConferenceCommand, TellNotRecorded
from usnd.domain.conference.events import Control, Feature
from usnd.domain.conference.transitions import resume
from usnd.domain.recording.control import open_recorders
from usnd.domain.recording.files import RecorderNews, RecordEvent, RecordState, StartRecording, StopRecording

FIRST, SECOND = "rec-c7-1", "rec-c7-2"
R, N = RecordEvent, Notice


@pytest.fixture
def scene() -> Scene:
    """The subscriber and Bob talk, Eve's phone rings."""
    scene = Scene(BOB, EVE)
    for call in (ME, HIM):
        scene.hear(call, E.PLACED, E.JOINED)
    scene.hear(HER, E.RINGING)
    return scene


def key(scene: Scene, call: str | None = ME) -> tuple[ConferenceCommand, ...]:
    return scene.do(Control(Feature.RECORD, call))


def hear(scene: Scene, event: RecordEvent, recorder: str = FIRST) -> tuple[ConferenceCommand, ...]:
    return scene.do(RecorderNews(recorder, event))


def states(scene: Scene) -> list[RecordState]:
    return [part.state for part in scene.conference.recording_parts]


def test_pressed_again_it_stops_and_once_more_it_is_another_file(scene: Scene) -> None:
    assert key(scene) == (StartRecording(FIRST, "c7", "c7-1.wav"),)
    assert hear(scene, R.BEGUN) == (Announce("c7", N.RECORDING),), "told when it is so, not before"
    assert scene.conference.recording
    assert key(scene) == (StopRecording(FIRST),)
    assert hear(scene, R.ENDED) == (Announce("c7", N.RECORDING_STOPPED),)
    assert not scene.conference.recording
    assert key(scene, None) == (StartRecording(SECOND, "c7", "c7-2.wav"),)
    assert states(scene) == [RecordState.CLOSED, RecordState.ORDERED]


def test_stopped_before_it_began_it_never_runs(scene: Scene) -> None:
    key(scene)
    assert key(scene) == (StopRecording(FIRST),)
    assert hear(scene, R.BEGUN) == (StopRecording(FIRST),)
    assert hear(scene, R.MISSING) == (Announce("c7", N.RECORDING_STOPPED),)


def test_only_its_owner_records(scene: Scene) -> None:
    assert key(scene, HIM) == (Tell(HIM, N.HOST_ONLY),)
    assert states(scene) == []


@pytest.mark.parametrize("event", [R.REFUSED, R.ENDED, R.LOST])
def test_what_cannot_be_recorded_is_said_and_the_conference_goes_on(scene: Scene, event: RecordEvent) -> None:
    key(scene)
    assert hear(scene, event) == (Announce("c7", N.NOT_RECORDED), TellNotRecorded(OWNER))
    assert [call.in_room for call in scene.conference.calls] == [True, True, False]
    assert len(key(scene)) == 1, "and can be tried again"


def test_a_recorder_that_dies_by_itself_is_told_too(scene: Scene) -> None:
    key(scene)
    hear(scene, R.BEGUN)
    assert hear(scene, R.BEGUN) == ()
    assert hear(scene, R.MISSING) == (Announce("c7", N.RECORDING_STOPPED),)
    assert hear(scene, R.BEGUN) == (StopRecording(FIRST),), "given up, it shows life"
    assert hear(scene, R.ENDED) == ()


def test_an_order_that_asterisk_never_saw_is_given_again(scene: Scene) -> None:
    key(scene)
    assert hear(scene, R.MISSING) == (StartRecording(FIRST, "c7", "c7-1.wav"),)
    assert states(scene) == [RecordState.ORDERED]


@pytest.mark.parametrize("stranger", [SECOND, "rec-c8-1", "usn-7-1"])
def test_a_recorder_of_nothing_is_stopped(scene: Scene, stranger: str) -> None:
    key(scene)
    assert hear(scene, R.BEGUN, stranger) == (StopRecording(stranger),)
    assert hear(scene, R.ENDED, stranger) == ()


def test_who_joins_a_recorded_conference_is_told_alone(scene: Scene) -> None:
    key(scene)
    hear(scene, R.BEGUN)
    assert scene.hear(HER, E.JOINED) == (Tell(HER, N.RECORDING),)


def test_the_cdr_says_who_was_there_while_it_recorded(scene: Scene) -> None:
    scene.hear(HIM, E.LEFT, E.ENDED)
    key(scene)
    hear(scene, R.BEGUN)
    key(scene)
    hear(scene, R.ENDED)
    scene.hear(HER, E.JOINED)
    scene.hear(ME, E.LEFT, E.ENDED)
    scene.hear(HER, E.LEFT, E.ENDED)
    recorded = {call.id: cdr_of(scene.conference, call).recorded for call in scene.conference.calls}
    assert recorded == {ME: True, HIM: False, HER: False}


@pytest.mark.parametrize("begun", [True, False])
def test_with_the_conference_the_recording_ends(scene: Scene, *, begun: bool) -> None:
    key(scene)
    if begun:
        hear(scene, R.BEGUN)
    commands = scene.do(Control(Feature.END, None))
    assert commands[-1] == StopRecording(FIRST)
    assert states(scene) == [RecordState.CLOSED if begun else RecordState.FAILED]
    assert hear(scene, R.ENDED) == (), "nobody is told any more"
    assert key(scene) == ()


def test_nobody_is_told_in_an_empty_room(scene: Scene) -> None:
    key(scene)
    hear(scene, R.BEGUN)
    scene.hear(ME, E.LEFT, E.ENDED)
    scene.hear(HIM, E.LEFT, E.ENDED)
    assert hear(scene, R.ENDED) == ()
    assert scene.conference.live


def test_after_a_crash_stops_are_given_again_and_a_survey_asks_for_the_open_ones(scene: Scene) -> None:
    key(scene)
    hear(scene, R.BEGUN)
    assert resume(scene.conference) == ()
    assert open_recorders(scene.conference) == (FIRST,)
    key(scene)
    assert resume(scene.conference) == (StopRecording(FIRST),)
    key(scene)
    assert open_recorders(scene.conference) == (FIRST, SECOND)
    hear(scene, R.ENDED)
    assert open_recorders(scene.conference) == (SECOND,)


def test_a_revived_conference_is_recorded_only_when_asked_again(scene: Scene) -> None:
    scene.rules = replace(scene.rules, revive=True)
    key(scene)
    hear(scene, R.BEGUN)
    hear(scene, R.LOST)
    scene.lose(ME, HIM, HER)
    assert scene.conference.live
    assert states(scene) == [RecordState.CLOSED]
    assert not any(call.recorded for call in scene.conference.calls if call.live)
