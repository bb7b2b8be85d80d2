"""Whether a CSV file of CDRs is whole and says what the description of it says: by the file alone. Pure.

`usnd cdr verify` gives it the file's lines, also of a copy that came back from a destination. It reads no
database: what it knows are the tables of csv_file.py and fields.py.
"""

import csv
import hashlib
from collections.abc import Iterable, Sequence

from usnd.domain.billing.checked import Checked, Findings
from usnd.domain.billing.csv_file import (
    HEADER,
    HEADER_PARTS,
    NAMES,
    RECORD,
    TRAILER,
    TRAILER_PARTS,
    VERSION,
)
from usnd.domain.billing.fields import BY_NAME, Field, in_short, layout_trouble


class Checker:
    """Takes a file line by line, in bounded memory."""

    def __init__(self) -> None:
        self._findings = Findings()
        self._findings.place = "line 0"
        self._digest = hashlib.sha256()
        self._line = 0
        self._fields: list[Field] = []
        self._ended = False

    def take(self, lines: Iterable[bytes]) -> Checked:
        """All lines, each with its line feed, or the first `LONGEST` octets of it; gives what was found."""
        for line in lines:
            self._line += 1
            self._findings.place = f"line {self._line}"
            self._take(line)
            self._digest.update(line)
            if self._findings.enough:
                return self._findings.found
        if not self._ended:
            self._fault("the last line is missing: the file is not whole")
        return self._findings.found

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
        self._findings.header(named, VERSION)

    def _names(self, kind: str, values: Sequence[str]) -> None:
        trouble = layout_trouble(values)
        if kind != NAMES or trouble:
            self._fault(trouble or f"does not begin with {NAMES}: there the names of the fields stand")
            return
        self._findings.found.layout = tuple(values)
        self._fields = [BY_NAME[name] for name in values]

    def _record(self, values: Sequence[str]) -> None:
        self._findings.found.records += 1
        if len(values) != len(self._fields):
            self._fault(f"has {len(values)} fields, and the names are {len(self._fields)}")
            return
        self._findings.record(self._fields, values)

    def _trailer(self, values: Sequence[str]) -> None:
        self._ended = True
        if len(values) != len(TRAILER_PARTS):
            self._fault(f"is no last line: {TRAILER} and {len(TRAILER_PARTS)} values")
            return
        count, digest = values
        self._findings.end(count, unchanged=digest == self._digest.hexdigest())

    def _fault(self, what: str) -> None:
        self._findings.fault(what)
