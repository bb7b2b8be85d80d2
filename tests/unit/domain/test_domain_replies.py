"""Every reply can be sent, whatever a subscriber wrote."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usnd.domain.replies import LONGEST_ECHO, Echo, Say, render, reply

FIELD = re.compile(r"{(\w+)}")
SHAPES = [
    "word",
    3,
    Echo("w\x00rd"),
    Echo("x" * 200),
    (),
    ("a",),
    tuple("abcdefgh"),
    (Echo("\ud800"), Echo("b")),
]


@pytest.mark.parametrize("say", Say, ids=[say.name for say in Say])
@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_every_reply_renders_with_every_shape_of_value(say: Say, shape: object) -> None:
    text = render(reply(say, **dict.fromkeys(FIELD.findall(say.value), shape)))
    assert text.isprintable()
    assert "{" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Bob", "Bob"),
        (3, "3"),
        (Echo("{names}"), "{names}"),
        (Echo("a\x00\x07\nb"), "ab"),
        (Echo("x" * LONGEST_ECHO), "x" * LONGEST_ECHO),
        (Echo("x" * (LONGEST_ECHO + 1)), "x" * (LONGEST_ECHO - 1) + "~"),
        ((), ""),
        (("a", Echo("b\x00")), "a, b"),
        (tuple("abcdef"), "a, b, c, d, e, f"),
        (tuple("abcdefg"), "a, b, c, d, e, f and 1 more"),
        (tuple("abcdefghi"), "a, b, c, d, e, f and 3 more"),
    ],
)
def test_a_value_is_made_fit_to_send(value: object, text: str) -> None:
    shown = render(reply(Say.UNKNOWN_NAMES, names=value))
    assert shown == f"Not known: {text}. Create users with UC, groups with GC. Nothing was done."


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(st.text(max_size=200))
def test_an_echo_is_printable_and_bounded(word: str) -> None:
    text = render(reply(Say.BAD_NAME, word=Echo(word)))
    assert text.isprintable()
    assert len(text) <= len(Say.BAD_NAME.value) + LONGEST_ECHO
