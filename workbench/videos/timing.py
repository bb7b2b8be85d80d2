"""When a video shows what: frames and speech of each step on one line of time. Pure.

The browser takes the time it needs, more on a busy machine; the video has that of what is said. A step lasts
as long as its words, or until the page has come to rest: where that took longer than it may be shown, the
rest is cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PAUSE = 0.7
"""Seconds after what is said."""
LONGEST_SILENCE = 2.5
"""Seconds that a step may go on when nothing more is said."""
SHORTEST_FRAME = 0.02
LAST = 0.5
"""Seconds that the last picture stays."""


@dataclass(frozen=True, slots=True)
class Frame:
    """at: seconds, by the clock of what is recorded."""

    at: float
    file: Path


@dataclass(frozen=True, slots=True)
class Take:
    """A step as it was recorded. spoken: seconds that its words take."""

    begun: float
    ended: float
    spoken: float


@dataclass(frozen=True, slots=True)
class Place:
    """A step in the video: seconds from its beginning."""

    begins: float
    lasts: float


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture, and for how many seconds it is shown."""

    file: Path
    lasts: float


def places(takes: Sequence[Take]) -> list[Place]:
    """One after the other."""
    found, begins = list[Place](), 0.0
    for take in takes:
        lasts = max(take.spoken + PAUSE, min(take.ended - take.begun, take.spoken + LONGEST_SILENCE))
        found.append(Place(begins, lasts))
        begins += lasts
    return found


def shots(takes: Sequence[Take], frames: Sequence[Frame]) -> list[Shot]:
    """Each picture from when it came until the next one; what is cut away leaves its last one.

    frames: in the order of time; one at least before the first step ends. What comes between two steps
    belongs to the first.
    """
    along = places(takes)
    shown = list[tuple[float, Path]]()
    for nth, (take, place) in enumerate(zip(takes, along, strict=True)):
        until = takes[nth + 1].begun if nth + 1 < len(takes) else float("inf")
        since = take.begun if nth else float("-inf")
        for frame in frames:
            if since <= frame.at < until:
                offset = min(max(frame.at - take.begun, 0.0), place.lasts)
                shown.append((place.begins + offset, frame.file))
    shown = _apart(shown)
    end = along[-1].begins + along[-1].lasts + LAST
    ends = [*(at for at, _ in shown[1:]), end]
    return [Shot(file, round(until - at, 3)) for (at, file), until in zip(shown, ends, strict=True)]


def _apart(shown: Sequence[tuple[float, Path]]) -> list[tuple[float, Path]]:
    """Of pictures that would be shown together the last one; the first one is there from the beginning."""
    kept = list[tuple[float, Path]]()
    for at, file in shown:
        if kept and at - kept[-1][0] < SHORTEST_FRAME:
            kept[-1] = (kept[-1][0], file)
        else:
            kept.append((at if kept else 0.0, file))
    return kept


def listed(those: Sequence[Shot]) -> str:
    """As ffmpeg's concat demuxer reads it; how long the last one lasts counts only if it is named again."""
    lines = ["ffconcat version 1.0"]
    for one in those:
        lines += [f"file '{one.file.name}'", f"duration {one.lasts:.3f}"]
    return "\n".join([*lines, f"file '{those[-1].file.name}'", ""])
