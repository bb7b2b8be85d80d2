"""Words are kept as a person reads them; what goes out again can be sent and cannot deceive."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usnd.domain.sms.characters import echo_of, is_seen, is_wordlike, message_of, plain


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("\u200ebob\u200f e\u00adve\ufeff", "bob eve"),
        ("a\u202eb\u2066c\ufe0f d\u3164e", "abc de"),
        ("O\u2019Neil \u2013golf \u2014x", "O'Neil -golf -x"),
        ("Jo\u0308rg", "J\u00f6rg"),
        ("a;b\u060c c\u3001d\uff1ae", "a,b, c,d,e"),
        ("\uff0b\uff11\uff08\uff12\uff09\uff0f\uff0e\uff1f\uff0d", "+\uff11(\uff12)/.?-"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("\u200b \ufeff", " "),
        ("a\x00b", "a\x00b"),
    ],
)
def test_a_text_is_what_is_read(text: str, read: str) -> None:
    assert plain(text) == read


@pytest.mark.parametrize("word", ["bob", "O'Neil", "सीता", "علي", "李明", "x.y_z&-", "a1", ""])
def test_a_word_of_any_script(word: str) -> None:
    assert is_wordlike(word)
    assert is_seen(word)


@pytest.mark.parametrize(
    "word", ["a b", "a\x00", "a\u202e", "a\u200d", "😀", "a\ufe0f", "a\u3164", "a\ud800", "a$"]
)
def test_not_a_word(word: str) -> None:
    assert not is_wordlike(word)


@pytest.mark.parametrize(
    ("word", "echo"),
    [
        ("bob", "bob"),
        ("{0}$%", "{0}$%"),
        ("a\x00\x07\nb\u2028", "ab"),
        ("bob😀", "bob?"),
        ("\u202eevil\ufe0f", "evil"),
        ("Ольга", "Ольга"),
        ("a\ud800", "a"),
        ("x" * 24, "x" * 24),
        ("x" * 25, "x" * 23 + "~"),
        ("\u200b" * 500, ""),
    ],
)
def test_an_echo_shows_what_can_be_shown(word: str, echo: str) -> None:
    assert echo_of(word, 24) == echo


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" Meet at 10:30, bring 👩\u200d👧! ", "Meet at 10:30, bring 👩\u200d👧!"),
        ("one\r\ntwo\tthree", "one \ntwo three"),
        ("\u202eevil\u2069 \u200fx", "evil x"),
        ("a\x00\x1bb\ud800", "ab"),
        (" \n\t", ""),
    ],
)
def test_a_message_to_others_is_theirs_without_what_controls(text: str, message: str) -> None:
    assert message_of(text) == message


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(st.text(max_size=60))
def test_any_text_can_be_taken_and_said_back(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    echo = echo_of(text, 24)
    assert len(echo) <= 24
    assert echo.isprintable()
    assert message_of(message_of(text)) == message_of(text)
