"""Proves `make demo-billing`: the whole story, nothing left of it, and words where it is not as told."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
SAID = [
    'command="rrsync -wo ',
    'host_key = "ssh-ed25519 ',
    "subscriber texts: IC +447700900002",
    "bravo is busy",
    "USN texts: Nobody could be reached",
    "usnd cdr export",
    "confirmed",
    "| sha256sum",
    "$ tail -n 1 ",
    "T,",
    "$ awk -F,",
    "sequence",
    "usn-",
    "demo ok: ",
]


@pytest.fixture
def temporary() -> Iterator[Path]:
    """All of a run's files, at a path short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="demo-"))
    path.chmod(0o755)  # as root the destination is another user
    yield path
    shutil.rmtree(path)


def demo(temporary: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench.demo.billing"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def left_running(temporary: Path) -> list[bytes]:
    """Command lines of processes that have to do with its files."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = command.read_bytes()
        except OSError:  # it has ended
            continue
        if os.fsencode(temporary) in line:
            found.append(line)
    return found


def test_the_story_is_told_and_nothing_is_left(temporary: Path) -> None:
    done = demo(temporary)
    assert done.returncode == 0, done.stdout + done.stderr
    rest = done.stdout
    for words in SAID:
        assert words in rest, f"{words}\n{done.stdout}"
        rest = rest.partition(words)[2]
    digest, trailer = re.findall(r"^ +([0-9a-f]{64})  -$|^ +T,\d+,([0-9a-f]{64})$", done.stdout, re.MULTILINE)
    assert digest[0] == trailer[1]
    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"demo ok: 3 conferences, 6 CDRs, [1-9]\d*\.\d{3} s charged .* agree", last)
    assert left_running(temporary) == []
    assert list(temporary.iterdir()) == []


def test_what_is_not_as_told_ends_it_with_words(temporary: Path) -> None:
    """sha256sum cannot be had: billing's people cannot check."""
    programs = temporary / "bin"
    programs.mkdir()
    (programs / "sha256sum").write_text("#!/bin/sh\necho 'sha256sum: no such luck' >&2\nexit 7\n")
    (programs / "sha256sum").chmod(0o755)
    done = demo(temporary, PATH=f"{programs}:{os.environ['PATH']}")
    assert done.returncode == 1
    assert re.fullmatch(r"demo failed: head .* failed: sha256sum: no such luck\n", done.stderr)
    assert "demo ok" not in done.stdout
    assert left_running(temporary) == []
    assert [path.name for path in temporary.iterdir()] == ["bin"]
