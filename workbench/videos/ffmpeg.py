"""Debian's ffmpeg, unpacked into the cache like the other parts: it makes the training videos."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from workbench.parts import debian
from workbench.parts.process import PartError

# The C library is the machine's; the others are for who shows windows.
SKIP = (
    "libc6_",
    "libc-bin",
    "libgcc-s1",
    "gcc-1",
    "libllvm",
    "libgl1-mesa",
    "mesa-",
    "libz3",
    "intel-",
    "i965",
)


class FfmpegError(PartError):
    """It did not do what it was asked for; the text ends with its own."""


def ffmpeg_tree() -> Path:
    """The unpacked programs. Raises DebianError."""
    return debian.tree(debian.host_suite(), ["ffmpeg"], skip=SKIP)


class Ffmpeg:
    """The programs `ffmpeg` and `ffprobe`. Raises DebianError."""

    def __init__(self) -> None:
        self._tree = ffmpeg_tree()
        self._environment = {**os.environ, **debian.libraries(self._tree)}

    def make(self, *words: str) -> None:
        """ffmpeg, which asks nothing and overwrites what is there. Raises FfmpegError."""
        self._run("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y", *words)

    def probe(self, *words: str) -> str:
        """What ffprobe prints. Raises FfmpegError."""
        return self._run("ffprobe", "-hide_banner", "-loglevel", "error", *words)

    def _run(self, program: str, *words: Sequence[str] | str) -> str:
        command = [str(self._tree / "usr/bin" / program), *map(str, words)]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise FfmpegError(f"{program} failed: {done.stderr.strip()[-1000:]}")
        return done.stdout
