"""Proves `make demo-provisioning`: the whole story, nothing left of it, and words where it is not as told."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.demo.provisioning import expect
from workbench.parts.process import PartError

ROOT = Path(__file__).parents[4]
SAID = [
    "usnd ca init",
    "openssl req -new",
    "usnd ca issue crm-1 --request crm-1.csr",
    "usnd terminal designate crm-1 --operations all --numbers +4477",
    '<request xmlns="urn:usn:provisioning:1" id="crm-17">',
    'request="crm-17"',
    '<result code="1000">',
    "<number>+447700900001</number>",
    "<password>",
    "octets come back, done once",
    "texts: ?",
    "USN answers: Commands: ",
    "usnd ca revoke crm-1",
    '<result code="2102">',
    "demo ok: ",
]


@pytest.fixture
def temporary() -> Iterator[Path]:
    """All of a run's files, at a path short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="demo-"))
    yield path
    shutil.rmtree(path)


def demo(temporary: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench.demo.provisioning"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=300,
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
    assert re.search(r"^demo ok: .* [1-9]\d* octets answered twice the same$", done.stdout, re.MULTILINE)
    assert left_running(temporary) == []
    assert list(temporary.iterdir()) == []


def test_what_is_not_as_told_ends_it_with_words(temporary: Path) -> None:
    """curl cannot be had: the CRM of the demo is broken in the middle of the story."""
    programs = temporary / "bin"
    programs.mkdir()
    (programs / "curl").write_text("#!/bin/sh\necho 'curl: (7) no way to the node' >&2\nexit 7\n")
    (programs / "curl").chmod(0o755)
    done = demo(temporary, PATH=f"{programs}:{os.environ['PATH']}")
    assert done.returncode == 1
    assert done.stderr == "demo failed: curl failed: curl: (7) no way to the node\n"
    assert "demo ok" not in done.stdout
    assert left_running(temporary) == []
    assert [path.name for path in temporary.iterdir()] == ["bin"]


@pytest.mark.parametrize("answer", [b"", b"<html>", b'<result code="2102"><text/></result>'])
def test_an_answer_with_another_code_is_a_failure(answer: bytes) -> None:
    with pytest.raises(PartError, match="code 1000 was expected"):
        expect(answer, "1000")
