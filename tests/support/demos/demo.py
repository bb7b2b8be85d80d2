"""A demo as somebody starts it, and what is left of it afterwards."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workbench import ROOT

_PATIENCE = 600
"""Seconds, for a machine with other work."""


@dataclass(frozen=True)
class Demo:
    """module: of workbench.demo. home: all of its files are below it."""

    module: str
    home: Path

    def run(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """To its end. environment: beside this process's own."""
        return subprocess.run(
            [sys.executable, "-m", f"workbench.demo.{self.module}"],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(self.home), "PYTHONPATH": str(ROOT), **environment},
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )

    def run_without(self, program: str, said: str) -> subprocess.CompletedProcess[str]:
        """With a program that ends with 7 and what it says, first in the path: in `bin` below home."""
        programs = self.home / "bin"
        programs.mkdir()
        (programs / program).write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 7\n")
        (programs / program).chmod(0o755)
        return self.run(PATH=f"{programs}:{os.environ['PATH']}")

    @property
    def left_running(self) -> list[bytes]:
        """Command lines of processes that have to do with its files."""
        found = []
        for command in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = command.read_bytes()
            except OSError:  # it has ended
                continue
            if os.fsencode(self.home) in line:
                found.append(line)
        return found


@contextmanager
def demo_of(module: str) -> Iterator[Demo]:
    """Its files are at a path short enough for sockets, and that other users may enter."""
    home = Path(tempfile.mkdtemp(prefix="demo-"))
    home.chmod(0o755)
    try:
        yield Demo(module, home)
    finally:
        shutil.rmtree(home)


def assert_story(told: str, said: list[str]) -> None:
    """All of it was told, in that order."""
    rest = told
    for words in said:
        assert words in rest, f"{words}\n{told}"
        rest = rest.partition(words)[2]
