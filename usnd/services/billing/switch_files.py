"""Reads the files of the switch's log, the oldest first, also those that logrotate has compressed."""

import errno
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from usnd.process.os_errors import about

NAME = "legs.csv"
LONGEST = 4096
"""Characters of a line; of a longer one the rest is another line, which says nothing."""


def lines(directory: Path) -> Iterator[str]:
    """All lines of all files. Raises OSError, also where a file is spoilt, or was rotated meanwhile."""
    files = _files(directory)
    for path in files:
        opened = gzip.open if path.suffix == ".gz" else open
        with about(path), opened(path, "rt", encoding="utf-8", errors="replace", newline="") as found:
            try:
                while line := found.readline(LONGEST):
                    yield line.replace("\0", "")
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise OSError(errno.EIO, "the compressed file is not whole") from error
    if _files(directory) != files:
        raise OSError(errno.EAGAIN, "the log was rotated meanwhile: run this again", str(directory))


def _files(directory: Path) -> list[Path]:
    """legs.csv-20260301.gz comes before legs.csv-20260302, and legs.csv itself last.

    While logrotate compresses a file it is there twice: the one that is not compressed is whole.
    """
    with about(directory):
        there = {path.name: path for path in directory.iterdir() if path.is_file()}
    rotated = [
        path
        for name, path in there.items()
        if name.startswith(f"{NAME}-") and not (path.suffix == ".gz" and path.stem in there)
    ]
    current = directory / NAME
    ordered = sorted(rotated, key=lambda path: path.name.removesuffix(".gz"))
    return [*ordered, *([current] if NAME in there else [])]
