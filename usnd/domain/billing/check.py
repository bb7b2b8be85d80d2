"""Whether a file of CDRs is whole and says what the description of it says: by the file alone. Pure.

`usnd cdr verify` gives it the file's lines, also of a copy that came back from a destination. It reads no
database: what it knows are the tables of csv_file.py and fields.py.
"""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from usnd.domain.billing.csv_file import (
    HEADER,
    HEADER_PARTS,
    NAMES,
    RECORD,
    TRAILER,
    TRAILER_PARTS,
    VERSION,
)
from usnd.domain.billing.fields import BY_NAME, Field, in_short, is_number, layout_trouble, value_trouble

MOST_FAULTS = 20
LONGEST = 1 << 17
"""Octets that a line may have: far more than all fields of a record."""
_BILLABLE = "billable_s"


@dataclass(slots=True)
class Checked:
    """What was found. faults: what is wrong, in words, with the line; none: the file is whole.

    charged_ms: milliseconds, of all records.
    """

    header: dict[str, str] = field(default_factory=dict)
    layout: tuple[str, ...] = ()
    records: int = 0
    charged_ms: int = 0
    faults: list[str] = field(default_factory=list)


class Checker:
    """Takes a file line by line, in bounded memory."""

    def __init__(self) -> None:
        self._found = Checked()
        self._digest = hashlib.sha256()
        self._line = 0
        self._next: int | None = None
        self._fields: list[Field] = []
        self._ended = False

    def take(self, lines: Iterable[bytes]) -> Checked:
        """All lines, each with its line feed, or the first `LONGEST` octets of it; gives what was found."""
        for line in lines:
            self._line += 1
            self._take(line)
            self._digest.update(line)
            if len(self._found.faults) >= MOST_FAULTS:
                return self._found
        if not self._ended:
            self._fault("the last line is missing: the file is not whole")
        return self._found

    def _take(self, line: bytes) -> None:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            self._fault("is not UTF-8")
            return
        if not text.endswith("\n"):
            self._fault("does not end with a line feed")
        try:
            kind, *values = next(csv.reader([text]), None) or [""]
        except csv.Error as error:
            self._fault(f"is no CSV: {error}")
            return
        if self._ended:
            self._fault("stands behind the last line")
        elif self._line == 1:
            self._header(kind, values)
        elif self._line == 2:  # noqa: PLR2004 # the second line
            self._names(kind, values)
        elif kind == RECORD:
            self._record(values)
        elif kind == TRAILER:
            self._trailer(values)
        else:
            self._fault(f"begins with {in_short(kind)!r}, not with {RECORD} or {TRAILER}")

    def _header(self, kind: str, values: Sequence[str]) -> None:
        if kind != HEADER or len(values) != len(HEADER_PARTS):
            self._fault(f"is no header: {HEADER} and {len(HEADER_PARTS)} values")
            return
        named = {part.name: value for part, value in zip(HEADER_PARTS, values, strict=True)}
        self._found.header = named
        if named["version"] != str(VERSION):
            self._fault(f"is of version {in_short(named['version'])}, and this program knows {VERSION}")
        if is_number(named["first"]) and is_number(named["last"]):
            self._next = int(named["first"])
        else:
            self._fault("says no sequence numbers")

    def _names(self, kind: str, values: Sequence[str]) -> None:
        trouble = layout_trouble(values)
        if kind != NAMES or trouble:
            self._fault(trouble or f"does not begin with {NAMES}: there the names of the fields stand")
            return
        self._found.layout = tuple(values)
        self._fields = [BY_NAME[name] for name in values]

    def _record(self, values: Sequence[str]) -> None:
        self._found.records += 1
        if len(values) != len(self._fields):
            self._fault(f"has {len(values)} fields, and the names are {len(self._fields)}")
            return
        for one, value in zip(self._fields, values, strict=True):
            if trouble := value_trouble(one, value):
                self._fault(trouble)
            elif one.name == _BILLABLE:
                self._found.charged_ms += int(value.replace(".", ""))
            elif one.name == "sequence":
                self._sequence(int(value))

    def _sequence(self, found: int) -> None:
        if self._next is not None and found != self._next:
            self._fault(f"has sequence number {found}, and {self._next} is its turn")
        self._next = found + 1

    def _trailer(self, values: Sequence[str]) -> None:
        self._ended = True
        if len(values) != len(TRAILER_PARTS):
            self._fault(f"is no last line: {TRAILER} and {len(TRAILER_PARTS)} values")
            return
        count, digest = values
        if count != str(self._found.records):
            self._fault(f"says {in_short(count)} records, and there are {self._found.records}")
        if digest != self._digest.hexdigest():
            self._fault("has the SHA-256 of other octets: the file was changed")
        last = self._found.header.get("last", "nothing")
        if self._next is not None and last != str(self._next - 1):
            self._fault(f"comes behind record {self._next - 1}, and the header says {in_short(last)}")

    def _fault(self, what: str) -> None:
        self._found.faults.append(f"line {self._line} {what}")
