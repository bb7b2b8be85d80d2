"""A Python environment of its own for a peer: made once in the cache, from pinned hashes of tests/peers."""

import hashlib
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from workbench.parts.debian import cache_root, say
from workbench.parts.process import PartError
from workbench.setup.progress import ending, follow


class NoPeer(PartError):
    """Its packages do not install here; the text ends with what pip said."""


def peer_environment(
    name: str, locks: Sequence[tuple[Path, Sequence[str]]], python: str = sys.executable
) -> Path:
    """Its directory. locks: in the order in which they are installed, each with more options of pip.

    Two may make it at the same time: the first one stays. Raises NoPeer.
    """
    key = hashlib.sha256(b"".join(lock.read_bytes() for lock, _ in reversed(locks))).hexdigest()[:16]
    place = cache_root().with_name(name.lower()) / key
    if place.is_dir():
        return place
    say(f"installing {name} by pip")
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
        made = Path(scratch) / "made"
        log = place.with_suffix(".log")
        _run(name, [python, "-m", "venv", str(made)], log)
        pip = [str(made / "bin/python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        pip += ["--progress-bar=off", "--require-hashes"]
        for lock, options in locks:
            _run(name, [*pip, *options, "-r", str(lock)], log)
        with suppress(OSError):  # another run was first
            made.rename(place)
    return place


def _run(name: str, command: Sequence[str], log: Path) -> None:
    if follow(command, log, name):
        raise NoPeer(f"{name} does not install here:\n{ending(log)}")
