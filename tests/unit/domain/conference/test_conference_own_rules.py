"""What a subscriber has of their own counts in their conferences, as far as the node allows (C5, C6, C10)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from conference_scene import BOB, EVE, HIM, ME, OWNER, RULES, T0, E, S, Scene
from msgspec import structs

from usnd.domain.conference.announcements import Notice, Tell
from usnd.domain.conference.commands import Admit, PlaceCall, TurnAway
from usnd.domain.conference.events import Control, Feature, JoinIn
from usnd.domain.conference.launch import InstantConference, Named, Whom, decide_launch
from usnd.domain.conference.model import LaunchPlan, Rules
from usnd.domain.conference.transitions import launch
from usnd.domain.directory.model import Directory, NumberMember, Subscriber
from usnd.domain.replies.catalogue import Say
from usnd.domain.sms.decision import Situation, TextRules
from usnd.domain.sms.interpreter import interpret

NODE = replace(RULES, most_calls=4, away=timedelta(seconds=120), call_backs=2)


def running(rules: Rules = NODE, **own: Any) -> Scene:
    """A conference of two, launched with something of the subscriber's own."""
    scene = Scene(BOB, rules=rules)
    scene.conference = launch(7, LaunchPlan(42, OWNER, (BOB,), **own), rules, T0).conference
    for call in (ME, HIM):
        scene.hear(call, E.PLACED, E.JOINED)
    return scene


@pytest.mark.parametrize(("own", "most"), [(None, 4), (3, 3), (4, 4), (100, 4)])
def test_no_more_are_called_or_come_in_than_the_subscriber_and_the_node_allow(
    own: int | None, most: int
) -> None:
    scene = running(most_calls=own)
    numbers = iter(range(10, 99))
    added = 0
    while any(isinstance(one, PlaceCall) for one in _added(scene, next(numbers))):
        added += 1
    assert 2 + added == most
    assert _added(scene, 99) == (Tell(ME, Notice.FULL),)
    assert scene.do(JoinIn("in-1", "52200", "+447700900055")) == (TurnAway("in-1", "full"),)


def _added(scene: Scene, last: int) -> tuple[object, ...]:
    return scene.do(Control(Feature.ADD, ME, f"+4477009000{last}"))


def test_who_comes_in_by_a_pin_finds_room_below_the_limit() -> None:
    scene = running(most_calls=3)
    (admitted,) = scene.do(JoinIn("in-1", "52200", EVE.number))
    assert isinstance(admitted, Admit)
    assert scene.do(JoinIn("in-2", "52200", "+447700900055")) == (TurnAway("in-2", "full"),)


@pytest.mark.parametrize(("own", "seconds"), [(None, 120), (30, 30), (600, 600)])
def test_the_others_wait_as_long_as_the_subscriber_has_it(own: int | None, seconds: int) -> None:
    scene = running(replace(NODE, call_backs=0), away_seconds=own)
    scene.hear(ME, E.LEFT, E.ENDED)
    assert scene.conference.state is S.AWAY
    assert scene.conference.away_until == T0 + timedelta(seconds=seconds)


@pytest.mark.parametrize(("own", "state"), [(None, S.RECALLING), (0, S.AWAY), (5, S.RECALLING)])
def test_a_subscriber_is_called_back_as_often_as_they_have_it(own: int | None, state: object) -> None:
    scene = running(most_call_backs=own)
    scene.hear(ME, E.LEFT, E.ENDED)
    assert scene.conference.state is state


def test_calls_back_may_be_had_where_the_node_makes_none() -> None:
    scene = running(replace(NODE, call_backs=0), most_call_backs=1)
    scene.hear(ME, E.LEFT, E.ENDED)
    assert scene.conference.state is S.RECALLING


def test_a_conference_without_anything_of_its_own_has_the_nodes_rules() -> None:
    assert NODE.within(running().conference) is NODE


# Whom a launch may name -------------------------------------------------------------------------------------

NUMBERS = tuple(f"+44770090001{last}" for last in range(5))
SMALL = Subscriber(42, OWNER, participants=2)
HOME = Directory(conferences={3: tuple(NumberMember(number) for number in NUMBERS[:3])})
TEXTS = TextRules("GB", most_participants=4)


@pytest.mark.parametrize("whom", [Named(NUMBERS[:3]), InstantConference(3)])
def test_a_launch_of_more_than_the_subscriber_may_call_is_refused_by_every_way_in(whom: Whom) -> None:
    decision = decide_launch(whom, Situation(SMALL, HOME), SMALL, TEXTS)
    assert (decision.reply.say, decision.reply.values["most"]) == (Say.TOO_MANY, 2)
    assert decision.launch == ()


@pytest.mark.parametrize("text", [f"IC {' '.join(NUMBERS[:3])}", "IC3", f"CC4 {' '.join(NUMBERS[:3])}"])
def test_so_is_a_text(text: str) -> None:
    decision = interpret(text, Situation(SMALL, HOME), TEXTS)
    assert (decision.reply.say, decision.reply.values["most"]) == (Say.TOO_MANY, 2)
    assert not decision.launch
    assert not decision.changes


def test_a_blast_is_no_conference() -> None:
    decision = interpret(f"SB {' '.join(NUMBERS[:4])}: hi", Situation(SMALL, HOME), TEXTS)
    assert len(decision.texts) == 4


@pytest.mark.parametrize(("own", "most"), [(None, 4), (4, 4), (5, 4), (1000, 4), (1, 1)])
def test_the_node_never_allows_more_than_its_own(own: int | None, most: int) -> None:
    mine = structs.replace(SMALL, participants=own)
    assert TEXTS.of(mine).most_participants == most
    decision = decide_launch(Named(NUMBERS), Situation(mine, HOME), mine, TEXTS)
    assert (decision.reply.say, decision.reply.values["most"]) == (Say.TOO_MANY, most)
