"""The training videos of the help page: which there are, and which of them this node has.

A release brings them as files, which nginx sends (roles/nginx): `<name>.<language>.webm` with its pictures
and its spoken track, a still picture, and captions in each language, `<name>.<language>.<captions>.vtt`.
What a video shows is in workbench/videos/stories.
"""

from dataclasses import dataclass
from pathlib import Path

from usnd.web.portal.words import ENGLISH, LANGUAGES, N_, own_names

PATH = "/help/videos/"
"""Where nginx has them."""
_NAMES = own_names(LANGUAGES)


@dataclass(frozen=True, slots=True)
class Video:
    """name: of its files. title: to be translated."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One that is there. captions: language, its own name, address."""

    title: str
    path: str
    still: str
    captions: tuple[tuple[str, str, str], ...]


VIDEOS = (
    Video("first-sign-in", N_("Signing in for the first time")),
    Video("users-and-groups", N_("Users and groups")),
    Video("instant-conference", N_("An instant conference")),
    Video("live-conference", N_("A running conference")),
    Video("recordings", N_("Recording a conference")),
)


def film(name: str, language: str) -> str:
    """The file of a video that is spoken in that language."""
    return f"{name}.{language}.webm"


def still(name: str, language: str) -> str:
    """What is shown of it before it is played."""
    return f"{name}.{language}.jpg"


def captions(name: str, language: str, of: str) -> str:
    """What is said in it, in the language `of`."""
    return f"{name}.{language}.{of}.vtt"


def shown(place: Path | None, language: str) -> list[Shown]:
    """Those that are in that directory: spoken in the reader's language, else in English."""
    return [] if place is None else [one for video in VIDEOS if (one := _shown(place, video, language))]


def _shown(place: Path, video: Video, language: str) -> Shown | None:
    for spoken in dict.fromkeys((language, ENGLISH)):
        if (place / film(video.name, spoken)).is_file():
            return Shown(
                video.title,
                f"{PATH}{film(video.name, spoken)}",
                f"{PATH}{still(video.name, spoken)}",
                tuple(
                    (code, name, f"{PATH}{captions(video.name, spoken, code)}")
                    for code, name in _NAMES.items()
                    if (place / captions(video.name, spoken, code)).is_file()
                ),
            )
    return None
