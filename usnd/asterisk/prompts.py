"""The announcements: their names, their words in English, and where their files are.

calls.py tells the dialplan which file each name has. services/conference/happenings.py shows the words.
A recording of that name (8 kHz, 16 bit, one channel, .wav) in a directory of `[voice] prompts` is played.
Without one the dialplan plays what comes nearest of Debian's sounds (conf/extensions-usn.conf).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "press-one": "You are called into a conference. To join it, press one.",
        "enter-pin": "Please enter your PIN.",
        "wrong-pin": "This PIN is wrong.",
        "not-running": "This conference has not begun. Please try again later.",
        "conference-locked": "This conference is locked. Nobody else may join.",
        "conference-full": "This conference is full.",
        "lines-busy": "All lines are busy. Please try again later.",
        "subscriber-left": "The host has left this conference.",
        "subscriber-away": "The host has left this conference, which will end soon if they do not come back.",
        "conference-ended": "This conference has ended. Goodbye.",
        "muted": "All participants are muted.",
        "unmuted": "All participants can speak again.",
        "muted-you": "You are muted.",
        "unmuted-you": "You can be heard again.",
        "locked": "This conference is now locked.",
        "unlocked": "This conference is open again.",
        "wrong-number": "This number cannot be called.",
        "recording": "This conference is being recorded.",
        "recording-stopped": "The recording has ended.",
        "not-recorded": "This conference cannot be recorded at the moment.",
        "host-not-reached": "The host could not be reached. This conference will end soon without them.",
        "host-called-again": "The host is not here, and is being called again. Please wait.",
        "first-in": "You are the first in this conference. The others are being called.",
        "alone": "You are the only one in this conference.",
        "nobody-reached": "None of the others could be reached.",
        "calling": "This number is being called.",
        "number-busy": "The number that you added is busy.",
        "number-no-answer": "The number that you added does not answer.",
        "number-unreachable": "The number that you added cannot be reached.",
        "already-in": "This number is in the conference already, or is being called.",
        "suspended": "Nobody can be added, since the service is suspended.",
        "dropped": "The participant who was added last has been dropped.",
        "nobody-to-drop": "There is nobody to drop.",
        "wrong-key": "These keys do nothing.",
        "host-only": "Only the host can do this.",
        "muted-by-host": "The host has muted all participants.",
        "keys-sent": "The keys are sent to you as a text.",
        "number-withheld": "Your number is withheld. Please call again and show it.",
    }
)
EXTENSION = ".wav"


def variable(name: str) -> str:
    """The dialplan's global variable of a prompt: USN_SAY_LINES_BUSY."""
    return f"USN_SAY_{name.replace('-', '_').upper()}"


def found_in(directories: Iterable[Path]) -> dict[str, Path | None]:
    """Each prompt's file from the first directory that has it, without extension, as Asterisk wants it."""
    places = list(directories)
    return {
        name: next((place / name for place in places if _is_there(place / f"{name}{EXTENSION}")), None)
        for name in TEXTS
    }


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a directory that may not be read
        return False
