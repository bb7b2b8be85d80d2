"""Every command as it is written, and everything that is wrong with it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usnd.domain.grammar import (
    COMMAND_WORDS,
    FORMS,
    Command,
    CreateGroup,
    CreateUser,
    Help,
    LaunchAdHoc,
    parse,
)
from usnd.domain.replies import Echo, Reply, Say, render

PHONE = "07700900001"


@pytest.mark.parametrize(
    ("body", "command"),
    [
        (f"UC bob {PHONE}", CreateUser("bob", PHONE)),
        (f"uc Bob {PHONE} Robert", CreateUser("Bob", PHONE, "Robert")),
        (f"Uc bob {PHONE} .Smith", CreateUser("bob", PHONE, "", "Smith")),
        (f"UC bob {PHONE} Robert.van.Dam", CreateUser("bob", PHONE, "Robert", "van.Dam")),
        (f"UC bob {PHONE} . golf", CreateUser("bob", PHONE, joins=("golf",))),
        (
            f"  uC\tbob \n {PHONE}  Robert.Smith  golf -tennis  chess ",
            CreateUser("bob", PHONE, "Robert", "Smith", ("golf", "chess"), ("tennis",)),
        ),
        (f"UC bob {PHONE} -tennis golf", CreateUser("bob", PHONE, joins=("golf",), leaves=("tennis",))),
        (f"GC golf bob {PHONE} chess", CreateGroup("golf", ("bob", PHONE, "chess"))),
        ("gc Golf Bob", CreateGroup("Golf", ("Bob",))),
        ("IC bob", LaunchAdHoc(("bob",))),
        (f"ic golf bob {PHONE}", LaunchAdHoc(("golf", "bob", PHONE))),
        ("?", Help()),
        ("??", Help()),
        (" ? ", Help()),
        ("help", Help()),
        ("HELP ic", Help("ic")),
        ("? uc", Help("uc")),
        ("?GC", Help("GC")),
        ("??gc and more", Help("gc")),
    ],
)
def test_a_command_is_read(body: str, command: Command) -> None:
    assert parse(body) == command


@pytest.mark.parametrize("body", ["", "   ", "\n\t", "\u00a0"])
def test_an_empty_text_is_answered(body: str) -> None:
    assert parse(body) == Reply(Say.EMPTY, {})


@pytest.mark.parametrize("word", ["XX", "icx", "I", "bob", "UC:", "\x00", "\ud800", "{0}"])
def test_an_unknown_command_is_echoed(word: str) -> None:
    unknown = Reply(Say.UNKNOWN_COMMAND, {"command": Echo(word), "commands": COMMAND_WORDS})
    assert parse(f"{word} golf") == unknown


@pytest.mark.parametrize(
    ("body", "word", "problem"),
    [
        ("UC", "UC", "A nick and a phone number are needed."),
        ("uc bob", "UC", "A nick and a phone number are needed."),
        (f"UC bob {PHONE} B.S -", "UC", "A - needs its group right behind it."),
        (f"UC bob {PHONE} - golf", "UC", "A - needs its group right behind it."),
        ("GC", "GC", "A group and at least one member are needed."),
        ("gc golf", "GC", "A group and at least one member are needed."),
        ("IC", "IC", "Whom to call is missing."),
        (" ic ", "IC", "Whom to call is missing."),
    ],
)
def test_a_wrong_command_is_answered_with_its_syntax(body: str, word: str, problem: str) -> None:
    answer = parse(body)
    assert answer == Reply(Say.SYNTAX, {"problem": problem, "syntax": FORMS[word].syntax})
    assert isinstance(answer, Reply)
    assert render(answer) == f"{problem} Write: {FORMS[word].syntax}"


def test_every_form_is_explained_by_what_it_reads() -> None:
    assert set(COMMAND_WORDS.split(", ")) == set(FORMS) == {"UC", "GC", "IC", "HELP"}
    for word, form in FORMS.items():
        assert form.word == word
        assert form.explains
        assert form.syntax.startswith("?" if word == "HELP" else word)


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["UC", "gc", "IC", "?", "-", "-x", "bob", PHONE])).map(" ".join)
)
def test_any_text_is_a_command_or_an_answer(body: str) -> None:
    assert isinstance(parse(body), Command | Reply)
