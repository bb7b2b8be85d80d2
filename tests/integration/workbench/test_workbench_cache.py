"""Proves the cache of unpacked packages with the real apt and the machine's own mirror."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.parts import debian
from workbench.parts.debian import FRESH_SECONDS, DebianError

NOWHERE = "http://127.0.0.1:9/debian"  # the discard port: refused at once
FETCH = (
    "from workbench.parts import debian; print(debian.tree(debian.host_suite(), ['hello'], skip=['libc6_']))"
)
QUIET: debian.Report = lambda _text: None  # noqa: E731 - its type is told here


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(debian.MIRROR_VARIABLE, raising=False)
    return tmp_path / "usn" / "debian"


def hello(now: float | None = None) -> Path:
    clock = time.time if now is None else lambda: now
    return debian.tree(debian.host_suite(), ["hello"], skip=["libc6_"], report=QUIET, clock=clock)


@pytest.mark.slow
def test_a_tree_runs_is_small_and_is_used_without_the_network_also_when_old(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = hello()
    greeting = subprocess.run([tree / "usr/bin/hello"], capture_output=True, text=True, check=True).stdout
    assert greeting == "Hello, world!\n"
    assert not list(tree.glob("**/libc.so.6"))
    assert not (tree / "usr/share/doc").exists()
    assert not list(cache.glob("**/*.deb"))
    monkeypatch.setenv(debian.MIRROR_VARIABLE, NOWHERE)
    assert hello() == tree
    assert hello(time.time() + 2 * FRESH_SECONDS) == tree


@pytest.mark.slow
def test_an_old_tree_that_is_still_the_newest_is_fresh_again(cache: Path) -> None:
    tree = hello()
    checked = (tree / debian.DONE).stat().st_mtime
    assert hello(time.time() + 2 * FRESH_SECONDS) == tree
    assert (tree / debian.DONE).stat().st_mtime > checked


def test_without_tree_and_mirror_the_error_says_what_to_do(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(debian.MIRROR_VARIABLE, NOWHERE)
    with pytest.raises(DebianError, match="USN_DEBIAN_MIRROR"):
        hello()
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


@pytest.mark.slow
def test_two_runs_at_once_fetch_one_tree(cache: Path) -> None:
    command = [sys.executable, "-c", FETCH]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    ended = [run.communicate(timeout=600) for run in runs]
    assert ended[0][0] == ended[1][0] != b""
    assert sum(b"asking the mirror" in errors for _output, errors in ended) == 1
