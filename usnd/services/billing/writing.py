"""Writes a file of CDRs onto this server's disk, from its row and its records: whole, or not at all.

export.py calls it, pages.py gives the records. The octets come from the database alone, so that either server
can make the file, also again: what an operator removed, renamed or changed is made anew. A few pages of
records are in memory: while one is written, the database is at the next ones. A format whose header has what
is known only in the end writes it over the first one.
"""

import asyncio
import hashlib
import os
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.formats import FORMATS
from usnd.process.os_errors import about
from usnd.services.billing.pages import AT_ONCE, Pages, RecordsMissing

PAGE = 5_000
"""Records that are read at once."""
_MODE = 0o640
_DIRECTORY_MODE = 0o750
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """digest: SHA-256 of all octets, in hexadecimal."""

    digest: str
    octets: int


Fill = Callable[[BinaryIO], Awaitable[Written]]
"""Writes all octets of a file."""


def path_of(directory: Path, file: CdrFile) -> Path:
    """Where it stands on this server, once it was written."""
    return directory / file.destination / file.name


def is_there(directory: Path, file: CdrFile) -> bool:
    """Whether it is on this server's disk as it was written. Reads all of it; raises OSError.

    A link to it is not it: rsync passes over links.
    """
    path = path_of(directory, file)
    if path.is_symlink():
        return False
    try:
        with about(path), path.open("rb") as found:
            return _digest_of(found) == file.digest
    except FileNotFoundError:
        return False


async def write(directory: Path, file: CdrFile, pages: Pages, whole: Callable[[], None]) -> Written:
    """As `write_filled`, of records."""
    return await write_filled(directory, file, lambda out: _fill(out, file, pages), whole)


async def write_filled(directory: Path, file: CdrFile, fill: Fill, whole: Callable[[], None]) -> Written:
    """Under another name first; `whole` is called before it gets its own. Raises OSError, RecordsMissing."""
    path = path_of(directory, file)
    with about(path.parent):
        path.parent.mkdir(_DIRECTORY_MODE, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with _removed_on_failure(part), about(part):
        with _new(part) as out:
            written = await fill(out)
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
    async with aclosing(_ahead(file, pages)) as found:
        async for page in found:
            put(page)
    before = digest.hexdigest()
    put(form.closing(file, before))
    sealed = form.sealed(file, octets, before)
    if sealed is None:
        return Written(digest.hexdigest(), octets)
    out.seek(0)
    out.write(sealed)
    out.seek(0)
    return Written(_digest_of(out), octets)


async def _ahead(file: CdrFile, pages: Pages) -> AsyncGenerator[bytes, None]:
    """The records by the page, in order; AT_ONCE more are under way before one is given."""
    coming = deque[asyncio.Task[bytes]]()
    try:
        for first in range(file.first, file.last + 1, PAGE):
            coming.append(asyncio.create_task(pages(file, first, min(first + PAGE - 1, file.last))))
            await asyncio.sleep(0)  # until it has asked
            if len(coming) > AT_ONCE:
                yield await coming.popleft()
        while coming:
            yield await coming.popleft()
    finally:
        for one in coming:
            one.cancel()
        await asyncio.gather(*coming, return_exceptions=True)


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
