"""Which call comes in where: every caller, number and PIN; and how guessing is slowed (C3, C4, C5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from conference_scene import BOB, EVE, HIM, ME, OWNER, RULES, E, S, Scene

from usnd.domain.billing.cdr import cdr_of
from usnd.domain.conference.call import CallNews, CallOutcome, Direction, Role, follow
from usnd.domain.conference.commands import Admit, HangUp, PlaceCall, TurnAway
from usnd.domain.conference.events import CallIn, Control, Feature, JoinIn
from usnd.domain.conference.model import Conference, LaunchPlan
from usnd.domain.conference.transitions import launch
from usnd.domain.dial_in.admission import (
    AskPin,
    Denial,
    Deny,
    DialInNumbers,
    Join,
    LaunchInstant,
    Pin,
    PinKind,
    Rejoin,
    Way,
    counts,
    enter,
    route,
    written_twice,
)
from usnd.domain.dial_in.wrong_pins import Guesses, GuessRules, after_wrong_pin, guesses_go_on, wrong_pin

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
NUMBERS = DialInNumbers("52270", ("52201", "52202"))
STRANGER = "+447700900099"
CALL = "171.9"


@pytest.fixture
def scene() -> Scene:
    """Conference 3 of subscriber 42 runs: the subscriber talks, Bob's phone rings."""
    scene = Scene(BOB)
    scene.conference = replace(scene.conference, instant=3)
    scene.hear(ME, E.PLACED, E.JOINED)
    scene.hear(HIM, E.RINGING)
    return scene


@pytest.mark.parametrize(
    ("cli", "dnis", "way"),
    [
        (OWNER, "52201", Rejoin(7)),
        (OWNER, "52270", Rejoin(7)),
        (OWNER, "999", Rejoin(7)),
        (STRANGER, "52201", LaunchInstant(1)),
        (STRANGER, "52202", LaunchInstant(2)),
        (None, "52201", Deny(Denial.WITHHELD)),
        (STRANGER, "52270", AskPin()),
        (None, "52270", AskPin()),
        (STRANGER, "999", Deny(Denial.UNKNOWN)),
        (STRANGER, "", Deny(Denial.UNKNOWN)),
    ],
)
def test_a_call_goes_by_who_calls_what(scene: Scene, cli: str | None, dnis: str, way: Way) -> None:
    assert route(cli, dnis, NUMBERS, [scene.conference], barred=False) == way


def test_a_conference_that_says_goodbye_is_in_nobodys_way(scene: Scene) -> None:
    """Right behind `**` the subscriber starts the next one, by a call or a PIN."""
    scene.do(Control(Feature.END, None))
    assert route(OWNER, "52201", NUMBERS, [scene.conference], barred=False) == LaunchInstant(1)
    assert enter(ACTIVATION, [scene.conference]) == LaunchInstant(
        ACTIVATION.instant, ACTIVATION.subscriber_id
    )
    assert enter(USER, [scene.conference]) == Deny(Denial.NOT_RUNNING)


def test_a_number_that_guessed_is_not_asked_again_but_its_own_conference_is_open(scene: Scene) -> None:
    live = [scene.conference]
    assert route(STRANGER, "52270", NUMBERS, live, barred=True) == Deny(Denial.WRONG_PIN)
    assert route(OWNER, "52270", NUMBERS, live, barred=True) == Rejoin(7)


def test_without_numbers_nobody_comes_in_but_subscribers_of_running_conferences() -> None:
    assert route(STRANGER, "", DialInNumbers(), [], barred=False) == Deny(Denial.UNKNOWN)


ACTIVATION, USER = Pin("1", PinKind.ACTIVATION, 42, 3), Pin("2", PinKind.USER, 42, 3)


def test_a_pin_of_the_running_conference(scene: Scene) -> None:
    live: list[Conference] = [scene.conference]
    assert enter(USER, live) == Join(7)
    assert enter(ACTIVATION, live) == Join(7), "the second caller with it is a participant"
    scene.hear(ME, E.LEFT)
    assert enter(ACTIVATION, [scene.conference]) == Rejoin(7)
    assert enter(USER, [scene.conference]) == Join(7)


@pytest.mark.parametrize(("owner", "instant"), [(42, 4), (43, 3)])
def test_a_pin_of_another_conference(scene: Scene, owner: int, instant: int) -> None:
    live = [scene.conference]
    assert enter(replace(USER, subscriber_id=owner, instant=instant), live) == Deny(Denial.NOT_RUNNING)
    pin = replace(ACTIVATION, subscriber_id=owner, instant=instant)
    assert enter(pin, live) == LaunchInstant(instant, owner)


@pytest.mark.parametrize(
    ("pin", "cli", "running", "right"),
    [
        (ACTIVATION, OWNER, False, True),
        (ACTIVATION, OWNER, True, True),
        (ACTIVATION, STRANGER, False, False),
        (ACTIVATION, STRANGER, True, False),
        (ACTIVATION, None, True, False),
        (USER, STRANGER, True, True),
        (USER, None, True, True),
        (USER, STRANGER, False, False),
        (USER, OWNER, False, False),
    ],
)
def test_where_pins_are_too_many_each_opens_less(
    scene: Scene, pin: Pin, cli: str | None, *, running: bool, right: bool
) -> None:
    live = [scene.conference] if running else [replace(scene.conference, instant=4)]
    assert counts(pin, cli, OWNER, live, narrow=True) is right
    assert counts(pin, cli, OWNER, live, narrow=False)


def test_a_launch_by_a_call_calls_only_the_others() -> None:
    step = launch(7, LaunchPlan(42, OWNER, (BOB,), 3, CallIn(CALL, "52203", "1234567")), RULES, T0)
    assert step.commands == (Admit(CALL, "c7"), PlaceCall(HIM, BOB.number, OWNER, "c7", RULES.ring))
    own, other = step.conference.calls
    assert (own.role, own.direction, own.dnis) == (Role.SUBSCRIBER, Direction.IN, "52203")
    assert (own.activation_pin, other.direction, step.conference.instant) == ("1234567", Direction.OUT, 3)


@pytest.mark.parametrize(("number", "cli"), [(EVE.number, EVE.number), ("", ""), (None, OWNER)])
def test_who_types_the_activation_pin_is_recorded_with_the_own_number(number: str | None, cli: str) -> None:
    """And is not called besides, if that telephone is a participant's."""
    caller = CallIn(CALL, "52270", "1234567", number=number)
    step = launch(7, LaunchPlan(42, OWNER, (BOB, EVE), 3, caller), RULES, T0)
    own, *others = step.conference.calls
    assert (own.number, own.role) == (cli, Role.SUBSCRIBER)
    assert [call.number for call in others] == [who.number for who in (BOB, EVE) if who.number != number]
    ended = follow(own, CallNews(CALL, E.ENDED, 16), frozenset(), T0)
    assert cdr_of(step.conference, ended).cli == cli


def test_a_participant_comes_in_and_the_call_to_them_is_given_up(scene: Scene) -> None:
    join = JoinIn(CALL, "52270", BOB.number)
    assert scene.do(join) == (HangUp(HIM), Admit(CALL, "c7"))
    assert scene.do(join) == ()
    scene.hear(CALL, E.ANSWERED, E.JOINED, E.LEFT, E.ENDED, cause=16)
    scene.hear(HIM, E.ENDED, cause=16)
    assert (scene.outcome_of(CALL), scene.outcome_of(HIM)) == (CallOutcome.COMPLETED, CallOutcome.CANCELLED)
    cdr = cdr_of(scene.conference, scene.conference.calls[-1])
    assert (cdr.cli, cdr.dnis, cdr.role, cdr.direction) == (
        BOB.number,
        "52270",
        Role.PARTICIPANT,
        Direction.IN,
    )


def test_two_behind_one_number_can_both_be_in(scene: Scene) -> None:
    scene.hear(HIM, E.JOINED)
    assert scene.do(JoinIn(CALL, "52270", BOB.number)) == (Admit(CALL, "c7"),)
    assert scene.do(JoinIn("171.10", "52270", BOB.number)) == (Admit("171.10", "c7"),)
    assert scene.do(JoinIn("171.11", "52270", "")) == (Admit("171.11", "c7"),)


def test_a_call_to_the_subscriber_is_not_given_up_for_a_participant(scene: Scene) -> None:
    scene = Scene(BOB)
    assert scene.do(JoinIn(CALL, "52270", OWNER)) == (Admit(CALL, "c7"),)


def test_a_locked_a_full_and_an_ending_conference_take_nobody(scene: Scene) -> None:
    join = JoinIn(CALL, "52270", STRANGER)
    scene.do(Control(Feature.LOCK, ME))
    assert scene.do(join) == (TurnAway(CALL, Denial.LOCKED.value),)
    scene.do(Control(Feature.LOCK, ME))
    scene.rules = replace(RULES, most_calls=2)
    assert scene.do(join) == (TurnAway(CALL, Denial.FULL.value),)
    scene.do(Control(Feature.END, None))
    assert scene.conference.state is S.ENDING
    assert scene.do(join) == (TurnAway(CALL, Denial.NOT_RUNNING.value),)


def test_three_wrong_pins_end_a_call() -> None:
    rules, guesses = GuessRules(), Guesses()
    ways = [after_wrong_pin(tries, guesses, rules, T0) for tries in (1, 2, 3)]
    assert ways == [AskPin(again=True), AskPin(again=True), Deny(Denial.WRONG_PIN)]


def test_guessing_bars_a_number_ever_longer() -> None:
    rules, guesses = GuessRules(), Guesses()
    for _ in range(rules.free):
        guesses = wrong_pin(guesses, rules, T0)
    assert not guesses.barred(T0)
    bars = []
    for _ in range(40):
        guesses = wrong_pin(guesses, rules, T0)
        assert guesses.barred_until is not None
        bars.append((guesses.barred_until - T0) / rules.first_bar)
    assert bars[:4] == [1, 2, 4, 8]
    assert bars[-1] == rules.longest_bar / rules.first_bar
    assert after_wrong_pin(1, guesses, rules, T0) == Deny(Denial.WRONG_PIN)
    assert not guesses.barred(T0 + rules.longest_bar)


def test_mistakes_of_long_ago_are_forgotten() -> None:
    rules, guesses = GuessRules(), Guesses()
    for _ in range(rules.free):
        guesses = wrong_pin(guesses, rules, T0)
    assert wrong_pin(guesses, rules, T0 + rules.forgotten + timedelta(seconds=1)).wrong == 1


@pytest.mark.parametrize(
    ("numbers", "twice"),
    [
        (("52270", "", "", "52201"), None),
        (("52270", "52201", "52201"), ("52201", "52201")),
        (("52270", "+52270"), ("52270", "+52270")),
        (("442079460000", "02079460001"), None),
        (("442079460000", "02079460000"), ("442079460000", "02079460000")),
    ],
)
def test_one_number_in_two_spellings_is_one(numbers: tuple[str, ...], twice: tuple[str, str] | None) -> None:
    assert written_twice(numbers, "GB") == twice


def test_who_withholds_the_number_is_never_barred_for_long_and_still_slowed() -> None:
    rules, guesses, now, tried = GuessRules(), Guesses(), T0, 0
    while now < T0 + timedelta(hours=24):
        guesses = wrong_pin(guesses, rules, now, withheld=True)
        tried += 1
        assert not guesses.barred(now + rules.longest_withheld)
        while guesses.barred(now):
            now += timedelta(seconds=5)
    assert tried <= rules.free + 24 * 60


def test_guessing_goes_on_until_it_is_forgotten() -> None:
    rules, guesses = GuessRules(), Guesses()
    for _ in range(rules.free):
        guesses = wrong_pin(guesses, rules, T0, withheld=True)
    assert not guesses_go_on(guesses, rules, T0)
    guesses = wrong_pin(guesses, rules, T0, withheld=True)
    assert guesses_go_on(guesses, rules, T0 + rules.forgotten)
    assert not guesses_go_on(guesses, rules, T0 + rules.forgotten + timedelta(seconds=1))
    assert not guesses_go_on(Guesses(), rules, T0)
