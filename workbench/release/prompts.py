"""Speaks the announcements into files: `python -m workbench.release.prompts`, for build/prompts/en/.

The voice (espeak-ng) and the format (sox: 8 kHz, 16 bit, one channel) are set here; the texts are in
usnd/asterisk/prompts.py. Where both programs are installed they are used, else Debian's are unpacked.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from usnd.asterisk.prompts import EXTENSION, TEXTS
from workbench import ROOT
from workbench.parts import debian
from workbench.setup.command import command

LANGUAGE, VOICE = "en", "en-gb"
PLACE = ROOT / "build/prompts" / LANGUAGE
PACKAGES = ("espeak-ng", "sox")
SKIP = ("libc6_",)  # the host has its own C library
WORDS_PER_MINUTE = "150"
LOUDEST = "-6"  # dB below full scale: beside people in a conference
TELEPHONE = ("-r", "8000", "-c", "1", "-b", "16", "-e", "signed-integer")


class PromptError(Exception):
    """A prompt could not be spoken; the text ends with the program's own."""


class Voice:
    """The two programs, from the machine or from Debian's packages. Raises DebianError."""

    def __init__(self) -> None:
        self._environment = dict(os.environ)
        self._root = Path("/")
        if not all(shutil.which(program) for program in PACKAGES):
            self._root = debian.tree(debian.host_suite(), PACKAGES, skip=SKIP)
            data = next(self._root.glob("usr/lib/*/espeak-ng-data"), self._root)
            self._environment |= debian.libraries(self._root) | {"ESPEAK_DATA_PATH": str(data.parent)}

    def speak(self, text: str, target: Path) -> None:
        """Writes the text, spoken, into a WAV file as Asterisk plays it. Raises PromptError."""
        with tempfile.TemporaryDirectory() as scratch:
            spoken = Path(scratch) / "spoken.wav"
            self.say(text, spoken)
            self._run("sox", str(spoken), *TELEPHONE, str(target), "gain", "-n", LOUDEST, "pad", "0.1", "0.2")

    def say(self, text: str, target: Path, voice: str = VOICE, pace: str = WORDS_PER_MINUTE) -> None:
        """The same as it is spoken: 22,050 Hz, 16 bit, one channel. Raises PromptError."""
        self._run("espeak-ng", "-v", voice, "-s", pace, "-w", str(target), text)

    def _run(self, program: str, *words: str) -> None:
        command = [str(self._root / "usr/bin" / program), *words]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PromptError(f"{program}: {done.stderr.strip()[-500:]}")


def speak_all(place: Path, texts: Mapping[str, str] = TEXTS) -> None:
    """Each prompt into its file in that directory. Raises DebianError, PromptError."""
    voice = Voice()
    place.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        voice.speak(text, place / f"{name}{EXTENSION}")


def main() -> int:
    """The exit status."""
    try:
        speak_all(PLACE)
    except (debian.DebianError, PromptError) as error:
        print(f"not spoken: {error}", file=sys.stderr)
        return 1
    print(f"{len(TEXTS)} prompts in {PLACE.relative_to(PLACE.parents[2])}")
    return 0


if __name__ == "__main__":
    sys.exit(command(main))
