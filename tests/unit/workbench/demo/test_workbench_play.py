"""Proves how `make play` understands a person, and what the person reads."""

import re

import pytest

from workbench.demo.play_words import MANUAL, Order, Wrong, help_lines, parse, tell
from workbench.demo.prompt import Editor

NAMES = ("subscriber", "alfa", "bravo")


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("text IC Mkting", Order("text", "subscriber", "IC Mkting")),
        ("text alfa: IC Mkting", Order("text", "alfa", "IC Mkting")),
        ("TEXT  Alfa:  hello: you ", Order("text", "alfa", "hello: you")),
        ("text SB alfa: come", Order("text", "subscriber", "SB alfa: come")),
        ("IC Mkting", Order("text", "subscriber", "IC Mkting")),
        ("  ic  alfa bravo ", Order("text", "subscriber", "ic  alfa bravo")),
        ("? IC", Order("text", "subscriber", "? IC")),
        ("?", Order("text", "subscriber", "?")),
        ("answer alfa", Order("answer", "alfa")),
        ("hangup  BRAVO", Order("hangup", "bravo")),
        ("press alfa **1#", Order("press", "alfa", "**1#")),
        ("busy alfa", Order("busy", "alfa")),
        ("ring alfa", Order("ring", "alfa", MANUAL)),
        ("ring alfa manual", Order("ring", "alfa", MANUAL)),
        ("ring alfa 2.5", Order("ring", "alfa", "2.5")),
        ("call alfa", Order("call", "alfa")),
        ("call alfa +447700900099", Order("call", "alfa", "+447700900099")),
        ("who", Order("who")),
        ("cdrs", Order("cdrs")),
        ("help", Order("help")),
        ("quit", Order("quit")),
        ("", None),
        ("   ", None),
    ],
)
def test_a_line_becomes_an_order(line: str, order: Order | None) -> None:
    assert parse(line, NAMES) == order


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("text", "write: text [<name>:] <body>"),
        ("text alfa:", "write: text [<name>:] <body>"),
        ("text delta: IC Mkting", "nobody is called delta; the handsets are: subscriber, alfa, bravo"),
        ("answer", "write: answer <name>"),
        ("answer alfa bravo", "write: answer <name>"),
        ("answer delta", "nobody is called delta; the handsets are: subscriber, alfa, bravo"),
        ("press alfa", "write: press <name> <digits>"),
        ("press alfa 12x", "write: press <name> <digits>"),
        ("ring alfa soon", "write: ring <name> [<seconds>|manual]"),
        ("ring alfa -1", "write: ring <name> [<seconds>|manual]"),
        ("call alfa office", "write: call <name> [<dnis>]"),
        ("who now", "write: who"),
        ("anser alfa", "anser? Write one of: text, answer, "),
    ],
)
def test_a_wrong_line_is_told_how_to_be_written_in_one_line(line: str, hint: str) -> None:
    with pytest.raises(Wrong) as refused:
        parse(line, NAMES)
    assert str(refused.value).startswith(hint)
    assert "\n" not in str(refused.value)


def test_the_help_shows_every_order_as_it_is_parsed() -> None:
    shown = [line.split()[0] for line in help_lines()]
    assert " ".join(shown) == "text answer hangup press busy ring call who cdrs help quit"


AT = {"at": "2026-03-01T10:00:01.234567Z", "level": "info"}
WHOSE = {"+447700900002": "alfa"}


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            {"event": "call ended", "conference": 1, "call": "usn-1-2", "number": "+447700900002"}
            | {"outcome": "busy", "cause": 17},
            "alfa: call ended (outcome busy, cause 17)",
        ),
        ({"event": "call joined", "number": "+447700900009"}, "+447700900009: call joined"),
        (
            {"event": "conference ending", "conference": 1, "reason": "subscriber-away"},
            "conference 1 ending (reason subscriber-away)",
        ),
        ({"event": "smsc link down", "smsc": "a", "level": "warning"}, "WARNING smsc link down (smsc a)"),
    ],
)
def test_an_event_is_one_line_with_names(event: dict[str, object], line: str) -> None:
    told = tell(AT | event, WHOSE)
    assert told is not None
    assert re.fullmatch(r"\d\d:\d\d:01\.234  ", told[:14])
    assert told[14:] == line


@pytest.mark.parametrize("event", ["text taken", "text sent", "call placed", "calls surveyed"])
def test_what_is_seen_anyway_is_not_told_twice(event: str) -> None:
    assert tell(AT | {"event": event}, WHOSE) is None


@pytest.mark.parametrize(
    ("typed", "lines", "left"),
    [
        ("who\n", ["who"], ""),
        ("who\rcdrs", ["who"], "cdrs"),
        ("whp\x7fo", [], "who"),
        ("answer alfa\x17", [], "answer "),
        ("answer\x15who", [], "who"),
        ("w\x1b[3~ho\x1b[C", [], "who"),
        ("who\ncdrs\n\x1b[A", ["who", "cdrs"], "cdrs"),
        ("who\ncdrs\n\x1b[A\x1b[A\x1b[A", ["who", "cdrs"], "who"),
        ("who\n\x1bOA\x1bOB", ["who"], ""),
        ("\x00\x01who", [], "who"),
    ],
)
def test_the_line_is_edited_as_typed(typed: str, lines: list[str], left: str) -> None:
    editor = Editor()
    assert editor.feed(typed) == lines
    assert editor.line == left


def test_ctrl_d_ends_only_on_an_empty_line() -> None:
    editor = Editor()
    editor.feed("who\x04")
    assert not editor.ended
    editor.feed("\n\x04")
    assert editor.ended
