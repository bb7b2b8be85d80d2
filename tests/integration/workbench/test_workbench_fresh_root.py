"""Proves that a trial on a fresh Debian that is ended leaves nothing, and says so in one line."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(os.geteuid() != 0, reason="a root file system is made by root")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_ended_it_says_so_and_leaves_nothing(tmp_path: Path, ending: signal.Signals) -> None:
    """Ended while mmdebstrap works, which is one of ours here."""
    started, programs, temporary = tmp_path / "started", tmp_path / "bin", tmp_path / "tmp"
    programs.mkdir()
    temporary.mkdir()
    slow = programs / "mmdebstrap"
    slow.write_text(
        f"#!/bin/sh\necho $$ > {started}.partial; mv {started}.partial {started}; exec sleep 600\n"
    )
    slow.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(temporary),
        "USN_DEBIAN_MIRROR": "none",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    command = [sys.executable, "-m", "workbench.setup.fresh_root", "bookworm", str(ROOT), "demo"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as trial:
        deadline = time.monotonic() + 120
        while not started.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        trial.send_signal(ending)
        out, told = trial.communicate(timeout=120)
    assert (trial.returncode, out) == (130, "")
    assert told.splitlines()[-1] == "bookworm: interrupted; everything is stopped and removed"
    assert "Traceback" not in told
    assert not Path(f"/proc/{int(started.read_text())}").exists()
    assert list(temporary.iterdir()) == []
