"""Nobody is left in silence: who is told what when people are missing (REQUIREMENTS C13)."""

from dataclasses import replace

import pytest
from test_domain_conducting import BOB, EVE, HER, HIM, ME, OWNER, RULES, E, S, Scene

from usnd.domain.calls import Outcome
from usnd.domain.conference import Control, End, Feature, JoinIn, Recall, StillAlone
from usnd.domain.notices import Announce, CheckAlone, Notice, Tell, TellNobodyReached, TellNotReached

N = Notice
ADDED = "usn-7-4"


@pytest.fixture
def scene() -> Scene:
    return Scene(BOB, EVE)


@pytest.mark.parametrize(
    ("cause", "outcome"), [(17, Outcome.BUSY), (20, Outcome.UNREACHABLE), (19, Outcome.NO_ANSWER)]
)
def test_a_host_who_is_not_reached_at_the_launch_is_told_of_in_the_room_and_by_text(
    scene: Scene, cause: int, outcome: Outcome
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
    scene.do(End())
    assert scene.do(StillAlone(ME)) == ()


def test_all_participants_unreachable_is_said_and_texted_once(scene: Scene) -> None:
    scene.hear(ME, E.JOINED)
    assert scene.hear(HIM, E.ENDED, cause=17) == ()
    people = (("Bob", Outcome.BUSY), ("Eve", Outcome.UNREACHABLE))
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
        TellNotReached(OWNER, Outcome.REJECTED, live=False, again=False),
    )
    assert scene.conference.state is S.ENDED


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
