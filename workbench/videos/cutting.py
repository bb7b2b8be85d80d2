"""One video out of its pictures and its speech: WebM, a still picture, captions in each language."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from usnd.web.portal.pages.own.videos import captions, film, still
from workbench.release.prompts import Voice
from workbench.videos.captions import cues, vtt
from workbench.videos.ffmpeg import Ffmpeg
from workbench.videos.recorder import HEIGHT, WIDTH
from workbench.videos.speech import seconds, speak, track
from workbench.videos.storyboard import Story
from workbench.videos.timing import Frame, Take, listed, places, shots

BAR = 84
"""Pixels below the page: captions cover nothing of it."""
PICTURES_A_SECOND = 12
_STILL_AT = 0.6
"""Of the whole: something has been done by then."""


def words(story: Story, language: str) -> list[str]:
    """What its steps say."""
    return [one.say[language] for one in story.steps]


class Cutter:
    """Its programs. Raises DebianError."""

    def __init__(self) -> None:
        self.voice = Voice()
        self._ffmpeg = Ffmpeg()

    def spoken(self, story: Story, language: str, home: Path) -> list[Path]:
        """Its speech, a file each step. Raises PromptError."""
        return speak(self.voice, language, words(story, language), home)

    def cut(
        self,
        story: Story,
        language: str,
        recorded: tuple[Sequence[Take], Sequence[Frame]],
        speech: Sequence[Path],
        place: Path,
    ) -> float:
        """Writes its files into `place`; how many seconds it lasts. Raises FfmpegError."""
        takes, frames = recorded
        along, home = places(takes), speech[0].parent
        (home / "pictures.txt").write_text(listed(shots(takes, frames)))
        track(speech, along, home / "track.wav")
        target = place / film(story.name, language)
        self._ffmpeg.make(
            *("-f", "concat", "-safe", "0", "-i", str(home / "pictures.txt"), "-i", str(home / "track.wav")),
            *("-vf", f"fps={PICTURES_A_SECOND},pad={WIDTH}:{HEIGHT + BAR}:0:0:color=0x15181c,format=yuv420p"),
            *("-c:v", "libvpx-vp9", "-b:v", "0", "-crf", "34", "-g", "120", "-row-mt", "1"),
            *("-deadline", "good", "-cpu-used", "4", "-c:a", "libopus", "-b:a", "32k", "-shortest"),
            *("-metadata", f"language={language}", "-bitexact", str(target)),
        )
        lasts = along[-1].begins + along[-1].lasts
        self._ffmpeg.make(
            *("-ss", f"{lasts * _STILL_AT:.2f}", "-i", str(target), "-frames:v", "1"),
            *(
                "-vf",
                "scale=640:-2",
                "-q:v",
                "6",
                str(place / still(story.name, language)),
            ),
        )
        spoken = [seconds(one) for one in speech]
        for code in story.steps[0].say:
            said = zip(words(story, code), along, spoken, strict=True)
            (place / captions(story.name, language, code)).write_text(vtt(cues([*said])), encoding="utf-8")
        return lasts


def lengths(files: Sequence[Path]) -> list[float]:
    """Of each, in seconds."""
    return [seconds(one) for one in files]


def sizes(place: Path, names: Mapping[str, float]) -> str:
    """A table for people: file, seconds, MB."""
    return "\n".join(
        f"{name:32} {lasts:5.1f} s {(place / name).stat().st_size / 1e6:5.2f} MB"
        for name, lasts in names.items()
    )
