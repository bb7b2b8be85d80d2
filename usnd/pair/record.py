"""The durable record: epoch, last role, where the database was; one file outside the database's directory.

main.py begins with it, runner.py writes it before anything else of a step is done. It is whole and on the
disk when `write` returns. A record that cannot be read is a fault, never a new one: only a server without any
file begins with an empty record.
"""

import os
from pathlib import Path

import msgspec

from usnd.domain.pair.evidence import Record
from usnd.pair import wire_names
from usnd.process.os_errors import reason

FILE = "record.json"


class RecordError(Exception):
    """The record cannot be read or written; the text says why."""


class _Kept(msgspec.Struct, frozen=True):
    """machine: which start of the machine this was written in."""

    boot: int
    record: Record
    machine: str = ""


class RecordFile:
    """In a directory of its own. machine: names this start of the machine."""

    def __init__(self, directory: Path, machine: str = "") -> None:
        self._path, self._machine = directory / FILE, machine
        self.boot = 0
        self.record = Record()
        """What was last read or written."""
        self.booted = False
        """After `begin`: the machine was started since the record was written."""

    def begin(self) -> Record:
        """Counts this boot of the arbiter and gives the record. Raises RecordError."""
        try:
            kept = _Kept(0, Record())
            if self._path.exists():
                kept = msgspec.convert(wire_names.read(msgspec.json.decode(self._path.read_bytes())), _Kept)
        except OSError as error:
            raise RecordError(f"{self._path} cannot be read: {reason(error)}") from error
        except msgspec.MsgspecError as error:
            raise RecordError(f"{self._path} cannot be read: {error}") from error
        self.boot = kept.boot + 1
        self.booted = kept.machine not in ("", self._machine)
        self.write(kept.record)
        return kept.record

    def write(self, record: Record) -> None:
        """On the disk when it returns, with the directory's entry. Raises RecordError."""
        new = self._path.with_suffix(".new")
        self.record = record
        try:
            with new.open("wb") as file:
                kept = _Kept(self.boot, record, self._machine)
                file.write(msgspec.json.encode(wire_names.written(kept)))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
            directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as error:
            raise RecordError(f"{self._path} cannot be written: {reason(error)}") from error
