"""The pair on a workstation: its Vagrantfile can be read, and its inventory is one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def done(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **more}, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(shutil.which("ruby") is None, reason="ruby")
def test_it_is_ruby() -> None:
    assert done("ruby", "-c", "-w", "Vagrantfile").stdout == "Syntax OK\n"


@pytest.mark.skipif(shutil.which("vagrant") is None, reason="vagrant")
def test_vagrant_takes_it(tmp_path: Path) -> None:
    told = done("vagrant", "validate", "--ignore-provider", VAGRANT_HOME=str(tmp_path))
    assert told.returncode == 0, told.stdout + told.stderr
