"""After Asterisk's death those who were in are called together again, once, with one text (C11)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conference_scene import BOB, EVE, HER, HIM, ME, OWNER, RULES, T0, E, S, Scene

from usnd.domain.conference.announcements import TellNobodyReached
from usnd.domain.conference.call import CallNews, CallOutcome
from usnd.domain.conference.commands import ConferenceCommand, PlaceCall, TellRevived
from usnd.domain.conference.events import CallsLost, Control, Feature, JoinIn
from usnd.domain.conference.model import EndReason

REVIVING = replace(RULES, revive=True)


@pytest.fixture
def scene() -> Scene:
    """The subscriber and Bob talk, Eve's phone rings."""
    scene = Scene(BOB, EVE, rules=REVIVING)
    for call in (ME, HIM):
        scene.hear(call, E.PLACED, E.JOINED)
    scene.hear(HER, E.RINGING)
    scene.seconds = 20
    return scene


def die(scene: Scene) -> tuple[ConferenceCommand, ...]:
    return scene.lose(*(call.id for call in scene.conference.calls))


def test_who_was_in_is_called_again_and_the_subscriber_told_once(scene: Scene) -> None:
    assert die(scene) == (
        TellRevived(OWNER),
        PlaceCall("usn-7-4", OWNER, OWNER, "c7", RULES.ring),
        PlaceCall("usn-7-5", BOB.number, OWNER, "c7", RULES.ring),
    )
    assert scene.conference.state is S.GATHERING
    assert scene.conference.calls[-1].name == "Bob"
    scene.hear("usn-7-4", E.PLACED, E.JOINED)
    assert scene.conference.state is S.RUNNING


def test_they_are_placed_when_asterisk_is_back_and_not_too_late(scene: Scene) -> None:
    placed = die(scene)[1:]
    scene.seconds = 79
    assert scene.hear("usn-7-4", E.MISSING) + scene.hear("usn-7-5", E.MISSING) == placed
    scene.seconds = 80
    assert scene.hear("usn-7-4", E.MISSING) + scene.hear("usn-7-5", E.MISSING) == (
        TellNobodyReached(OWNER, (("Bob", CallOutcome.FAILED),), CallOutcome.FAILED),
    )
    assert scene.conference.state is S.ENDED
    assert scene.conference.end_reason is EndReason.EMPTY


def test_a_second_death_before_anybody_is_in_again_ends_it(scene: Scene) -> None:
    die(scene)
    scene.seconds += 5
    assert die(scene) == ()
    assert scene.conference.end_reason is EndReason.VOICE_LOST


def test_those_who_waited_for_the_subscriber_are_called_too(scene: Scene) -> None:
    scene.hear(ME, E.LEFT, E.ENDED)
    assert [type(command) for command in die(scene)] == [TellRevived, PlaceCall, PlaceCall]


def test_a_caller_with_a_withheld_number_cannot_be_called(scene: Scene) -> None:
    scene.do(JoinIn("171.9", "52270", ""))
    scene.hear("171.9", E.JOINED)
    assert len(die(scene)) == 3


@pytest.mark.parametrize("what", ["switched off", "ending", "nobody in"])
def test_nobody_is_called_again(scene: Scene, what: str) -> None:
    if what == "switched off":
        scene.rules = RULES
    elif what == "ending":
        scene.do(Control(Feature.END, None))
    else:
        scene = Scene(BOB, rules=REVIVING)
        scene.hear(ME, E.JOINED)
    assert die(scene) == ()
    assert scene.conference.state is S.ENDED


def test_all_are_called_however_differently_their_calls_ended(scene: Scene) -> None:
    """The other server takes over: each call ended when it was last known to be up, long before."""
    scene.hear(HER, E.JOINED)
    scene.seconds = 27
    lost = tuple(
        CallNews(call, E.VOICE_LOST, known_until=T0 + timedelta(seconds=at))
        for call, at in ((ME, 18), (HIM, 18), (HER, 20))
    )
    commands = scene.do(CallsLost(lost))
    assert [command.number for command in commands if isinstance(command, PlaceCall)] == [
        OWNER,
        BOB.number,
        EVE.number,
    ]
    assert [call.ended_at for call in scene.conference.calls[:3]] == [news.known_until for news in lost]


def test_who_was_lost_before_is_not_called_when_the_rest_is(scene: Scene) -> None:
    scene.hear(HER, E.JOINED)
    assert scene.lose(HIM) == ()
    commands = scene.lose(ME, HER)
    assert [one.number for one in commands if isinstance(one, PlaceCall)] == [OWNER, EVE.number]
