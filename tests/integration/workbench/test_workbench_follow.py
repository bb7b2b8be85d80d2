"""Proves that long work is told about, ends when it must, and takes with it what it started."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from usnd.pair.database.directory import process
from workbench.setup.progress import TOO_LATE, follow, wait

ROOT = Path(__file__).parents[3]
RUN = """
import sys
from pathlib import Path
from workbench.setup.progress import follow
follow(["sh", "-c", "sleep 600 & echo $!; wait"], Path(sys.argv[1]), "work", report=lambda _: None, every=0.1)
"""


def test_its_lines_are_told_and_its_status_given(tmp_path: Path) -> None:
    told: list[str] = []
    log = tmp_path / "new" / "log"
    words = "echo == making; echo a; until test -e done; do sleep 0.1; done; echo b >&2; exit 3"

    def report(line: str) -> None:
        told.append(line)
        if "lines logged, a" in line:
            (tmp_path / "done").touch()

    command = ["sh", "-c", f"cd {tmp_path}; {words}"]
    assert follow(command, log, "work", patience=60, report=report, every=0.05) == 3
    assert any(re.fullmatch(r"  work: making, [^,]+, 2 lines logged, a", line) for line in told)
    assert log.read_text() == "== making\na\nb\n"


def test_what_takes_too_long_is_ended_with_all_it_started(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = ["sh", "-c", "sleep 600 & echo $!; wait"]
    assert follow(command, log, "work", patience=5, report=lambda _: None, every=0.1) == TOO_LATE
    assert gone(int(log.read_text().split()[0]))


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_it_when_we_end(tmp_path: Path, ending: signal.Signals) -> None:
    log = tmp_path / "log"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(log)], env=environment, stderr=subprocess.DEVNULL
    ) as run:
        assert wait(lambda: log.exists() and log.read_text().endswith("\n"), 60, "", lambda _: None)
        run.send_signal(ending)
    assert gone(int(log.read_text().split()[0]))


def gone(pid: int) -> bool:
    """It has ended, or is about to be buried."""
    deadline = time.monotonic() + 60
    while process(pid)[1] not in ("", "Z"):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
