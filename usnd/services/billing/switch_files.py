"""Reads the files of the switch's log, the oldest first, also those that logrotate has compressed."""

import errno
import gzip
from collections.abc import Iterator
from pathlib import Path

from usnd.process.os_errors import about

NAME = "legs.csv"
LONGEST = 4096
"""Characters of a line; of a longer one the rest is another line, which says nothing."""


def lines(directory: Path) -> Iterator[str]:
    """All lines of all files. Raises OSError; a compressed file that is not whole is an OSError, too."""
    for path in _files(directory):
        opened = gzip.open if path.suffix == ".gz" else open
        with about(path), opened(path, "rt", encoding="utf-8", errors="replace", newline="") as found:
            try:
                while line := found.readline(LONGEST):
                    yield line.replace("\0", "")
            except EOFError as error:
                raise OSError(errno.EIO, "the compressed file is not whole") from error


def _files(directory: Path) -> list[Path]:
    """legs.csv-20260301.gz comes before legs.csv-20260302, and legs.csv itself last."""
    with about(directory):
        rotated = [path for path in directory.iterdir() if path.name.startswith(f"{NAME}-")]
    current = directory / NAME
    ordered = sorted(rotated, key=lambda path: path.name.removesuffix(".gz"))
    return [*ordered, *([current] if current.exists() else [])]
