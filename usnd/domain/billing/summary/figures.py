"""What a usage summary says: of each subscriber, of all of them, and which CDR files it ties with. Pure.

Once it is made it is kept as it is: lines in pages, everything else in `Figures`. So its files can be made
again octet by octet, whatever becomes of subscribers and texts. These are arrays and objects of JSON in the
store: a new field goes to the end, with a default.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest

from msgspec import Struct
from msgspec.structs import asdict, replace

from usnd.domain.billing.summary.days import LocalDay

LINES_OF_PAGE = 500


class Usage(Struct, frozen=True, array_like=True):
    """What was used. in: the node was called. records: CDRs, so legs and parts of calls that go on.

    in_ms, out_ms: what these records charge, each cut to the millisecond as in a CDR file.
    """

    conferences: int = 0
    legs_in: int = 0
    legs_out: int = 0
    records: int = 0
    in_ms: int = 0
    out_ms: int = 0
    texts_in: int = 0
    texts_out: int = 0
    recordings: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        mine, theirs = asdict(self), asdict(other)
        return Usage(**{name: value + theirs[name] for name, value in mine.items()})


class Line(Struct, frozen=True, array_like=True):
    """One subscriber who used anything. number, name: as they were when the summary was made.

    number: empty of one who is gone by then, and never called anybody that day.
    """

    subscriber: int
    number: str
    name: str
    used: Usage


class Change(Struct, frozen=True, array_like=True):
    """A subscriber was added, dropped, suspended or resumed. what: of `domain.subscribers.decide.Changed`."""

    at: datetime
    number: str
    what: str


class Page(Struct, frozen=True):
    """A part of the summary, as it is kept."""

    changes: tuple[Change, ...] = ()
    lines: tuple[Line, ...] = ()


class FileSpan(Struct, frozen=True, array_like=True):
    """The CDR files of the day for one destination. first, last: sequence numbers of their records."""

    destination: str
    first_file: int
    last_file: int
    first: int
    last: int

    @property
    def records(self) -> int:
        """How many are in these files."""
        return self.last - self.first + 1


class Subscribers(Struct, frozen=True):
    """registered, suspended: how many there are when the summary is made. The rest happened that day."""

    registered: int = 0
    suspended: int = 0
    added: int = 0
    dropped: int = 0
    were_suspended: int = 0
    were_resumed: int = 0


class Figures(Struct, frozen=True):
    """All but the lines. lines: how many subscribers have one. zone: by its IANA name.

    other_texts_in, other_texts_out: of those who are no subscribers. mo, mt: the last text of each kind that
    is counted, by its id: the next summary begins behind it.
    """

    zone: str
    subscribers: Subscribers = Subscribers()
    lines: int = 0
    total: Usage = Usage()
    other_texts_in: int = 0
    other_texts_out: int = 0
    files: tuple[FileSpan, ...] = ()
    mo: int = 0
    mt: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """Of one day. first, last: its records by sequence number. pages: how many it has. Times are UTC."""

    day: LocalDay
    first: int
    last: int
    made_at: datetime
    figures: Figures
    pages: int

    @property
    def records(self) -> int:
        """How many CDRs it sums up."""
        return self.last - self.first + 1


def busiest(lines: Iterable[Line], most: int) -> list[Line]:
    """Those with the most time in calls, the busiest first; of equal ones whoever is the older subscriber."""
    return nlargest(most, lines, key=lambda line: (line.used.in_ms + line.used.out_ms, -line.subscriber))


def erased(page: Page, number: str, owners: Iterable[int], put: str) -> Page:
    """The page with `put` for the number of a subscriber who is erased, and without their name."""
    theirs = set(owners)
    lines = tuple(
        replace(line, number=put, name="") if line.subscriber in theirs or line.number == number else line
        for line in page.lines
    )
    changes = tuple(replace(one, number=put) if one.number == number else one for one in page.changes)
    return Page(changes, lines)
