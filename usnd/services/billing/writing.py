"""Writes a file of CDRs onto this server's disk, from its row and its records: whole, or not at all.

export.py calls it. The octets come from the database alone, so that either server can make the file, also
again: what an operator removed, renamed or changed is made anew. One page of records is in memory. A format
whose header has what is known only in the end writes it over the first one.
"""

import hashlib
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.formats import FORMATS
from usnd.process.os_errors import about
from usnd.store.billing.cdrs import Numbered

PAGE = 5_000
"""Records that are read at once."""
_MODE = 0o640
_DIRECTORY_MODE = 0o750
_BLOCK = 1 << 20

Pages = Callable[[int, int], Awaitable[Numbered]]
"""Gives the first records behind a sequence number, and none behind another one."""


class RecordsMissing(Exception):
    """The store has not all records of the file any more."""


@dataclass(frozen=True, slots=True)
class Written:
    """digest: SHA-256 of all octets, in hexadecimal."""

    digest: str
    octets: int


def path_of(directory: Path, file: CdrFile) -> Path:
    """Where it stands on this server, once it was written."""
    return directory / file.destination / file.name


def is_there(directory: Path, file: CdrFile) -> bool:
    """Whether it is on this server's disk as it was written. Reads all of it; raises OSError."""
    path = path_of(directory, file)
    try:
        with about(path), path.open("rb") as found:
            return _digest_of(found) == file.digest
    except FileNotFoundError:
        return False


async def write(directory: Path, file: CdrFile, pages: Pages, whole: Callable[[], None]) -> Written:
    """Under another name first; `whole` is called before it gets its own. Raises OSError, RecordsMissing."""
    path = path_of(directory, file)
    with about(path.parent):
        path.parent.mkdir(_DIRECTORY_MODE, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with _removed_on_failure(part), about(part):
        with _new(part) as out:
            written = await _fill(out, file, pages)
            out.flush()
            os.fsync(out.fileno())
        whole()
        part.replace(path)
        _sync(path.parent)
    return written


async def _fill(out: BinaryIO, file: CdrFile, pages: Pages) -> Written:
    form, digest, octets = FORMATS[file.format], hashlib.sha256(), 0

    def put(some: bytes) -> None:
        nonlocal octets
        out.write(some)
        digest.update(some)
        octets += len(some)

    put(form.opening(file))
    known = file.first - 1
    while known < file.last:
        page = await pages(known, file.last)
        if not page or page[0][0] != known + 1 or page[-1][0] - page[0][0] + 1 != len(page):
            raise RecordsMissing(f"record {known + 1} of {file.name} is not in the store")
        put(form.records(file.layout, page))
        known = page[-1][0]
    before = digest.hexdigest()
    put(form.closing(file, before))
    sealed = form.sealed(file, octets, before)
    if sealed is None:
        return Written(digest.hexdigest(), octets)
    out.seek(0)
    out.write(sealed)
    out.seek(0)
    return Written(_digest_of(out), octets)


def clear_parts(directory: Path, destination: str) -> None:
    """Removes what a run that was killed left half written on this server. Raises OSError."""
    for part in (directory / destination).glob(".*.part"):
        part.unlink(missing_ok=True)


@contextmanager
def _removed_on_failure(part: Path) -> Iterator[None]:
    """What is of no use shall not fill a disk. A crash leaves it: the next try writes over it."""
    try:
        yield
    except (OSError, RecordsMissing):
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _new(part: Path) -> BinaryIO:
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(part, flags, _MODE), "w+b")


def _digest_of(found: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := found.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
