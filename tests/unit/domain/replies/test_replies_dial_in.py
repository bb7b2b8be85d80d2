"""Who is told which way into a conference: the subscriber both PINs, the called the User PIN (C3, S10)."""

from dataclasses import replace

import pytest
from msgspec import structs
from subscriber_home import HOME, ME, MINE, RULES

from usnd.domain.dial_in.admission import DialInNumbers, Pin, PinKind
from usnd.domain.directory.model import changed
from usnd.domain.replies.catalogue import render
from usnd.domain.replies.dial_in import told
from usnd.domain.sms.decision import Decision, Situation, TextRules
from usnd.domain.sms.interpreter import interpret

COMMON, BACK = "442079460000", "+442079460000"
DNIS = tuple(f"4420794600{number:02}" for number in range(1, 31))
BOTH = DialInNumbers(COMMON, DNIS)
PINS = (
    Pin("1000003", PinKind.ACTIVATION, ME.id, 3),
    Pin("2000003", PinKind.USER, ME.id, 3),
    Pin("1000004", PinKind.ACTIVATION, ME.id, 4),
    Pin("2000004", PinKind.USER, ME.id, 4),
)
TEXTING = Situation(structs.replace(ME, call_texts=True), MINE)


def after(body: str, situation: Situation = HOME, numbers: DialInNumbers = BOTH, back: str = "") -> Decision:
    rules: TextRules = replace(RULES, numbers=numbers, call_back_number=back)
    decision = interpret(body, situation, rules)
    return decision if decision.tells is None else told(decision, decision.tells, PINS, rules)


@pytest.mark.parametrize("body", ["CC3 Bob", "CC 4 Bob", "LC3", "lc 3"])
def test_the_subscriber_is_told_the_number_and_both_pins_in_one_segment(body: str) -> None:
    text = render(after(body).reply)
    instant = 4 if "4" in body else 3
    pins = f"Activation PIN 100000{instant}, User PIN 200000{instant}."
    assert text.endswith(f" Or call 4420794600{instant:02}, or {COMMON}: {pins}")
    assert len(text) <= 160


def test_a_long_list_is_cut_for_the_dial_in() -> None:
    situation = Situation(ME, changed(MINE, interpret("GC Longernamedgroup Bob", HOME, RULES).changes))
    text = render(after("CC3 Longernamedgroup Club Golf Bob eve", situation).reply)
    assert "Longernamedgroup" in text
    assert " more. Text IC 3" in text
    assert text.endswith("User PIN 2000003.")
    assert len(text) <= 160


@pytest.mark.parametrize(
    ("numbers", "ways"),
    [
        (DialInNumbers(), ""),
        (DialInNumbers("", DNIS[:2]), ""),
        (DialInNumbers("", DNIS), " Or call 442079460003."),
        (DialInNumbers(COMMON), f" Or call {COMMON}: Activation PIN 1000003, User PIN 2000003."),
    ],
)
def test_only_ways_that_are_open_are_told(numbers: DialInNumbers, ways: str) -> None:
    text = render(after("LC3", numbers=numbers).reply)
    assert text.partition("Text IC 3 to call.")[2] == ways


def test_the_number_is_told_as_people_dial_it() -> None:
    assert f"or {BACK}: Activation" in render(after("LC3", back=BACK).reply)


@pytest.mark.parametrize("body", ["LC", "LC 9", "CC3 nobody", "IC3", "IC eve", "SB eve: hello", "?"])
def test_no_other_reply_tells_a_pin(body: str) -> None:
    assert "PIN" not in render(after(body).reply)


@pytest.mark.parametrize("back", [BACK, ""])
def test_those_who_are_called_learn_the_user_pin_only(back: str) -> None:
    decision = after("IC3", TEXTING, back=back)
    texts = [render(text.message) for text in decision.texts]
    assert len(texts) == len(decision.launch)
    for text in texts:
        assert text.endswith(f"Call {back or COMMON}, PIN 2000003.")
        assert "1000003" not in text
        assert len(text) <= 160


@pytest.mark.parametrize(("body", "numbers"), [("IC eve", BOTH), ("IC3", DialInNumbers("", DNIS))])
def test_without_a_pin_that_can_be_used_none_is_told(body: str, numbers: DialInNumbers) -> None:
    decision = after(body, TEXTING, numbers, BACK)
    assert {render(text.message).partition("? ")[2] for text in decision.texts} == {f"Call {BACK}."}


def test_what_is_told_is_in_the_subscribers_language() -> None:
    situation = Situation(structs.replace(ME, language="de", call_texts=True), MINE)
    assert after("LC3", situation).reply.language == "de"
    assert {text.message.language for text in after("IC3", situation).texts} == {"de"}


@pytest.mark.parametrize("pins", [(), PINS[:1]])
def test_a_conference_for_which_no_pin_was_left_is_told_without(pins: tuple[Pin, ...]) -> None:
    rules: TextRules = replace(RULES, numbers=BOTH)
    decision = interpret("CC3 Bob", HOME, rules)
    assert decision.tells is not None
    text = render(told(decision, 3, pins, rules).reply)
    assert "Or call 442079460003" in text
    assert "PIN" not in text
    beside = interpret("IC3", TEXTING, rules)
    assert beside.texts
    assert told(beside, 3, pins, rules).texts == beside.texts
