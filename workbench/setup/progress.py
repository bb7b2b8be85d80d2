"""A long piece of work, told about while it lasts: its stage, how long it takes, how much it has logged.

Called by whatever makes file systems, builds, installs or waits. All output goes into a log, which stays and
is named whenever something goes wrong.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from workbench.parts.debian import say

STAGE = re.compile(r"^(?:== |I: )(.+)$|^(Installing collected packages)")
"""What our scripts, mmdebstrap and pip write when they begin with something else."""
TOO_LATE = 124
"""The exit status of work that was ended because it took too long; as of timeout(1)."""
LONGEST = 60
END_PATIENCE = 20.0
# When we die, the kernel tells this shell only. It tells the whole group, and waits until the work has ended.
TOGETHER = """trap 'trap "" TERM; kill -TERM 0; wait; exit 143' TERM; "$@" & wait $!"""
Report = Callable[[str], None]


class Progress:
    """What a log has told so far. Pure: it is given lines and times."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._stage = ""
        self._last = ""
        self._count = 0

    def read(self, lines: Sequence[str]) -> None:
        """The next lines of the log."""
        for line in lines:
            if stage := STAGE.match(line):
                self._stage, self._last = (stage[1] or stage[2]).strip(), ""
            elif line.strip():
                self._last = line.strip()
        self._count += len(lines)

    def line(self, seconds: float) -> str:
        """One line for a person."""
        parts = [self._stage, elapsed(seconds), f"{self._count:,} lines logged", self._last[:LONGEST]]
        return f"  {self._what}: {', '.join(part for part in parts if part)}"


def elapsed(seconds: float) -> str:
    """As a person says it."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def pause() -> float:
    """Seconds between two reports: a terminal shows one line that changes, a log keeps each."""
    return 1.0 if sys.stderr.isatty() else 20.0


def follow(
    command: Sequence[str],
    log: Path,
    what: str,
    *,
    patience: float = 3600.0,
    environment: Mapping[str, str] | None = None,
    report: Report = say,
    every: float | None = None,
) -> int:
    """Runs it with its output in the log, and reports; its exit status, TOO_LATE after `patience` seconds.

    It ends with us, with all that it started: also on Ctrl-C, SIGTERM and when we are killed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with log.open("wb") as output, log.open(errors="replace") as reader:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", "sh", "-c", TOGETHER, "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        progress = Progress(what)
        try:
            while time.monotonic() - began < patience:
                with suppress(subprocess.TimeoutExpired):
                    return process.wait(min(every or pause(), patience))
                progress.read(reader.read().splitlines())
                report(progress.line(time.monotonic() - began))
            return TOO_LATE
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """With its group: gently first, so that mmdebstrap removes what it has mounted and made."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(END_PATIENCE)


def ending(log: Path, lines: int = 12) -> str:
    """The end of the log and where it is, for an error."""
    last = log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
    return "\n".join([*last, f"All of it is in {log}"])


def wait(condition: Callable[[], bool], patience: float, what: str, report: Report = say) -> bool:
    """Whether the condition came true within `patience` seconds; reports while it waits."""
    began = told = time.monotonic()
    while not condition():
        now = time.monotonic()
        if now - began > patience:
            return False
        if now - told >= pause():
            told = now
            report(f"  {what}: {elapsed(now - began)} of at most {elapsed(patience)}")
        time.sleep(0.3)
    return True
