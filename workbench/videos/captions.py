"""Captions of a video, as WebVTT: what is said, in pieces that can be read, when it is said. Pure."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.videos.timing import Place

LINE = 42
"""Characters of a line."""
MOST_LINES = 2
"""Of a piece."""
LEAD = 0.05


@dataclass(frozen=True, slots=True)
class Cue:
    """Seconds from the beginning; lines of text."""

    begins: float
    ends: float
    lines: tuple[str, ...]


def cues(said: Sequence[tuple[str, Place, float]]) -> list[Cue]:
    """said: the words of each step, its place, the seconds that its speech takes.

    A long text is cut into pieces of two lines, each for its share of the time; the last stays until the
    step ends.
    """
    found = list[Cue]()
    for text, place, spoken in said:
        pieces = _pieces(text)
        letters = sum(len(" ".join(piece)) for piece in pieces)
        begins = place.begins
        for nth, piece in enumerate(pieces):
            share = spoken * len(" ".join(piece)) / letters
            ends = place.begins + place.lasts if nth == len(pieces) - 1 else begins + share
            found.append(Cue(begins, ends - LEAD, piece))
            begins = ends
    return found


def _pieces(text: str) -> list[tuple[str, ...]]:
    """Cut behind the mark of punctuation that is nearest to the middle, else at the nearest blank."""
    lines = textwrap.wrap(text, LINE)
    if len(lines) <= MOST_LINES:
        return [_balanced(text)]
    blanks = [place for place, letter in enumerate(text) if letter == " "]
    marks = [
        place for place in blanks if text[place - 1] in ".,:;?" and len(text) / 5 < place < len(text) * 4 / 5
    ]
    cut = min(marks or blanks, key=lambda place: abs(place - len(text) / 2))
    return [*_pieces(text[:cut]), *_pieces(text[cut + 1 :])]


def _balanced(text: str) -> tuple[str, ...]:
    """One line if it has room, else two that are nearly as long as each other."""
    narrow = next(
        width
        for width in range(-(-len(text) // MOST_LINES), LINE + 1)
        if len(textwrap.wrap(text, width)) <= MOST_LINES
    )
    return (text,) if len(text) <= LINE else tuple(textwrap.wrap(text, narrow))


def vtt(all_of_them: Sequence[Cue]) -> str:
    """The file. Its texts are ours: none has markup, but what would be is written out."""
    blocks = ["WEBVTT"]
    for one in all_of_them:
        text = "\n".join(line.replace("&", "&amp;").replace("<", "&lt;") for line in one.lines)
        blocks.append(f"{_clock(one.begins)} --> {_clock(one.ends)}\n{text}")
    return "\n\n".join(blocks) + "\n"


def _clock(seconds: float) -> str:
    millis = round(seconds * 1000)
    return f"{millis // 60_000:02}:{millis // 1000 % 60:02}.{millis % 1000:03}"
