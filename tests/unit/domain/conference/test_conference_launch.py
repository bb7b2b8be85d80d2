"""Proves that a launch that no text asked for is decided as the text would be, and by what it names (C1)."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from usnd.domain.conference.launch import (
    EarlierLaunch,
    InstantConference,
    Named,
    Whom,
    decide_launch,
    digest_of,
    text_of,
)
from usnd.domain.conference.model import ConferenceState, Participant
from usnd.domain.directory.model import Directory, NickMember, Subscriber, User
from usnd.domain.numbers.e164 import NumberPlan
from usnd.domain.replies.catalogue import Say
from usnd.domain.sms.decision import Situation, TextRules
from usnd.domain.sms.interpreter import interpret

ME = Subscriber(42, "+447700900001", call_texts=True)
BOB = User("bob", "+447700900002", "Bob", "Jones")
HOME = Directory(users={"bob": BOB}, conferences={3: (NickMember("bob"),)})
RULES = TextRules("GB")


def decided(whom: Whom, subscriber: Subscriber = ME, **known: Any) -> tuple[Say, tuple[Participant, ...]]:
    situation = replace(Situation(subscriber, HOME), **known)
    decision = decide_launch(whom, situation, subscriber, RULES)
    return decision.reply.say, decision.launch


@pytest.mark.parametrize(
    ("whom", "text"),
    [
        (Named(("bob",)), "IC bob"),
        (Named(("07700 900003",)), "IC 07700900003"),
        (Named(("07700", "900003")), "IC 07700 900003"),
        (Named(("bob", "+447700900003")), "IC bob +447700900003"),
        (Named(("nobody",)), "IC nobody"),
        (InstantConference(3), "IC3"),
        (InstantConference(4), "IC4"),
    ],
)
def test_it_calls_whom_the_text_would_call(whom: Whom, text: str) -> None:
    decision = decide_launch(whom, Situation(ME, HOME), ME, RULES)
    assert decision.launch == (meant := interpret(text, Situation(ME, HOME), RULES)).launch
    assert decision.instant == meant.instant
    assert decision.texts == meant.texts


def test_a_bare_number_is_a_name_and_no_conference() -> None:
    """On a command line `3` is what is typed: only `--number 3` means the conference."""
    say, called = decided(Named(("3",)))
    assert called == ()
    assert say is not Say.LAUNCHED


@pytest.mark.parametrize(
    ("known", "say"),
    [
        ({"conference": ConferenceState.GATHERING}, Say.STILL_RUNNING),
        ({"conference": ConferenceState.AWAY}, Say.RECALLED),
        ({"conference": ConferenceState.RUNNING}, Say.CALLED_INTO_IT),
        ({"conference": ConferenceState.AWAY, "voice_up": False}, Say.NO_VOICE),
        ({"conference": ConferenceState.ENDED}, Say.LAUNCHED),
        ({"voice_up": False}, Say.NO_VOICE),
        ({"seconds_left": 0}, Say.NO_MINUTES),
    ],
)
def test_what_goes_on_decides_too(known: dict[str, object], say: Say) -> None:
    assert decided(InstantConference(3), **known)[0] is say


def test_who_is_suspended_launches_nothing() -> None:
    assert decided(Named(("bob",)), structs.replace(ME, suspended=True)) == (Say.SUSPENDED, ())


def test_a_barred_number_is_not_called_by_anybody() -> None:
    rules = replace(RULES, plan=NumberPlan(barred=("+44",)))
    assert decide_launch(Named(("bob",)), Situation(ME, HOME), ME, rules).reply.say is Say.BARRED


WANTED: list[Whom] = [
    InstantConference(7), InstantConference(8), Named(("7",)), Named(("bob", "ann")), Named(("ann", "bob")),
    Named(("bob ann",)),
]  # fmt: skip


@pytest.mark.parametrize("first", WANTED)
@pytest.mark.parametrize("then", WANTED)
def test_a_repetition_asks_for_the_very_same(first: Whom, then: Whom) -> None:
    assert EarlierLaunch(1, digest_of(first)).asked_for(then) is (first == then)


@pytest.mark.parametrize("first", WANTED)
@pytest.mark.parametrize("then", WANTED)
def test_of_what_the_former_release_kept_the_text_is_compared(first: Whom, then: Whom) -> None:
    assert EarlierLaunch(1, text=text_of(first)).asked_for(then) is (text_of(first) == text_of(then))


def test_where_nothing_was_kept_the_id_alone_says_so() -> None:
    assert EarlierLaunch(1).asked_for(Named(("bob",)))
    assert [text_of(whom) for whom in (InstantConference(7), Named(("bob", "ann")))] == ["IC 7", "IC bob ann"]
