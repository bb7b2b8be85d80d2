"""What the check of a file finds, and what is checked alike in a file of each format. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from usnd.domain.billing.fields import Field, in_short, is_number, value_trouble

MOST_FAULTS = 20
_BILLABLE = "billable_s"


@dataclass(slots=True)
class Checked:
    """What was found. faults: what is wrong, in words, with the place; none: the file is whole.

    charged_ms: milliseconds, of all records.
    """

    header: dict[str, str] = field(default_factory=dict)
    layout: tuple[str, ...] = ()
    records: int = 0
    charged_ms: int = 0
    faults: list[str] = field(default_factory=list)


class Findings:
    """Gathers them while a file is read. place: where in the file its reader is, in words."""

    def __init__(self) -> None:
        self.found = Checked()
        self.place = ""
        self._next: int | None = None

    @property
    def enough(self) -> bool:
        """No more faults are wanted."""
        return len(self.found.faults) >= MOST_FAULTS

    def fault(self, what: str) -> None:
        """Note it, with the place."""
        self.found.faults.append(f"{self.place} {what}")

    def header(self, named: Mapping[str, str], version: int) -> None:
        """What the file says of itself. version: the one that this program knows."""
        self.found.header = dict(named)
        if named["version"] != str(version):
            self.fault(f"is of version {in_short(named['version'])}, and this program knows {version}")
        if is_number(named["first"]) and is_number(named["last"]):
            self._next = int(named["first"])
        else:
            self.fault("says no sequence numbers")

    def record(self, fields: Sequence[Field], values: Sequence[str]) -> None:
        """One of them; a value for each field."""
        for one, value in zip(fields, values, strict=True):
            if trouble := value_trouble(one, value):
                self.fault(trouble)
            elif one.name == _BILLABLE:
                self.found.charged_ms += int(value.replace(".", ""))
            elif one.name == "sequence":
                self._sequence(int(value))

    def end(self, count: str, *, unchanged: bool) -> None:
        """Behind the last record. count: as the file says it. unchanged: its SHA-256 is the right one."""
        if count != str(self.found.records):
            self.fault(f"says {in_short(count)} records, and there are {self.found.records}")
        if not unchanged:
            self.fault("has the SHA-256 of other octets: the file was changed")
        last = self.found.header.get("last", "nothing")
        if self._next is not None and last != str(self._next - 1):
            self.fault(f"comes behind record {self._next - 1}, and the header says {in_short(last)}")

    def _sequence(self, found: int) -> None:
        if self._next is not None and found != self._next:
            self.fault(f"has sequence number {found}, and {self._next} is its turn")
        self._next = found + 1
