"""What a video is made of: steps, each with what is said and what is done meanwhile. Data only.

stories/ has the videos, recorder.py does what a step says. What is pressed is named by CSS, since its words
are in the reader's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGES = ("en", "de")


@dataclass(frozen=True, slots=True)
class Open:
    """A page by its path."""

    path: str


@dataclass(frozen=True, slots=True)
class Press:
    """What is at that place: it is pointed at, ringed, and pressed."""

    at: str


@dataclass(frozen=True, slots=True)
class Write:
    """Letter by letter, into that field."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Show:
    """Ringed, and not pressed."""

    at: str


@dataclass(frozen=True, slots=True)
class Await:
    """What happens at the other end: it goes on when this is there."""

    at: str


@dataclass(frozen=True, slots=True)
class Play:
    """A recording, for some seconds."""

    at: str


Act = Open | Press | Write | Show | Await | Play


@dataclass(frozen=True, slots=True)
class Step:
    """say: by language. moves: the page moves by itself while it is spoken, so it is recorded as long as
    that.
    """

    say: Mapping[str, str]
    do: tuple[Act, ...] = ()
    moves: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """name: as in usnd/web/portal/pages/own/videos.py. texts: what the subscriber texts before it begins,
    unseen.

    first: they have the first password still, and are not signed in. launched: conference 1 is up before it
    begins.
    """

    name: str
    steps: tuple[Step, ...]
    texts: tuple[str, ...] = ()
    first: bool = False
    launched: bool = False


def step(en: str, de: str, *do: Act, moves: bool = False) -> Step:
    """A step in both languages."""
    return Step({"en": en, "de": de}, do, moves)
