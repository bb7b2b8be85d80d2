"""Removes CDR files of this server's disk that are old enough and confirmed, or erased (REQUIREMENTS B3).

`usnd cdr prune` calls it, on the standby too: that has the files of the time in which it was the active. What
became of a file is read in the store; a file without a row is one whose row is already forgotten.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from usnd.domain.billing.cdr_file import CdrFile, FileName, FileState, file_named
from usnd.process.os_errors import about
from usnd.services.billing.retention import Pruned

Rows = Callable[[str, int], CdrFile | None]
"""Of a destination and a number."""


def prune_files(
    directory: Path, destinations: set[str], rows: Rows, since: datetime, *, dry: bool
) -> Iterator[Pruned]:
    """One after the other, in the order of their names. Raises OSError.

    destinations: those that are configured; files of others go by their age alone.
    """
    for path, name in _files(directory):
        row = rows(name.destination, name.number) if name.destination in destinations else None
        erased = row is not None and row.erased_at is not None
        if name.until > since and not erased:
            continue
        if row is not None and row.state is not FileState.CONFIRMED:
            held = (name.destination,)
            yield Pruned("file", path.name, row.records, done=False, why="it is not confirmed", held_by=held)
            continue
        if not dry:
            with about(path):
                path.unlink(missing_ok=True)
        count = 0 if row is None else row.records
        why = "its records have pseudonyms by now" if erased else "old enough, and confirmed"
        yield Pruned("file", path.name, count, done=True, why=why)


def _files(directory: Path) -> Iterator[tuple[Path, FileName]]:
    """Only in the directories of destinations, and nothing but CDR files."""
    if not directory.is_dir():
        return
    for place in sorted(one for one in directory.iterdir() if one.is_dir() and not one.is_symlink()):
        with about(place):
            found = sorted(place.iterdir())
        for path in found:
            name = file_named(path.name)
            if name is not None and name.destination == place.name:
                yield path, name
