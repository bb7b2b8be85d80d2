"""Every command as it is written, and everything that is wrong with it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usnd.domain.replies.catalogue import Echo, Reply, Say, render
from usnd.domain.sms.commands import (
    Blast,
    CreateConference,
    CreateGroup,
    CreateUser,
    DeleteGroup,
    DeleteUser,
    EditUser,
    Help,
    LaunchAdHoc,
    LaunchConference,
    ListConference,
    ListGroup,
    LookUpUser,
    SmsCommand,
)
from usnd.domain.sms.grammar import COMMAND_WORDS, FORMS, MOST_WORDS, parse

PHONE = "07700900001"
PAPER = ("UC", "UE", "UD", "UL", "GC", "GL", "GD", "IC", "CCx", "ICx", "LCx", "HELP")
"""White paper, appendix A."""


@pytest.mark.parametrize(
    ("body", "command"),
    [
        (f"UC bob {PHONE}", CreateUser("bob", PHONE)),
        (f"uc Bob {PHONE} Robert", CreateUser("Bob", PHONE, "Robert")),
        (f"Uc bob {PHONE} .Smith", CreateUser("bob", PHONE, ".Smith")),
        (f"UC bob {PHONE} . golf", CreateUser("bob", PHONE, ".", ("golf",))),
        (
            f"  uC\tbob \n {PHONE}  Robert.Smith  golf -tennis  chess ",
            CreateUser("bob", PHONE, "Robert.Smith", ("golf", "chess"), ("tennis",)),
        ),
        (f"UC bob {PHONE} -tennis golf", CreateUser("bob", PHONE, "", ("golf",), ("tennis",))),
        ("UC bob +44 (7700) 900-001 R.S", CreateUser("bob", "+44 7700 900-001", "R.S")),
        (f"UC: bob, {PHONE}, R.S, golf", CreateUser("bob", PHONE, "R.S", ("golf",))),
        ("UC bob golf", CreateUser("bob", "golf", "golf")),
        (f"UE bob {PHONE}", EditUser("bob", PHONE)),
        ("ue bob .Smith golf -chess", EditUser("bob", "", ".Smith", ("golf",), ("chess",))),
        ("UE bob \u2013golf", EditUser("bob", leaves=("golf",))),
        (f"UE bob {PHONE} R.S", EditUser("bob", PHONE, "R.S")),
        ("UD bob", DeleteUser("bob")),
        ("ud 07700 900001", DeleteUser("07700 900001")),
        ("UL bob", LookUpUser(("bob",))),
        ("ul Smith, Robert", LookUpUser(("Smith", "Robert"))),
        ("UL", LookUpUser()),
        (f"GC golf bob {PHONE} chess", CreateGroup("golf", ("bob", PHONE, "chess"))),
        ("gc Golf Bob", CreateGroup("Golf", ("Bob",))),
        ("GL golf", ListGroup("golf")),
        ("gl", ListGroup()),
        ("GD golf", DeleteGroup("golf")),
        ("IC bob", LaunchAdHoc(("bob",))),
        (f"ic golf bob,{PHONE}", LaunchAdHoc(("golf", "bob", PHONE))),
        ("IC bob 3", LaunchAdHoc(("bob", "3"))),
        ("IC bob 0770 0900001, 07700 900002 eve", LaunchAdHoc(("bob", "0770 0900001, 07700 900002", "eve"))),
        ("IC 1 214 555 1234", LaunchAdHoc(("1 214 555 1234",), 1)),
        ("IC 44 7700 900001", LaunchAdHoc(("44 7700 900001",))),
        ("UL (0770) 0900-001 smith", LookUpUser(("0770 0900-001", "smith"))),
        ("IC 003", LaunchAdHoc(("003",))),
        ("\uff29\uff23 bob", LaunchAdHoc(("bob",))),
        ("CC3 bob", CreateConference(3, ("bob",))),
        ("cc 30 bob golf", CreateConference(30, ("bob", "golf"))),
        ("CC 03, bob", CreateConference(3, ("bob",))),
        ("IC3", LaunchConference(3)),
        (" ic  1 ", LaunchConference(1)),
        ("IC \u0663", LaunchConference(3)),
        ("LC3", ListConference(3)),
        ("lc 30", ListConference(30)),
        ("LC", ListConference()),
        ("SB golf: hello", Blast(("golf",), "hello")),
        (f"sb bob {PHONE}, golf :at 10:30\nsharp ", Blast(("bob", PHONE, "golf"), "at 10:30\nsharp")),
        ("SB golf\uff1a \u60a8\u597d", Blast(("golf",), "\u60a8\u597d")),
        ("?", Help()),
        ("??", Help()),
        (" ? ", Help()),
        ("help", Help()),
        ("HELP ic", Help("IC")),
        ("? uc", Help("UC")),
        ("?GC", Help("GC")),
        ("??gc and more", Help("GC")),
        ("? icx", Help("ICx")),
        ("? ic 7", Help("ICx")),
        ("?cc", Help("CCx")),
        ("? CCx", Help("CCx")),
        ("? lc3", Help("LCx")),
        ("? sb", Help("SB")),
        ("? ?", Help()),
        ("? help", Help("HELP")),
    ],
)
def test_a_command_is_read(body: str, command: SmsCommand) -> None:
    assert parse(body) == command


@pytest.mark.parametrize("body", ["", "   ", "\n\t", "\u00a0", "\u200b", ":", ","])
def test_an_empty_text_is_answered(body: str) -> None:
    assert parse(body) == Reply(Say.EMPTY, {})


@pytest.mark.parametrize("word", ["XX", "UC3", "CC333", "I", "bob", "ICgolf", "\x00", "\ud800", "{0}", "3"])
def test_an_unknown_command_is_echoed(word: str) -> None:
    unknown = Reply(Say.UNKNOWN_COMMAND, {"command": Echo(word), "commands": COMMAND_WORDS})
    assert parse(f"{word} golf") == unknown


@pytest.mark.parametrize(
    ("body", "word", "problem"),
    [
        ("UC", "UC", Say.NICK_AND_PHONE_MISSING),
        ("uc bob", "UC", Say.NICK_AND_PHONE_MISSING),
        (f"UC bob {PHONE} B.S -", "UC", Say.SIGN_ALONE),
        (f"UC bob {PHONE} - golf", "UC", Say.SIGN_ALONE),
        (f"UC bob {PHONE} B.S golf -Golf", "UC", Say.IN_AND_OUT),
        ("UE", "UE", Say.NICK_MISSING),
        ("UE bob", "UE", Say.CHANGE_MISSING),
        ("UE bob -", "UE", Say.SIGN_ALONE),
        ("UE bob . golf -GOLF", "UE", Say.IN_AND_OUT),
        ("UD", "UD", Say.NICK_OR_PHONE_MISSING),
        ("GC", "GC", Say.GROUP_AND_MEMBER_MISSING),
        ("gc golf", "GC", Say.GROUP_AND_MEMBER_MISSING),
        ("GL golf chess", "GL", Say.ONE_GROUP),
        ("GD", "GD", Say.ONE_GROUP),
        ("GD golf chess", "GD", Say.ONE_GROUP),
        ("IC", "IC", Say.MEMBERS_MISSING),
        (" ic ", "IC", Say.MEMBERS_MISSING),
        ("CC", "CCx", Say.CONFERENCE_NUMBER),
        ("CC bob", "CCx", Say.CONFERENCE_NUMBER),
        ("CC0 bob", "CCx", Say.CONFERENCE_NUMBER),
        ("CC31 bob", "CCx", Say.CONFERENCE_NUMBER),
        ("CC \u00b2 bob", "CCx", Say.CONFERENCE_NUMBER),
        ("CC 003 bob", "CCx", Say.CONFERENCE_NUMBER),
        ("CC3", "CCx", Say.MEMBERS_MISSING),
        ("IC 0", "ICx", Say.CONFERENCE_NUMBER),
        ("IC31", "ICx", Say.CONFERENCE_NUMBER),
        ("ICx", "ICx", Say.CONFERENCE_NUMBER),
        ("IC x", "ICx", Say.CONFERENCE_NUMBER),
        ("LC 31", "LCx", Say.CONFERENCE_NUMBER),
        ("LC golf", "LCx", Say.CONFERENCE_NUMBER),
        ("LC 3 4", "LCx", Say.CONFERENCE_ALONE),
        ("SB", "SB", Say.RECIPIENTS_MISSING),
        ("SB: hello", "SB", Say.RECIPIENTS_MISSING),
        (": SB hello", "SB", Say.RECIPIENTS_MISSING),
        ("SB golf hello", "SB", Say.TEXT_MISSING),
        ("SB golf: \u202e\t", "SB", Say.TEXT_MISSING),
    ],
)
def test_a_wrong_command_is_answered_with_its_syntax(body: str, word: str, problem: Say) -> None:
    answer = parse(body)
    assert answer == Reply(Say.SYNTAX, {"problem": problem, "syntax": FORMS[word].syntax})
    assert isinstance(answer, Reply)
    assert render(answer) == f"{problem.value} Write: {FORMS[word].syntax.value}"


def test_a_text_of_too_many_words_is_not_understood() -> None:
    assert isinstance(parse("IC" + " bob" * MOST_WORDS), LaunchAdHoc)
    too_long = Reply(Say.TOO_LONG, {"count": MOST_WORDS + 1, "most": MOST_WORDS})
    assert parse("IC" + " bob" * (MOST_WORDS + 1)) == too_long
    assert isinstance(parse("SB bob:" + " bob" * 5000), Blast)
    assert parse("SB " + "bob " * (MOST_WORDS + 1) + ": hi") == too_long


def test_the_table_has_the_papers_commands_and_explains_each() -> None:
    assert set(FORMS) == {*PAPER, "SB"}
    assert COMMAND_WORDS.split(", ") == list(FORMS)
    for word, form in FORMS.items():
        assert form.word == word
        assert form.syntax.value.startswith("?" if word == "HELP" else word)
        assert parse(f"? {word}") == Help(word)
        assert parse(f"?{word.lower()}") == Help(word)


PIECES = [
    *FORMS,
    "cc3",
    "IC30",
    "LC 31",
    "?",
    "-",
    "-x",
    "bob",
    PHONE,
    "3",
    ":",
    ",",
    "a.b",
    "\u200b",
    "\u2019",
]


@settings(derandomize=True, database=None, deadline=None, max_examples=500)
@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(PIECES)).map(" ".join)
    | st.tuples(st.sampled_from(PIECES), st.text(max_size=40)).map(" ".join)
)
def test_any_text_is_a_command_or_an_answer(body: str) -> None:
    read = parse(body)
    assert isinstance(read, SmsCommand | Reply)
    assert parse(f" \t{body}\n") == read, "space around changes nothing"
