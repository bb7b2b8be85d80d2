"""The spoken track: each step's words by espeak-ng, one after the other with silence between, as one WAV."""

import wave
from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.release.prompts import Voice
from workbench.videos.timing import LAST, Place

VOICES: Mapping[str, str] = {"en": "en-gb", "de": "de"}
WORDS_PER_MINUTE = "155"
_WIDTH = 2


def speak(voice: Voice, language: str, texts: Sequence[str], home: Path) -> list[Path]:
    """A file for each. Raises PromptError."""
    files = [home / f"say-{nth}.wav" for nth in range(len(texts))]
    for text, file in zip(texts, files, strict=True):
        voice.say(text, file, VOICES[language], WORDS_PER_MINUTE)
    return files


def seconds(file: Path) -> float:
    """How long it lasts."""
    with wave.open(str(file)) as opened:
        return float(opened.getnframes() / opened.getframerate())


def track(files: Sequence[Path], along: Sequence[Place], target: Path) -> None:
    """Each at its place."""
    with wave.open(str(files[0])) as first:
        rate = first.getframerate()
    with wave.open(str(target), "wb") as whole:
        whole.setnchannels(1)
        whole.setsampwidth(_WIDTH)
        whole.setframerate(rate)
        for file, place in zip(files, along, strict=True):
            whole.writeframes(bytes(_WIDTH * (round(place.begins * rate) - whole.tell())))
            with wave.open(str(file)) as said:
                whole.writeframes(said.readframes(said.getnframes()))
        end = along[-1].begins + along[-1].lasts + LAST
        whole.writeframes(bytes(_WIDTH * max(0, round(end * rate) - whole.tell())))
