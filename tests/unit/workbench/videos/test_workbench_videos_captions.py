"""Captions: what is said, in pieces of two short lines, each while it is said."""

import pytest

from workbench.videos.captions import LINE, Cue, cues, vtt
from workbench.videos.stories import STORIES
from workbench.videos.timing import Place

TEXTS = [text for story in STORIES for step in story.steps for text in step.say.values()]
LONG = "The first password is good only once. Now choose one of your own, with at least ten characters."


def lines(text: str) -> list[tuple[str, ...]]:
    return [cue.lines for cue in cues([(text, Place(0, 10), 8)])]


def test_a_short_text_is_one_line_and_a_longer_one_two_of_a_length() -> None:
    assert lines("Press Sign in.") == [("Press Sign in.",)]
    assert lines("When you have finished, press Sign out there.") == [
        ("When you have finished,", "press Sign out there.")
    ]


def test_a_long_text_is_cut_where_a_sentence_ends() -> None:
    assert lines(LONG) == [
        ("The first password is good only once.",),
        ("Now choose one of your own,", "with at least ten characters."),
    ]


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_is_lost_and_nothing_is_too_long(text: str) -> None:
    found = lines(text)
    assert " ".join(line for piece in found for line in piece) == text
    assert all(len(piece) <= 2 and max(map(len, piece)) <= LINE for piece in found)


def test_pieces_share_the_time_of_what_is_said_and_the_last_stays_until_the_step_ends() -> None:
    first, last = cues([(LONG, Place(10, 9), 8)])
    assert first.begins == 10
    assert 12 < first.ends < last.begins < 14.1
    assert last.ends == pytest.approx(18.95)


def test_the_file_is_webvtt() -> None:
    found = vtt([Cue(0, 1.5, ("Press <Save>", "& go on.")), Cue(61.25, 3725, ("End",))])
    assert found == (
        "WEBVTT\n\n00:00.000 --> 00:01.500\nPress &lt;Save>\n&amp; go on.\n\n01:01.250 --> 62:05.000\nEnd\n"
    )
