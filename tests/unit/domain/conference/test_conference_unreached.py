"""Nobody is left in silence: who is told what when people are missing (REQUIREMENTS C13)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conference_scene import BOB, EVE, HER, HIM, ME, OWNER, RULES, E, S, Scene

from usnd.domain.conference.announcements import (
    Announce,
    CheckAlone,
    Notice,
    Tell,
    TellNobodyReached,
    TellNotReached,
)
from usnd.domain.conference.call import CallOutcome
from usnd.domain.conference.events import Control, Feature, JoinIn, Recall, StillAlone

N = Notice
ADDED = "usn-7-4"


@pytest.fixture
def scene() -> Scene:
    return Scene(BOB, EVE)


@pytest.mark.parametrize(
    ("cause", "outcome"), [(17, CallOutcome.BUSY), (20, CallOutcome.UNREACHABLE), (19, CallOutcome.NO_ANSWER)]
)
def test_a_host_who_is_not_reached_at_the_launch_is_told_of_in_the_room_and_by_text(
    scene: Scene, cause: int, outcome: CallOutcome
) -> None:
    scene.hear(HIM, E.JOINED)
    assert scene.hear(ME, E.PLACED, E.ENDED, cause=cause) == (
        Announce("c7", N.HOST_NOT_REACHED),
        TellNotReached(OWNER, outcome, live=True, again=False),
    )
    assert scene.hear(HER, E.JOINED) == (Tell(HER, N.HOST_NOT_REACHED),), "who comes later too"
    scene.do(Recall())
    assert scene.hear("usn-7-4", E.ENDED, cause=17) == (), "once"


def test_a_host_who_dropped_out_is_said_to_be_called_again() -> None:
    scene = Scene(BOB, rules=replace(RULES, call_backs=1))
    scene.hear(ME, E.JOINED)
    scene.hear(HIM, E.JOINED)
    assert scene.hear(ME, E.LEFT, E.ENDED) == (Announce("c7", N.HOST_CALLED_AGAIN),)
    scene.at(5)
    assert scene.hear("usn-7-3", E.ENDED, cause=17) == (Announce("c7", N.SUBSCRIBER_AWAY),)
    assert scene.do(JoinIn("171.9", "52270", "")) != ()
    assert scene.hear("171.9", E.ANSWERED, E.JOINED) == (Tell("171.9", N.SUBSCRIBER_AWAY),)


def test_who_is_first_in_hears_so_if_nobody_comes_for_a_moment(scene: Scene) -> None:
    assert scene.hear(ME, E.JOINED) == (CheckAlone(ME),)
    assert scene.do(StillAlone(ME)) == (Tell(ME, N.FIRST_IN),)
    assert scene.hear(HIM, E.JOINED) == ()
    assert scene.do(StillAlone(ME)) == ()
    assert scene.hear(HIM, E.LEFT) == (CheckAlone(ME),)
    assert scene.do(StillAlone(ME)) == (Tell(ME, N.ALONE),)
    scene.do(Control(Feature.END, None))
    assert scene.do(StillAlone(ME)) == ()


def test_all_participants_unreachable_is_said_and_texted_once(scene: Scene) -> None:
    scene.hear(ME, E.JOINED)
    assert scene.hear(HIM, E.ENDED, cause=17) == ()
    people = (("Bob", CallOutcome.BUSY), ("Eve", CallOutcome.UNREACHABLE))
    assert scene.hear(HER, E.ENDED, cause=20) == (
        TellNobodyReached(OWNER, people),
        Tell(ME, N.NOBODY_REACHED),
    )
    assert scene.do(StillAlone(ME)) == (Tell(ME, N.NOBODY_REACHED),)
    scene.seconds = 20
    scene.do(Control(Feature.ADD, ME, "+447700900077"))
    assert scene.hear(ADDED, E.PLACED, E.ENDED, cause=17) == (Tell(ME, N.NUMBER_BUSY),), "no text again"


def test_a_conference_that_reaches_nobody_at_all_is_told_of(scene: Scene) -> None:
    scene.hear(HIM, E.ENDED, cause=17)
    scene.hear(HER, E.ENDED, cause=17)
    assert scene.hear(ME, E.ENDED, cause=21) == (
        TellNobodyReached(
            OWNER, (("Bob", CallOutcome.BUSY), ("Eve", CallOutcome.BUSY)), CallOutcome.REJECTED
        ),
    )
    assert scene.conference.state is S.ENDED


_PEOPLE = (("Bob", CallOutcome.BUSY), ("Eve", CallOutcome.BUSY))
_BEGUN = TellNotReached(OWNER, CallOutcome.REJECTED, live=True, again=False)
_AGAIN = replace(_BEGUN, again=True)
_NOBODY = TellNobodyReached(OWNER, _PEOPLE)
_NOR_HOST = replace(_NOBODY, host=CallOutcome.REJECTED)
FAIL, IN = (E.PLACED, E.ENDED), (E.PLACED, E.JOINED)
TEXTS = {
    # who is decided, in order (in: capitals), and what is texted behind which of them
    "m h e": ["", "", _NOR_HOST],
    "h m e": ["", "", _NOR_HOST],
    "h e m": ["", "", _NOR_HOST],
    "m H e": ["", _BEGUN, ""],
    "m h E": ["", "", _BEGUN],
    "H m e": ["", _BEGUN, ""],
    "H m E": ["", _BEGUN, ""],
    "h m E": ["", "", _BEGUN],
    "H e m": ["", "", _BEGUN],
    "M h e": ["", "", _NOBODY],
    "h M e": ["", "", _NOBODY],
    "h e M": ["", "", _NOBODY],
    "M H e": ["", "", ""],
    "m H E": ["", _BEGUN, ""],
}


@pytest.mark.parametrize("call_backs", [0, 2])
@pytest.mark.parametrize("order", TEXTS)
def test_one_failure_is_one_text_once_it_is_decided(order: str, call_backs: int) -> None:
    scene = Scene(BOB, EVE, rules=replace(RULES, call_backs=call_backs))
    calls = {"m": (ME, 21), "h": (HIM, 17), "e": (HER, 17)}
    for who, expected in zip(order.split(), TEXTS[order], strict=True):
        call, cause = calls[who.lower()]
        said = scene.hear(call, *(IN if who.isupper() else FAIL), cause=None if who.isupper() else cause)
        texts = [command for command in said if isinstance(command, TellNotReached | TellNobodyReached)]
        wanted = _AGAIN if expected == _BEGUN and call_backs else expected
        assert texts == ([wanted] if wanted else []), who


def test_a_host_away_for_too_long_while_nobody_came_reads_that_nothing_took_place() -> None:
    scene = Scene(BOB, rules=replace(RULES, away=timedelta(seconds=20)))
    scene.hear(HIM, E.RINGING)
    assert scene.hear(ME, E.PLACED, E.ENDED, cause=17) == ()
    said = scene.at(20)
    assert TellNotReached(OWNER, CallOutcome.BUSY, live=True, again=False) not in said
    assert [command for command in said if isinstance(command, TellNotReached)] == [
        TellNotReached(OWNER, CallOutcome.BUSY, live=False, again=False)
    ]
    assert scene.hear(HIM, E.ENDED, cause=16) == (), "once"


def test_a_host_who_is_all_that_was_called_reads_why_it_did_not_take_place() -> None:
    scene = Scene()
    assert scene.hear(ME, E.PLACED, E.ENDED, cause=17) == (
        TellNotReached(OWNER, CallOutcome.BUSY, live=False, again=False),
    )


def test_a_host_who_leaves_after_nobody_was_reached_is_told_no_more() -> None:
    scene = Scene(BOB)
    scene.hear(ME, E.JOINED)
    scene.hear(HIM, E.ENDED, cause=17)
    assert scene.hear(ME, E.LEFT, E.ENDED) == ()


def test_a_number_that_was_dropped_from_the_launch_is_no_failure() -> None:
    scene = Scene(BOB)
    scene.hear(ME, E.JOINED)
    scene.do(Control(Feature.DROP_LAST, ME))
    assert not [c for c in scene.hear(HIM, E.ENDED, cause=16) if isinstance(c, TellNobodyReached)]


@pytest.mark.parametrize(
    ("cause", "notice"),
    [(17, N.NUMBER_BUSY), (19, N.NUMBER_NO_ANSWER), (20, N.NUMBER_UNREACHABLE), (21, N.NUMBER_UNREACHABLE)],
)
def test_the_host_hears_what_became_of_a_number_that_was_added(
    scene: Scene, cause: int, notice: Notice
) -> None:
    scene.hear(ME, E.JOINED)
    scene.hear(HIM, E.JOINED)
    scene.seconds = 20
    scene.do(Control(Feature.ADD, ME, "+447700900077"))
    assert scene.hear(ADDED, E.PLACED, E.ENDED, cause=cause) == (Tell(ME, notice),)


def test_nobody_hears_of_an_added_number_once_the_host_is_gone_or_it_was_dropped(scene: Scene) -> None:
    scene.hear(ME, E.JOINED)
    scene.hear(HIM, E.JOINED)
    scene.seconds = 20
    scene.do(Control(Feature.ADD, ME, "+447700900077"))
    scene.do(Control(Feature.DROP_LAST, ME))
    assert scene.hear(ADDED, E.ENDED, cause=16) == ()
    scene.do(Control(Feature.ADD, ME, "+447700900078"))
    scene.hear(ME, E.LEFT, E.ENDED)
    assert scene.hear("usn-7-5", E.PLACED, E.ENDED, cause=17) == ()
