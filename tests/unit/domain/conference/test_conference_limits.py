"""What a carrier does not let a subscriber do: whom to call, and for how long (REQUIREMENTS C10)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conference_scene import BOB, HIM, ME, OWNER, RULES, E, S, Scene

from usnd.domain.conference.announcements import Notice, Tell
from usnd.domain.conference.commands import Goodbye, TellTimeLimit
from usnd.domain.conference.events import Control, Feature
from usnd.domain.conference.model import EndReason
from usnd.domain.directory.model import Subscriber
from usnd.domain.numbers.e164 import NumberPlan
from usnd.domain.replies.catalogue import Say
from usnd.domain.sms.decision import Situation, TextRules
from usnd.domain.sms.interpreter import interpret

BARRED = NumberPlan(barred=("+44909",))
LIMITED = replace(RULES, longest=timedelta(hours=1), plan=BARRED)


@pytest.fixture
def scene() -> Scene:
    scene = Scene(BOB, rules=LIMITED)
    for call in (ME, HIM):
        scene.hear(call, E.PLACED, E.JOINED)
    return scene


def test_a_launch_with_a_barred_number_does_nothing_and_says_so() -> None:
    rules = TextRules("GB", plan=BARRED)
    decision = interpret("IC +447700900002 +449090123456", Situation(Subscriber(42, OWNER)), rules)
    assert decision.reply.say is Say.BARRED
    assert decision.reply.values["names"] == ("+449090123456",)
    assert decision.launch == ()


def test_a_barred_number_is_not_added_either(scene: Scene) -> None:
    assert scene.do(Control(Feature.ADD, ME, "+449090123456")) == (Tell(ME, Notice.WRONG_NUMBER),)
    assert len(scene.do(Control(Feature.ADD, ME, "+447700900077"))) == 2, "and told"


def test_a_conference_that_nobody_ends_is_ended_and_told(scene: Scene) -> None:
    assert scene.due() == 3600
    why = EndReason.TIME_LIMIT
    assert scene.at(3600) == (Goodbye(ME, why), Goodbye(HIM, why), TellTimeLimit(OWNER))
    assert scene.conference.state is S.ENDING
    assert scene.due() == 3615


def test_it_is_told_once_and_not_of_a_conference_that_ends_already(scene: Scene) -> None:
    scene.seconds = 3599
    scene.do(Control(Feature.END, None))
    assert TellTimeLimit(OWNER) not in scene.at(3614)
    assert scene.conference.end_reason is EndReason.TOLD
