"""Files that are whole or not there, whatever is killed when; and one command at a time on one authority.

All of usnd/ca writes by `Disk`. Each of its methods has its effect at one moment: a rename. Before each step
that a crash could come between, `step` is called with what comes next: tests end the process there.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from usnd.process.os_errors import about, reason

SECRET, PUBLIC = 0o600, 0o644
LARGEST = 16_000_000
"""Octets of a file that is read: the revocation list of a large authority has fewer."""
PATIENCE = 10.0
"""Seconds that a command waits for another one."""
_PAUSE = 0.05


class CaError(Exception):
    """The authority cannot do that; the message says why, and what to do."""


class Disk:
    """How files are written."""

    def __init__(self, step: Callable[[str], None] | None = None) -> None:
        self._step = step or _go_on

    def write(self, path: Path, content: bytes, mode: int = SECRET) -> None:
        """On the disk when it returns, in the place of what was there. Raises OSError."""
        new = path.with_name(f".{path.name}.new")
        self._step(f"write {new.name}")
        with about(path):
            file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
            with open(file, "wb") as opened:  # noqa: PTH123 # a descriptor, made with its mode
                os.fchmod(file, mode)
                opened.write(content)
                opened.flush()
                os.fsync(file)
        self._step(f"rename {path.name}")
        new.replace(path)
        _sync(path.parent)

    def make(self, directory: Path) -> None:
        """An empty directory for its owner only; what was left there goes. Raises OSError."""
        self.remove(directory)
        self._step(f"make {directory.name}")
        directory.mkdir(mode=0o700)

    def move(self, directory: Path, target: Path) -> None:
        """With everything in it. `target` is an empty directory, or not there. Raises OSError."""
        self._step(f"move {directory.name}")
        directory.replace(target)
        _sync(target.parent)

    def remove(self, path: Path) -> None:
        """A file or a directory with everything in it, if it is there. Raises OSError."""
        if not path.exists():
            return
        self._step(f"remove {path.name}")
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def read(path: Path, largest: int = LARGEST) -> bytes:
    """The whole file. Raises CaError."""
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except FileNotFoundError:
        raise CaError(f"{path}: there is no such file") from None
    except OSError as error:
        raise CaError(f"{path}: cannot be read: {reason(error)}") from error
    if len(content) > largest:
        raise CaError(f"{path}: is larger than {largest} octets, so it is not what is wanted here")
    return content


@contextmanager
def alone(directory: Path, patience: float = PATIENCE) -> Iterator[None]:
    """One command at a time works on that authority, also while it is being made. Raises CaError."""
    lock = directory.with_name(f".{directory.name}.lock")
    try:
        file = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, SECRET)
    except OSError as error:
        raise CaError(f"{lock}: cannot be written: {reason(error)}: are you root?") from error
    try:
        deadline = time.monotonic() + patience
        while not _locked(file):
            if time.monotonic() > deadline:
                raise CaError(
                    f"another `usnd ca` works on {directory} since {patience:g} s: wait for its end"
                )
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(file)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with about(directory):
            os.fsync(opened)
    finally:
        os.close(opened)


def _go_on(_next: str) -> None:
    """Nobody watches the steps."""
