"""Proves that each text about a conference has words of its own, in one segment where no keys are told."""

import typing

import pytest

from usnd.domain.conference.announcements import TellNobodyReached, TellNotReached
from usnd.domain.conference.call import CallOutcome
from usnd.domain.conference.commands import TellMenu, Text
from usnd.domain.conference.dtmf_menu import DEFAULT_KEYS, Menu, described
from usnd.domain.replies.catalogue import render
from usnd.domain.replies.conference import message_of, why_not_in
from usnd.smpp.text.alphabets import Alphabet
from usnd.smpp.text.segments import split

MENU = Menu(DEFAULT_KEYS, "GB")
OWNER = "+447700900001"
KINDS = typing.get_args(Text)


def words(kind: type[Text]) -> str:
    order: Text
    if kind is TellNotReached:
        order = TellNotReached(OWNER, CallOutcome.UNREACHABLE, live=True, again=False)
    elif kind is TellNobodyReached:
        order = TellNobodyReached(OWNER, (("Bob", CallOutcome.NO_ANSWER),) * 60)
    else:
        order = kind(OWNER)  # the two others are above
    return render(message_of(order, MENU))


@pytest.mark.parametrize(
    ("outcome", "live", "again", "said"),
    [
        (CallOutcome.BUSY, True, False, "has begun without you: your phone was busy. Text the same again"),
        (CallOutcome.NO_ANSWER, True, True, "you did not answer. We are calling you again."),
        (CallOutcome.REJECTED, False, False, "did not take place: the call to your phone was rejected."),
        (CallOutcome.NOT_ACCEPTED, False, False, "nobody pressed 1"),
        (CallOutcome.FAILED, False, False, "your phone could not be reached"),
    ],
)
def test_a_subscriber_who_was_not_reached_reads_why_and_what_to_do(
    outcome: CallOutcome, said: str, *, live: bool, again: bool
) -> None:
    assert said in render(message_of(TellNotReached(OWNER, outcome, live, again), MENU))


def test_nobody_reached_names_each_and_why() -> None:
    people = (("Bob", CallOutcome.BUSY), ("Eve", CallOutcome.NO_ANSWER))
    assert "Bob (busy), Eve (no answer)." in render(message_of(TellNobodyReached(OWNER, people), MENU))


def test_nobody_reached_nor_the_host_is_one_text_that_names_each_and_why() -> None:
    people = (("Bob", CallOutcome.BUSY),)
    said = render(message_of(TellNobodyReached(OWNER, people, CallOutcome.REJECTED), MENU))
    assert said == (
        "Your conference did not take place: the call to your phone was rejected,"
        " and nobody else was reached: Bob (busy)."
    )
    many = TellNobodyReached(OWNER, (("Bob", CallOutcome.NO_ANSWER),) * 60, CallOutcome.REJECTED)
    assert len(split(render(message_of(many, MENU)), Alphabet.GSM7, 0)) == 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not TellMenu])
def test_a_text_fits_into_one_segment(kind: type[Text]) -> None:
    assert len(split(words(kind), Alphabet.GSM7, 0)) == 1


def test_no_two_say_the_same_and_the_menu_tells_the_keys() -> None:
    assert len({words(kind) for kind in KINDS}) == len(KINDS)
    assert described(MENU) in words(TellMenu)


def test_why_the_subscriber_is_not_in_is_one_answer_for_texts_and_pages() -> None:
    for outcome in CallOutcome:
        say = why_not_in(outcome)
        if say is not None:
            assert say.value in render(
                message_of(TellNotReached(OWNER, outcome, live=True, again=False), MENU)
            )
    assert why_not_in(CallOutcome.COMPLETED) is None
