"""The files of the recordings: measured, listed, exported and removed.

recordings.py and `usnd recording` call it. Only files with a recording's name are ever touched; which of them
go is decided in domain/recording/files.py. All block, but the units of work.
"""

import shutil
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from usnd.domain.recording.files import (
    FoundFile,
    KeepRules,
    Recording,
    RecordState,
    is_file_name,
    orphans,
    to_remove,
)
from usnd.store.core.transaction import Transaction

_HEADER = 44
_RIFF_SIZE, _DATA_SIZE = 4, 40


class NotYours(Exception):
    """There is no such recording, or not of that subscriber: which of the two is nobody's business."""


class NoFile(Exception):
    """The recording is known, and cannot be had; the message says why."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes: recordings, and the names of all files, orphans among them."""

    recordings: tuple[Recording, ...]
    files: tuple[str, ...]


def settle(path: Path) -> int:
    """The size of a finished recording in octets, 0 if it is not there; its header tells its length after.

    Asterisk writes the length into a WAV file when it closes it, and so never where it died.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return 0
    with suppress(PermissionError):  # Asterisk's own, and not ours to write: an export is mended instead
        _mend(path, size)
    return size


def _mend(path: Path, size: int) -> None:
    if size < _HEADER:
        return
    lengths = {_RIFF_SIZE: struct.pack("<I", size - 8), _DATA_SIZE: struct.pack("<I", size - _HEADER)}
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if all(header[at : at + 4] == length for at, length in lengths.items()):
        return
    with path.open("r+b") as file:
        for at, length in lengths.items():
            file.seek(at)
            file.write(length)


def found_files(directory: Path) -> tuple[FoundFile, ...]:
    """The recordings that lie there. Raises OSError."""
    found = ((path.name, path.stat().st_mtime) for path in directory.iterdir() if is_file_name(path.name))
    return tuple(FoundFile(name, datetime.fromtimestamp(changed, UTC)) for name, changed in found)


def plan_removal(tx: Transaction, files: Iterable[FoundFile], rules: KeepRules, now: datetime) -> Removal:
    """What would be removed now."""
    closed = tuple(to_remove(tx.recordings.closed(), rules, now))
    known = {one.path for one in tx.recordings.list() if one.state is not RecordState.REMOVED}
    return Removal(closed, (*(one.path for one in closed), *orphans(files, known, rules, now)))


def remove(directory: Path, removal: Removal) -> None:
    """Remove the files; one that is gone already does no harm. Raises OSError."""
    for name in removal.files:
        (directory / name).unlink(missing_ok=True)


def owned(tx: Transaction, conference_id: int, part: int, number: str) -> Recording:
    """The recording, if it is that subscriber's (REQUIREMENTS C7). Raises NotYours."""
    one, owner = tx.recordings.get(conference_id, part), tx.subscribers.by_number(number)
    if one is None or owner is None or one.subscriber_id != owner.id:
        raise NotYours
    return one


def export(directory: Path, one: Recording, target: Path) -> int:
    """Copy the recording, readable by its new owner only; gives its octets. Raises NoFile, OSError."""
    if one.state is not RecordState.CLOSED:
        raise NoFile(f"recording {one.id} is {one.state.value}")
    source = directory / one.path
    if not source.is_file():
        raise NoFile(f"the file of recording {one.id} is not there: {source}")
    target.touch(mode=0o600, exist_ok=False)
    try:
        shutil.copyfile(source, target)
        return settle(target)
    except OSError:
        target.unlink()  # half of it would be taken for all
        raise
