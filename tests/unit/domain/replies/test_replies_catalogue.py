"""Every reply can be sent, whatever a subscriber wrote, and usually in one segment."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usnd.domain.conference.dtmf_menu import Menu, described
from usnd.domain.replies.catalogue import LONGEST_ECHO, Echo, Reply, Say, render, reply
from usnd.domain.sms.grammar import COMMAND_WORDS, FORMS
from usnd.smpp.text.alphabets import Alphabet, encode_character
from usnd.smpp.text.segments import split

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
    Say.NICK_MISSING,
]
NUMBER = "+447700900123"
PEOPLE = ("Robert Smith", "Joerg Mueller-Schmidt", NUMBER, "eve", "Ann-Marie Lee", "bob", "Al", "Zoe")
USUAL: Mapping[str, object] = {
    "commands": COMMAND_WORDS,
    "command": Echo("Conference"),
    "count": 12,
    "most": 60,
    "word": Echo("0770-BOB-CALL"),
    "words": Echo("Robert Smith"),
    "people": ("Bob (busy)", "Eve (no answer)"),
    "number": NUMBER,
    "sender": NUMBER,
    "dnis": NUMBER,
    "pin": "7654321",
    "activation": "1234567",
    "user": "7654321",
    "nick": "annmarie",
    "name": "Marketing",
    "names": PEOPLE,
    "path": "Marketing > Everybody > Sales > Marketing",
    "details": f"{NUMBER} Joerg Mueller-Schmidt",
    "groups": ("Marketing", "Everybody", "Sales"),
    "holders": ("Marketing", "Everybody", "IC 3"),
    "users": tuple(f"{person} {NUMBER}" for person in PEOPLE * 4),
    "text": "x" * 612,
    "problem": Say.NICK_AND_PHONE_MISSING,
    "syntax": Say.UC_SYNTAX,
    "explains": Say.UC_HELP,
    "shown": "bob, eve",
    "keys": described(Menu()),
    "why": Say.NETWORK_NOT_IN_TIME,
    "example": NUMBER,
    "likely": PEOPLE,
    "other": "IC bob",
    "code": "123456",
    "minutes": 10,
}
OF_SEVERAL_SEGMENTS = {Say.USERS_FOUND, Say.BLAST}
"""The list that was asked for; and the subscriber's own text."""


def septets(text: str) -> int:
    segments = split(text, Alphabet.GSM7)
    assert segments[0].data_coding == 0, f"not in GSM 03.38: {text}"
    return sum(len(segment.octets) - 6 * segment.has_udh for segment in segments)


@pytest.mark.parametrize("say", Say, ids=[say.name for say in Say])
@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_every_reply_renders_with_every_shape_of_value(say: Say, shape: object) -> None:
    text = render(reply(say, **dict.fromkeys(FIELD.findall(say.value), shape)))
    assert text.isprintable()
    assert "{" not in text


def test_every_reply_with_usual_values_fits_one_segment_but_those_named() -> None:
    lengths = {
        say: septets(render(reply(say, **{name: USUAL[name] for name in FIELD.findall(say.value)})))
        for say in Say
    }
    assert {say for say, length in lengths.items() if length > 160} == OF_SEVERAL_SEGMENTS
    assert lengths[Say.USERS_FOUND] <= 3 * 153


LONGEST_NUMBER = "+123456789012345"


def named(letter: str, length: int) -> str:
    """A name of that length; only letters can be in one."""
    return (letter if letter.isalpha() else "W") * length


WORST: Mapping[str, Callable[[str], object]] = {
    **dict.fromkeys(("command", "word", "words"), lambda letter: Echo(letter * 200)),
    **dict.fromkeys(("nick", "name"), lambda letter: named(letter, 20)),
    **dict.fromkeys(
        ("names", "likely"), lambda letter: (Echo(letter * 50), *(named(letter, 20) for _ in range(59)))
    ),
    **dict.fromkeys(
        ("groups", "holders", "users"), lambda letter: (f"{named(letter, 40)} {LONGEST_NUMBER}",) * 40
    ),
    "path": lambda letter: " > ".join([named(letter, 20)] * 2 + ["..."] + [named(letter, 20)] * 2),
    "details": lambda letter: f"{LONGEST_NUMBER} {named(letter, 40)}",
    **dict.fromkeys(("number", "sender", "dnis", "example"), lambda _: LONGEST_NUMBER),
    **dict.fromkeys(("count", "most", "minutes"), lambda _: 999),
    "code": lambda _: "999999",
    **dict.fromkeys(("activation", "user", "pin"), lambda _: "9999999"),
    "commands": lambda _: COMMAND_WORDS,
    "problem": lambda _: max(PROBLEMS, key=lambda say: len(say.value)),
    "syntax": lambda _: max((form.syntax for form in FORMS.values()), key=lambda say: len(say.value)),
    "keys": lambda _: described(Menu()),
    "shown": lambda letter: named(letter, 20),
    "explains": lambda _: "",
    "why": lambda _: max(REASONS, key=lambda say: len(say.value)),
    "people": lambda letter: tuple(f"{named(letter, 20)} (could not be reached)" for _ in range(59)),
}
REASONS = [say for say in Say if say.name.startswith(("WAS_", "DID_NOT", "DID_REJECT", "NETWORK_"))]
PROBLEMS = [
    say for say in Say if say.name.endswith(("_MISSING", "_ALONE")) or say in (Say.IN_AND_OUT, Say.ONE_GROUP)
]
WRITTEN_FREELY = {Say.BLAST, Say.DID_YOU_MEAN, Say.DID_YOU_MEAN_ONE}
"""A subscriber's own text; and what is said behind a reply, which may take three parts then."""
LETTERS = {
    "plain": "W",
    "accented": "\u00e9",
    "brackets": "[",
    "euro": "\u20ac",
    "polish": "\u0142",
    "cyrillic": "\u0416",
    "arabic": "\u0634",
    "hindi": "\u0928",
    "chinese": "\u674e",
}


def parts(text: str) -> int:
    return len(split(text, Alphabet.GSM7))


@pytest.mark.parametrize("alphabet", LETTERS)
@pytest.mark.parametrize("say", [say for say in Say if say not in WRITTEN_FREELY], ids=lambda say: say.name)
def test_every_reply_at_its_longest_fits_in_every_alphabet(say: Say, alphabet: str) -> None:
    text = render(reply(say, **{name: WORST[name](LETTERS[alphabet]) for name in FIELD.findall(say.value)}))
    in_ucs2 = split(text, Alphabet.GSM7)[0].data_coding == 8
    lists = say in (Say.USER_FOUND_IN, Say.USERS_FOUND, Say.GROUP_LISTED, Say.GROUPS_LISTED)
    lists = lists or say in (Say.CONFERENCE_LISTED, Say.CONFERENCES_LISTED)
    assert parts(text) <= (3 if in_ucs2 or lists else 1), text


@pytest.mark.parametrize("alphabet", LETTERS)
@pytest.mark.parametrize("ways", [Say.WAYS_IN, Say.WAY_BY_PIN, Say.WAY_BY_NUMBER])
@pytest.mark.parametrize("say", [Say.CONFERENCE_CREATED, Say.CONFERENCE_REPLACED, Say.CONFERENCE_LISTED])
def test_a_reply_with_the_ways_in_fits(say: Say, ways: Say, alphabet: str) -> None:
    letter = LETTERS[alphabet]
    values = {name: WORST[name](letter) for name in FIELD.findall(ways.value)}
    message = reply(say, number=30, count=60, names=(named(letter, 20),) * 60)
    text = render(replace(message, also=reply(ways, **values)))
    in_ucs2 = split(text, Alphabet.GSM7)[0].data_coding == 8
    assert parts(text) <= (3 if in_ucs2 or say is Say.CONFERENCE_LISTED else 1), text
    assert text.endswith(render(reply(ways, **values)))


def test_a_reply_is_counted_in_the_septets_that_it_is_sent_in() -> None:
    for char in map(chr, range(0x20, 0x3000)):
        octets = encode_character(char, Alphabet.GSM7)
        assert not octets or septets(char) == len(octets), char


@pytest.mark.parametrize("word", FORMS)
def test_the_help_of_every_command_fits_one_segment(word: str) -> None:
    form = FORMS[word]
    help_text = render(reply(Say.HELP_COMMAND, syntax=form.syntax, explains=form.explains))
    assert help_text == f"{form.syntax.value}: {form.explains.value}"
    assert septets(help_text) <= 160


def shown(message: Reply) -> str:
    return render(message).partition(": ")[2].partition(". Create")[0]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Bob", "Bob"),
        (3, "3"),
        (Say.NICK_MISSING, "A nick is needed."),
        (Echo("{names}"), "{names}"),
        (Echo("a\x00\x07\nb"), "ab"),
        (Echo("bob😀"), "bob?"),
        (Echo("x" * LONGEST_ECHO), "x" * LONGEST_ECHO),
        (Echo("x" * (LONGEST_ECHO + 1)), "x" * (LONGEST_ECHO - 1) + "~"),
        ((), ""),
        (("a", Echo("b\x00")), "a, b"),
        (tuple("abcdef"), "a, b, c, d, e, f"),
        (tuple("abcdefg"), "a, b, c, d, e, f and 1 more"),
        (tuple("abcdefghi"), "a, b, c, d, e, f and 3 more"),
        (("x" * 30,) * 5, f"{'x' * 30}, {'x' * 30} and 3 more"),
        (("x" * 200, "b"), f"{'x' * 11}~ and 1 more"),
        (("x" * 200,), f"{'x' * 11}~"),
        (("x" * 90,), "x" * 90),
    ],
)
def test_a_value_is_made_fit_to_send(value: object, text: str) -> None:
    assert shown(reply(Say.UNKNOWN_NAMES, names=value)) == text


def test_a_listing_that_was_asked_for_may_take_three_segments() -> None:
    names = tuple(f"member{number:03}" for number in range(200))
    text = render(reply(Say.GROUP_LISTED, name="All", count=200, names=names))
    listed = text.count("member")
    assert text.endswith(f"member{listed - 1:03} and {200 - listed} more.")
    assert 3 * 153 - 11 < septets(text) <= 3 * 153


def test_signs_of_two_septets_count_twice() -> None:
    text = render(reply(Say.LAUNCHED, count=6, names=("[" * 20,) * 6))
    assert septets(text) <= 160
    assert "and" in text


GERMAN = {
    Say.LAUNCHED: "Sie und {count} andere werden gerufen: {names}.",
    Say.AND_MORE: "{shown} und {count} weitere",
    Say.SYNTAX: "{problem} Schreiben Sie: {syntax}",
    Say.NICK_MISSING: "Ein Kurzname fehlt.",
}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            reply(Say.LAUNCHED, count=7, names=tuple("abcdefg")),
            "Sie und 7 andere werden gerufen: a, b, c, d, e, f und 1 weitere.",
        ),
        (
            reply(Say.SYNTAX, problem=Say.NICK_MISSING, syntax=Say.UD_SYNTAX),
            f"Ein Kurzname fehlt. Schreiben Sie: {Say.UD_SYNTAX.value}",
        ),
        (reply(Say.NO_VOICE), Say.NO_VOICE.value),
    ],
)
def test_what_a_translation_lacks_is_said_in_english(message: Reply, text: str) -> None:
    assert render(message.said_in("de"), {"de": GERMAN}) == text


def test_a_language_without_a_catalogue_is_english() -> None:
    message = reply(Say.LAUNCHED, count=1, names=("bob",))
    assert render(message.said_in("fi")) == render(message) == "Calling you and 1 more: bob."


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(st.text(max_size=200))
def test_an_echo_is_printable_and_bounded(word: str) -> None:
    text = render(reply(Say.BAD_NAME, word=Echo(word)))
    assert text.isprintable()
    assert len(text) <= len(Say.BAD_NAME.value) + LONGEST_ECHO
