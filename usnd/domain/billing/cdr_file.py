"""The file of one hour for one destination: what it holds, how far it has come, when it is tried again. Pure.

A file is a row before it is a file. Its row says which sequence numbers it holds and how it is laid out, so
that either server makes the same octets of it, at any time. services/billing does what is decided here:

step       | is committed          | who dies behind it leaves    | whoever goes on, on either server
-----------+-----------------------+------------------------------+------------------------------------
closing    | the row, CLOSED       | no file                      | writes it from the row
writing    | WRITTEN, its digest   | the file, or a .part of it   | makes it again where it is not there
sending    | SENT, the whole file  | the file at the destination  | looks whether it is whole there
           | is at the destination | or left-overs in a directory |
           |                       | of our own                   |
confirming | CONFIRMED             | nothing                      | the next file

Before its commit each step is done again, with the same octets under the same name. Two rules make that
safe: nothing is closed twice, as the closed set is a range of sequence numbers and the next one begins behind
it; and each try is committed before it begins (`begin`), so that the standby has whatever a destination gets.
"""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

from usnd.domain.billing.delivery import Trouble
from usnd.domain.billing.rhythm import HOUR
from usnd.domain.tables import every_cell

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
MOST_AT_ONCE = 31 * 24
"""Hours that get a file afterwards, when a server was away for long or its clock was wrong."""
_LONGEST_DOUBLING = 10
_FILE_NAME = re.compile(r"usn-(?P<to>[\w.-]+)-(?P<number>\d{9,})-(?P<until>\d{8}T\d{6}Z)\.[a-z0-9]+")


class Content(Enum):
    """What is in a file: records of an hour, or the usage summary of a day (summary/figures.py)."""

    CDRS = "cdrs"
    SUMMARY = "summary"


class FileState(Enum):
    """How far a file has come. SENT: it was whole there. CONFIRMED: it was read there, and is the same."""

    CLOSED = "closed"
    WRITTEN = "written"
    SENT = "sent"
    CONFIRMED = "confirmed"


class FileEvent(Enum):
    """What happens to it. GONE: it is not whole at the destination. RESEND: an operator wants it again."""

    WRITTEN = "written"
    SENT = "sent"
    CONFIRMED = "confirmed"
    GONE = "gone"
    RESEND = "resend"


FILE_TABLE = every_cell(
    {
        FileState.CLOSED: {FileEvent.WRITTEN: FileState.WRITTEN},
        FileState.WRITTEN: {FileEvent.SENT: FileState.SENT},
        FileState.SENT: {
            FileEvent.CONFIRMED: FileState.CONFIRMED,
            FileEvent.GONE: FileState.WRITTEN,
            FileEvent.RESEND: FileState.WRITTEN,
        },
        FileState.CONFIRMED: {FileEvent.RESEND: FileState.WRITTEN},
    },
    FileEvent,
)


@dataclass(frozen=True, slots=True)
class CdrFile:
    """One file. Times are UTC. since, until: its hour; records of before may be in it, and never later ones.

    Of a usage summary since and until are its day.

    first, last: sequence numbers; of an empty file last is first - 1. layout: names of the fields. digest:
    SHA-256 of all its octets, in hexadecimal, once it was written. trouble, said: of the last try. erased_at:
    from then on its records have pseudonyms, and it cannot be made again as it was. node_address: ours, as
    the file says it, if its format has a place for it; may be empty.
    """

    destination: str
    number: int
    since: datetime
    until: datetime
    first: int
    last: int
    format: str
    layout: tuple[str, ...]
    closed_at: datetime
    state: FileState = FileState.CLOSED
    digest: str | None = None
    octets: int | None = None
    attempts: int = 0
    next_try_at: datetime | None = None
    trouble: Trouble | None = None
    said: str = ""
    confirmed_at: datetime | None = None
    erased_at: datetime | None = None
    content: Content = Content.CDRS
    node_address: str = ""

    @property
    def records(self) -> int:
        """How many."""
        return self.last - self.first + 1

    @property
    def name(self) -> str:
        """The same on both servers, and of no other file: `usn-mediation-000000042-20260301T130000Z.csv`."""
        return f"usn-{self.destination}-{self.number:09}-{self.until:%Y%m%dT%H%M%SZ}.{self.format}"


@dataclass(frozen=True, slots=True)
class FileName:
    """What the name of a file of CDRs says. until: the end of its hour (UTC)."""

    destination: str
    number: int
    until: datetime


def file_named(name: str) -> FileName | None:
    """What a name says; None: it is no CDR file's."""
    found = _FILE_NAME.fullmatch(name)
    if found is None:
        return None
    try:
        until = datetime.strptime(found["until"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return FileName(found["to"], int(found["number"]), until)


def hours_due(last: datetime | None, now: datetime, had: Container[datetime] = ()) -> Iterator[datetime]:
    """The full hours until which files are to be closed. last: that of the last file, None: there is none.

    A last file of more than an hour ahead is of a clock that was wrong: nobody waits until then.
    had: hours behind the last file's that have one, since the clock was set back: they are not made up for.
    """
    full = now.replace(minute=0, second=0, microsecond=0)
    until = full
    if last is not None and last <= full + HOUR:
        until = max(last + HOUR, full - (MOST_AT_ONCE - 1) * HOUR)
    while until <= full:
        if until == full or until not in had:
            yield until
        until += HOUR


def close(
    before: CdrFile | None, destination: str, until: datetime, kept: range, form: "Form", now: datetime
) -> CdrFile:
    """The next file of a destination: all records behind those of the file before. kept: those there are."""
    first = kept.start if before is None else before.last + 1
    return CdrFile(
        destination=destination,
        number=1 if before is None else before.number + 1,
        since=until - HOUR,
        until=until,
        first=first,
        last=max(kept.stop - 1, first - 1),
        format=form.format,
        layout=form.layout,
        closed_at=now,
        node_address=form.node_address,
    )


@dataclass(frozen=True, slots=True)
class Form:
    """How a destination wants its files: the format's name, the fields in order, our address or ""."""

    format: str
    layout: tuple[str, ...]
    node_address: str = ""


def follow(file: CdrFile, event: FileEvent, now: datetime) -> CdrFile:
    """The file after a step that went well. Late and repeated news change nothing.

    RESEND is an order: also where the file waits already, its turn is at once.
    """
    after = FILE_TABLE[file.state, event]
    if event is FileEvent.RESEND and file.state is FileState.WRITTEN:
        return replace(file, attempts=0, next_try_at=None)
    if after is file.state:
        return file
    moved = replace(file, state=after, trouble=None, said="", confirmed_at=None)
    if after is FileState.CONFIRMED:
        return replace(moved, attempts=0, next_try_at=None, confirmed_at=now)
    return replace(moved, attempts=0, next_try_at=None) if event is FileEvent.RESEND else moved


def written(file: CdrFile, digest: str, octets: int, now: datetime) -> CdrFile:
    """The file is on this server's disk."""
    return replace(follow(file, FileEvent.WRITTEN, now), digest=digest, octets=octets)


def begin(file: CdrFile, now: datetime) -> CdrFile:
    """A try begins. If it comes to nothing there is another one, after a longer pause each time, for ever.

    It is committed before anything is sent: then the standby has all that the file holds, too.
    """
    pause = min(FIRST_PAUSE * 2 ** min(file.attempts, _LONGEST_DOUBLING), LONGEST_PAUSE)
    return replace(file, attempts=file.attempts + 1, next_try_at=now + pause)


def failed(file: CdrFile, trouble: Trouble, said: str) -> CdrFile:
    """The try went wrong; the next one is set already."""
    return replace(file, trouble=trouble, said=said)


def may_replace(file: CdrFile) -> bool:
    """Whether a try that begins now may write over another file of its name at the destination.

    Only where an operator has just ordered it. After a database was restored from a backup names come again,
    and what has them at the destination may be nowhere else.
    """
    return file.state is FileState.WRITTEN and file.attempts == 0


def is_due(file: CdrFile, now: datetime) -> bool:
    """It need not wait any more. A time further ahead than any pause was set by a clock that was wrong."""
    return file.next_try_at is None or not now < file.next_try_at <= now + LONGEST_PAUSE
