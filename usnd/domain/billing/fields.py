"""What a record says to billing, field by field: the one description of it.

The header of a file, its records, the checker, `usnd cdr list --json` and docs/integrator/billing.md are made
from this table, and so is the ASN.1 module of the records. Name and tag are for ever; a new field is one more
entry, with the next tag. Values are texts as a file has them: times in UTC with milliseconds, seconds with
three decimals, yes or no.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from usnd.domain.billing.cdr import Cdr, ReleasedBy
from usnd.domain.conference.call import CallOutcome, Direction, Role


class Kind(Enum):
    """What a value can be, and how it is written."""

    NUMBER = "number"
    TEXT = "text"
    WORD = "word"
    TIME = "time"
    SECONDS = "seconds"
    FLAG = "yes or no"


WRITTEN = {
    Kind.NUMBER: r"\d{1,18}",
    Kind.TEXT: r"[^\x00-\x1f\x7f]*",
    Kind.WORD: r"[a-z][a-z-]*",
    Kind.TIME: r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    Kind.SECONDS: r"\d{1,12}\.\d{3}",
    Kind.FLAG: "yes|no",
}
"""A regular expression for each, of ASCII: by it a checker refuses what no file of ours can have."""
_SHOWN = 60

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Field:
    """One field. of: its value in a record; optional: may be empty. words: all that it can be, if so many.

    tag: its number in ASN.1, for ever, and of no other field.
    """

    tag: int
    name: str
    kind: Kind
    says: str
    example: str
    of: Callable[[int, Cdr], Value | datetime | timedelta | None]
    optional: bool = False
    words: tuple[str, ...] = ()


RECORD_TYPES = ("call", "interim")
_OUTCOMES = tuple(one.value for one in CallOutcome if one is not CallOutcome.OVERFLOWED)

FIELDS = (
    Field(
        0,
        "sequence",
        Kind.NUMBER,
        "1, 2, 3, … without a gap over all files, in the order in which the records were written",
        "1042",
        lambda sequence, _: sequence,
    ),
    Field(
        1,
        "type",
        Kind.WORD,
        "`call`: a call that is over; `interim`: a part of a call that goes on",
        "call",
        lambda _, cdr: RECORD_TYPES[cdr.interim_of is not None],
        words=RECORD_TYPES,
    ),
    Field(
        2,
        "version",
        Kind.NUMBER,
        "of the record. 1: `ringing`, `released_by`, `reconciled`, `node` and `utc_offset` are not known",
        "2",
        lambda _, cdr: cdr.version,
    ),
    Field(
        3,
        "call",
        Kind.TEXT,
        "the call: all records of one have the same, and no other call ever has it",
        "usn-7-2",
        lambda _, cdr: cdr.call,
    ),
    Field(
        4,
        "part",
        Kind.NUMBER,
        "1, or the number of the part: of a call with interim records, the last part is its `call` record",
        "1",
        lambda _, cdr: cdr.part,
    ),
    Field(5, "subscriber", Kind.NUMBER, "the account to charge", "42", lambda _, cdr: cdr.subscriber_id),
    Field(6, "conference", Kind.NUMBER, "the conference", "7", lambda _, cdr: cdr.conference_id),
    Field(
        7,
        "role",
        Kind.WORD,
        "who the call was with",
        "participant",
        lambda _, cdr: cdr.role.value,
        words=tuple(one.value for one in Role),
    ),
    Field(
        8,
        "direction",
        Kind.WORD,
        "`out`: the node called; `in`: it was called",
        "out",
        lambda _, cdr: cdr.direction.value,
        words=tuple(one.value for one in Direction),
    ),
    Field(
        9,
        "cli",
        Kind.TEXT,
        "calling number: the subscriber's, or that of whoever called in; empty if withheld",
        "+447700900001",
        lambda _, cdr: cdr.cli,
        optional=True,
    ),
    Field(10, "dnis", Kind.TEXT, "called number", "+447700900002", lambda _, cdr: cdr.dnis, optional=True),
    Field(
        11,
        "start",
        Kind.TIME,
        "when the call was ordered, over its first trunk, or came in",
        "2026-03-01T12:00:00.000Z",
        lambda _, cdr: cdr.start,
    ),
    Field(
        12,
        "ringing",
        Kind.TIME,
        "when the called one rang, if the network said so; empty for calls that came in",
        "2026-03-01T12:00:03.120Z",
        lambda _, cdr: cdr.ringing,
        optional=True,
    ),
    Field(
        13,
        "answer",
        Kind.TIME,
        "when it was answered; empty if it never was",
        "2026-03-01T12:00:12.004Z",
        lambda _, cdr: cdr.answer,
        optional=True,
    ),
    Field(
        14,
        "stop",
        Kind.TIME,
        "when it ended; in an interim record, where this part ends",
        "2026-03-01T12:00:42.016Z",
        lambda _, cdr: cdr.stop,
    ),
    Field(
        15,
        "ring_s",
        Kind.SECONDS,
        "from `start` until it was answered or given up; never charged",
        "12.004",
        lambda _, cdr: cdr.rang,
    ),
    Field(
        16,
        "billable_s",
        Kind.SECONDS,
        "from `answer` to `stop`; with interim records, only this part. The sum over a call's records is its "
        "whole time. Not rounded: that is the tariff's matter",
        "30.012",
        lambda _, cdr: cdr.charged,
    ),
    Field(
        17,
        "utc_offset",
        Kind.TEXT,
        "local time minus UTC at `start`, in the zone of `[billing] time_zone`",
        "+01:00",
        lambda _, cdr: offset_text(cdr.utc_offset),
    ),
    Field(
        18,
        "outcome",
        Kind.WORD,
        f"{', '.join(f'`{word}`' for word in _OUTCOMES)}; of an interim record `ongoing`; after an upgrade "
        "or a way back also a word that only the other release writes",
        "completed",
        lambda _, cdr: cdr.outcome.value,
    ),
    Field(
        19,
        "cause",
        Kind.NUMBER,
        "the Q.850 release cause, where the network gave one",
        "16",
        lambda _, cdr: cdr.cause,
        optional=True,
    ),
    Field(
        20,
        "released_by",
        Kind.WORD,
        "`node`: we ended it, also after ringing too long; `far-end`: the person or the network; `unknown`: "
        "nobody reported the end; empty in an interim record",
        "far-end",
        lambda _, cdr: cdr.released_by,
        optional=True,
        words=tuple(one.value for one in ReleasedBy),
    ),
    Field(
        21,
        "reconciled",
        Kind.FLAG,
        "`yes`: nobody reported the end, as a server or Asterisk died; `stop` is the last time at which the "
        "call is known to have been up",
        "no",
        lambda _, cdr: cdr.reconciled,
    ),
    Field(
        22,
        "recorded",
        Kind.FLAG,
        "whether the conference was recorded while this call was in it",
        "no",
        lambda _, cdr: cdr.recorded,
    ),
    Field(
        23,
        "activation_pin",
        Kind.TEXT,
        "the Activation PIN by which this call came in; empty if by none",
        "4711",
        lambda _, cdr: cdr.activation_pin,
        optional=True,
    ),
    Field(
        24,
        "trunk",
        Kind.TEXT,
        "the trunk that carried the call; empty if not known",
        "trunk-msc",
        lambda _, cdr: cdr.trunk,
        optional=True,
    ),
    Field(
        25,
        "node",
        Kind.TEXT,
        "the server that wrote the record",
        "usn-a",
        lambda _, cdr: cdr.node,
        optional=True,
    ),
)
BY_NAME = {field.name: field for field in FIELDS}
LAYOUT = tuple(BY_NAME)
"""All fields in their order: what a destination gets unless it says otherwise."""
NEEDED = ("sequence",)
"""Without it nobody could say that none is missing."""


def as_value(field: Field, sequence: int, cdr: Cdr) -> Value:
    """For JSON: a number, a flag, a text; empty where there is none."""
    value = field.of(sequence, cdr)
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat(timespec="milliseconds")
        case timedelta():
            return value // timedelta(milliseconds=1) / 1000
        case _:
            return value


def as_text(field: Field, sequence: int, cdr: Cdr) -> str:
    """For a file."""
    value = field.of(sequence, cdr)
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return time_text(value)
        case timedelta():
            return seconds_text(value // timedelta(milliseconds=1))
        case _:
            return printable(str(value))


def layout_trouble(layout: Sequence[str]) -> str | None:
    """Why a file cannot be laid out so, in words for an operator; None: it can."""
    if unknown := [name for name in layout if name not in BY_NAME]:
        return f"{in_short(unknown[0])} is no field of a CDR: choose from {', '.join(LAYOUT)}"
    if len(set(layout)) < len(layout):
        return "a field stands there twice"
    if missing := [name for name in NEEDED if name not in layout]:
        return f"{missing[0]} must be among the fields: by it the receiver sees that no record is missing"
    return None


def is_number(written: str) -> bool:
    """Whether it is a value of that kind, which `int` takes."""
    return re.fullmatch(WRITTEN[Kind.NUMBER], written, re.ASCII) is not None


def in_short(written: str) -> str:
    """What a person is shown of a value that may be anything."""
    return written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"


def value_trouble(field: Field, written: str) -> str | None:
    """Why that cannot be the field's value in a file; None: it can."""
    if not written:
        return None if field.optional else f"{field.name} is empty"
    if not re.fullmatch(WRITTEN[field.kind], written, re.ASCII):
        return f"{field.name} is {in_short(written)!r}, which is no {field.kind.value}"
    if field.words and written not in field.words:
        return f"{field.name} is {in_short(written)!r}, and can be {', '.join(field.words)}"
    return None


def time_text(at: datetime) -> str:
    """In UTC, to the millisecond: `2026-03-01T12:00:00.000Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_text(thousandths: int) -> str:
    """`12.004`."""
    return f"{thousandths // 1000}.{thousandths % 1000:03}"


def offset_text(minutes: int) -> str:
    """`+05:30`."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def printable(text: str) -> str:
    """A record is a line, whatever a switch sent as a number."""
    return "".join(char if char.isprintable() else " " for char in text)
