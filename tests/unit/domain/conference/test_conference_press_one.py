"""Who must press 1 joins only then; a machine that answers is told apart (REQUIREMENTS C9)."""

from dataclasses import replace

import pytest
from conference_scene import BOB, HIM, ME, RULES, E, Scene

from usnd.domain.conference.call import CallOutcome
from usnd.domain.conference.commands import HangUp, PlaceCall
from usnd.domain.conference.events import Control, Feature, Recall
from usnd.domain.conference.model import Rules

ASKING = replace(RULES, press_one=True)


@pytest.fixture
def scene() -> Scene:
    scene = Scene(BOB, rules=ASKING)
    scene.hear(ME, E.PLACED, E.ANSWERED, E.JOINED)
    scene.hear(HIM, E.PLACED, E.ANSWERED)
    return scene


def test_everybody_who_is_called_is_asked(scene: Scene) -> None:
    assert [command.ask for command in scene.commands if isinstance(command, PlaceCall)] == [True, True]
    scene.hear(HIM, E.JOINED)
    scene.rules = RULES  # the conference keeps the rule of its launch
    scene.hear(ME, E.LEFT, E.ENDED)
    (again,) = scene.do(Recall())
    assert isinstance(again, PlaceCall)
    assert again.ask


def test_a_machine_never_presses(scene: Scene) -> None:
    scene.hear(HIM, E.ENDED, cause=16)
    assert scene.outcome_of(HIM) is CallOutcome.NOT_ACCEPTED


def test_who_pressed_has_completed(scene: Scene) -> None:
    scene.hear(HIM, E.JOINED, E.LEFT, E.ENDED, cause=16)
    assert scene.outcome_of(HIM) is CallOutcome.COMPLETED


def test_who_joined_while_being_released_has_completed(scene: Scene) -> None:
    scene.do(Control(Feature.END, None))
    scene.hear(HIM, E.JOINED, E.ENDED, cause=16)
    assert scene.outcome_of(HIM) is CallOutcome.COMPLETED


def test_there_is_time_to_press_and_not_for_ever(scene: Scene) -> None:
    due = (RULES.answer + RULES.grace).total_seconds()
    assert scene.due() == due
    assert scene.at(due)[:1] == (HangUp(HIM),)
    assert scene.outcome_of(HIM) is CallOutcome.NOT_ACCEPTED


def test_a_refusal_stays_what_it_is() -> None:
    scene = Scene(BOB, rules=ASKING)
    scene.hear(HIM, E.PLACED, E.ENDED, cause=17)
    assert scene.outcome_of(HIM) is CallOutcome.BUSY


@pytest.mark.parametrize("rules", [RULES, ASKING])
def test_it_is_set_for_all_or_for_one_subscriber(rules: Rules) -> None:
    assert rules.of(press_one=True).press_one
    assert rules.of(press_one=False) == rules
