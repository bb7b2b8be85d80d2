"""The subscriber who dropped out is called back before the time away begins (REQUIREMENTS C6)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conference_scene import BOB, EVE, HIM, ME, OWNER, RULES, T0, E, S, Scene

from usnd.domain.conference.announcements import Announce, Notice, TellNotReached
from usnd.domain.conference.call import CallOutcome, CallState
from usnd.domain.conference.commands import Admit, HangUp, PlaceCall
from usnd.domain.conference.events import CallIn, Control, Feature, Recall

TWICE = replace(RULES, call_backs=2)
FIRST, SECOND, THIRD = "usn-7-4", "usn-7-5", "usn-7-6"


def placed(call: str) -> tuple[PlaceCall]:
    return (PlaceCall(call, OWNER, OWNER, "c7", RULES.ring),)


@pytest.fixture
def dropped() -> Scene:
    """The subscriber, in since second 0, drops out in second 10; Bob stays."""
    scene = Scene(BOB, EVE, rules=TWICE)
    for call in (ME, HIM):
        scene.hear(call, E.PLACED, E.JOINED)
    scene.hear("usn-7-3", E.ENDED, cause=17)
    scene.seconds = 10
    scene.hear(ME, E.LEFT, E.ENDED, cause=16)
    return scene


def test_the_handset_has_a_pause_before_it_is_called(dropped: Scene) -> None:
    assert dropped.conference.state is S.RECALLING
    assert dropped.due() == 15
    assert dropped.at(14.9) == ()
    assert dropped.at(15) == placed(FIRST)


def test_busy_and_no_answer_are_one_try_each_then_the_time_away_begins(dropped: Scene) -> None:
    dropped.at(15)
    dropped.hear(FIRST, E.PLACED, E.ENDED, cause=17)
    assert dropped.conference.state is S.RECALLING
    assert dropped.at(20) == placed(SECOND)
    dropped.hear(SECOND, E.PLACED, E.RINGING)
    dropped.seconds = 65
    dropped.hear(SECOND, E.ENDED, cause=19)
    assert dropped.conference.state is S.AWAY
    assert dropped.conference.away_until == T0 + timedelta(seconds=65) + RULES.away


def test_the_subscriber_back_by_a_call_back_goes_on(dropped: Scene) -> None:
    dropped.at(15)
    dropped.hear(FIRST, E.PLACED, E.ANSWERED, E.JOINED)
    assert dropped.conference.state is S.RUNNING
    assert dropped.due() is None


def test_a_mailbox_that_answers_each_call_back_is_not_called_for_ever(dropped: Scene) -> None:
    for call in (FIRST, SECOND):
        dropped.at(dropped.due() or 0)
        dropped.hear(call, E.PLACED, E.JOINED)
        dropped.seconds += 180
        dropped.hear(call, E.LEFT, E.ENDED, cause=16)
    assert dropped.conference.state is S.AWAY


def test_who_stayed_in_for_long_has_all_call_backs_again(dropped: Scene) -> None:
    dropped.at(15)
    dropped.hear(FIRST, E.PLACED, E.JOINED)
    dropped.seconds = 15 + RULES.steady.total_seconds()
    dropped.hear(FIRST, E.ENDED, cause=16)
    assert dropped.conference.call_backs == 0
    assert dropped.conference.state is S.RECALLING


def test_a_subscriber_who_calls_in_meanwhile_stops_the_call_backs(dropped: Scene) -> None:
    assert dropped.do(CallIn("171.5", "52272")) == (Admit("171.5", "c7"),)
    assert dropped.conference.call_back_at is None
    dropped.hear("171.5", E.ANSWERED, E.JOINED)
    assert dropped.due() is None


def test_a_call_back_that_rings_is_given_up_for_the_call_in(dropped: Scene) -> None:
    dropped.at(15)
    dropped.hear(FIRST, E.PLACED, E.RINGING)
    assert dropped.do(CallIn("171.5", "52272")) == (HangUp(FIRST), Admit("171.5", "c7"))
    dropped.hear("171.5", E.ENDED, cause=16)
    dropped.hear(FIRST, E.ENDED, cause=16)
    assert dropped.at(20) == placed(THIRD), "a call in that fails is no try"


def test_a_text_calls_back_at_once(dropped: Scene) -> None:
    assert dropped.do(Recall()) == placed(FIRST)
    assert dropped.conference.call_backs == 1
    assert dropped.do(Recall()) == ()


def test_the_end_stops_the_call_backs(dropped: Scene) -> None:
    dropped.do(Control(Feature.END, None))
    assert dropped.conference.call_back_at is None
    dropped.hear(HIM, E.ENDED)
    assert dropped.conference.state is S.ENDED


def test_a_conference_that_everybody_left_calls_nobody_back(dropped: Scene) -> None:
    dropped.hear(HIM, E.LEFT, E.ENDED, cause=16)
    assert dropped.conference.state is S.ENDED
    assert dropped.due() is None


def test_who_was_not_reached_at_the_launch_is_called_back_as_who_dropped_out() -> None:
    scene = Scene(BOB, rules=TWICE)
    scene.hear(HIM, E.PLACED, E.JOINED)
    assert scene.hear(ME, E.ENDED, cause=17) == (
        Announce("c7", Notice.HOST_CALLED_AGAIN),
        TellNotReached(OWNER, CallOutcome.BUSY, live=True, again=True),
    )
    assert scene.conference.state is S.RECALLING
    assert scene.state_of(HIM) is CallState.JOINED
