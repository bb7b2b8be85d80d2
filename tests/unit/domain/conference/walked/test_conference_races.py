"""Races by model: any order of news, crashes and people leaves every conference consistent and finite."""

from collections.abc import Callable
from datetime import timedelta

import conference_world as model
import pytest
from conference_world import Phase
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from usnd.domain.conference.dtmf_menu import LONGEST_NUMBER, Menu, Typed, press
from usnd.domain.conference.events import Control, Feature, Recall
from usnd.domain.conference.model import Rules
from usnd.domain.dial_in.admission import PinKind
from usnd.domain.trunks.trunk import Pool

CAUSES = st.sampled_from([16, 17, 19, 21, 27, 38, 50])
ADDED = ("+447700900077", "+447700900078", model.OWNER, model.OTHERS[0].number)
PICK = st.integers(0, 1_000)
RULES = st.builds(
    Rules,
    call_backs=st.integers(0, 3),
    press_one=st.booleans(),
    revive=st.booleans(),
    longest=st.sampled_from([None, timedelta(minutes=5)]),
    most_calls=st.sampled_from([3, 100]),
)
KEYS = ("**", "*5", "*6", "*207700900077#", "*2" + "0" * 40, "*3", "*4", "*7", "*0", "1#9*", "*")


def a_channel(*phases: Phase) -> Callable[["ConferenceMachine"], bool]:
    return lambda machine: any(phase in phases for _, phase in machine.world.channels)


class ConferenceMachine(RuleBasedStateMachine):
    world: model.World
    typed: dict[str, Typed]

    @initialize(
        others=st.integers(0, 3), rules=RULES, pool=st.sampled_from([model.ONE_TRUNK, model.TWO_TRUNKS])
    )
    def launch(self, others: int, rules: Rules, pool: Pool) -> None:
        self.world = model.start(others, rules, pool)
        self.typed = dict[str, Typed]()

    @precondition(lambda self: self.world.commands)
    @rule(pick=PICK, refuse=st.sampled_from([False, False, False, True]))
    def carry_out(self, pick: int, *, refuse: bool) -> None:
        self.world = model.carry_out(self.world, pick % len(self.world.commands), refuse=refuse)

    @precondition(lambda self: self.world.commands)
    @rule()
    def carry_out_all(self) -> None:
        while self.world.commands:
            self.world = model.carry_out(self.world, 0)

    @precondition(a_channel(*model.ONWARD))
    @rule(pick=PICK)
    def go_on(self, pick: int) -> None:
        able = [call for call, phase in self.world.channels if phase in model.ONWARD]
        self.world = model.go_on(self.world, able[pick % len(able)])

    @precondition(a_channel(*Phase))
    @rule(pick=PICK, cause=CAUSES)
    def release(self, pick: int, cause: int) -> None:
        self.world = model.release(self.world, self.world.channels[pick % len(self.world.channels)][0], cause)

    @precondition(lambda self: self.world.news)
    @rule(pick=PICK, again=st.booleans())
    def deliver(self, pick: int, *, again: bool) -> None:
        call = self.world.news[pick % len(self.world.news)].call
        self.world = model.deliver(self.world, call, again=again)

    @precondition(lambda self: self.world.news)
    @rule()
    def deliver_all(self) -> None:
        while self.world.news:
            self.world = model.deliver(self.world, self.world.news[0].call)

    @rule(again=st.booleans())
    def call_in(self, *, again: bool) -> None:
        self.world = model.call_in(self.world, again=again)

    @rule(number=st.sampled_from(["", *ADDED]))
    def join_in(self, number: str) -> None:
        self.world = model.join_in(self.world, number)

    @rule(number=st.sampled_from(["", *ADDED]))
    def call_in_with_the_activation_pin(self, number: str) -> None:
        """As the subscriber, or as one more participant if the subscriber is in."""
        self.world = model.by_pin(self.world, number, PinKind.ACTIVATION)

    @precondition(lambda self: self.world.conference.calls)
    @rule(pick=PICK, keys=st.sampled_from(KEYS))
    def press(self, pick: int, keys: str) -> None:
        call = self.world.conference.calls[pick % len(self.world.conference.calls)].id
        for key in keys:
            typed, choice = press(Menu(), self.typed.get(call, Typed()), key, self.world.now)
            self.typed[call] = typed
            assert len(typed.digits) <= 2 + LONGEST_NUMBER
            if choice is not None:
                self.world = model.hear(self.world, Control(choice.feature, call, choice.number))

    @rule()
    def recall(self) -> None:
        self.world = model.hear(self.world, Recall())

    @precondition(lambda self: self.world.conference.calls)
    @rule(
        pick=PICK,
        feature=st.sampled_from(Feature),
        number=st.sampled_from(["", *ADDED]),
        on=st.sampled_from([None, True, False]),
    )
    def control(self, pick: int, feature: Feature, number: str, *, on: bool | None) -> None:
        calls = [call.id for call in self.world.conference.calls]
        asking, target = [None, *calls][pick % (len(calls) + 1)], calls[pick // 7 % len(calls)]
        self.world = model.hear(self.world, Control(feature, asking, number, target=target, on=on))

    @precondition(lambda self: self.world.channels)
    @rule(disaster=st.sampled_from([model.end, model.kill_asterisk, model.crash, model.crash]))
    def disaster(self, disaster: Callable[[model.World], model.World]) -> None:
        self.world = disaster(self.world)

    @rule(surveyed=st.integers(0, 2))
    def crash_twice(self, surveyed: int) -> None:
        self.world = model.crash(self.world, surveyed)

    @precondition(lambda self: not self.world.conference.live)
    @rule(others=st.integers(0, 3))
    def launch_another(self, others: int) -> None:
        model.finish(self.world)
        self.world = model.start(others, self.world.rules)

    @rule()
    def live_on(self) -> None:
        """Every channel goes one step on, and is heard of: most calls do join."""
        for call, _ in self.world.channels:
            phase = self.world.phase(call)
            if phase in model.ONWARD and phase is not Phase.JOINED:
                self.world = model.settle(model.go_on(self.world, call))

    @rule(seconds=st.sampled_from([0, 1, 10, 14, 15, 16, 45, 60, 119, 120, 200]))
    def wait(self, seconds: int) -> None:
        self.world = model.wait(self.world, timedelta(seconds=seconds))

    def teardown(self) -> None:
        if hasattr(self, "world"):
            model.finish(self.world)


TestConferenceRaces = pytest.mark.no_cover(ConferenceMachine.TestCase)
TestConferenceRaces.settings = settings(
    derandomize=True,
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
