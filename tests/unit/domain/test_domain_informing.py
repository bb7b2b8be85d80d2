"""Proves that each text about a conference has words of its own, in one segment where no keys are told."""

import typing

import pytest

from usnd.domain.conference import TellMenu, Text
from usnd.domain.informing import message_of
from usnd.domain.menu import DEFAULT_KEYS, Menu, described
from usnd.domain.replies import render
from usnd.smpp.segments import split
from usnd.smpp.text import Alphabet

MENU = Menu(DEFAULT_KEYS, "GB")
OWNER = "+447700900001"
KINDS = typing.get_args(Text)


def words(kind: type[Text]) -> str:
    return render(message_of(kind(OWNER), MENU))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not TellMenu])
def test_a_text_fits_into_one_segment(kind: type[Text]) -> None:
    assert len(split(words(kind), Alphabet.GSM7, 0)) == 1


def test_no_two_say_the_same_and_the_menu_tells_the_keys() -> None:
    assert len({words(kind) for kind in KINDS}) == len(KINDS)
    assert described(MENU) in words(TellMenu)
