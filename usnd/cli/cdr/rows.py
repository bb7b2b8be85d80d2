"""How `usnd cdr` prints records and files: for people, for programs, and the story of a call. No I/O."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from usnd.cli.tables import seen
from usnd.control.rows import Row, second
from usnd.domain.billing.cdr import Cdr
from usnd.domain.billing.delivery import WORDS
from usnd.domain.billing.fields import FIELDS, as_value, offset_text, time_text

if TYPE_CHECKING:
    from usnd.domain.billing.cdr_file import CdrFile
    from usnd.domain.billing.summary.figures import Change, Line, Summary
    from usnd.store.billing.cdrs import Numbered

_RELEASED = {
    "node": "the node released it",
    "far-end": "the other side released it",
    "unknown": "nobody reported its end: this is the last time at which it is known to have been up",
    "": "it goes on, or who released it is not known",
}


def cdr_object(sequence: int, cdr: Cdr) -> Row:
    """A call detail record in full, for programs: times are UTC to the ms."""
    return {field.name: as_value(field, sequence, cdr) for field in FIELDS}


def cdr_row(sequence: int, cdr: Cdr) -> Row:
    """A call detail record for people. rang_s: until answered or given up; talked_s: what it charges."""
    return {
        "seq": sequence,
        "conf": cdr.conference_id,
        "subscr": cdr.subscriber_id,
        "role": cdr.role.value,
        "dir": cdr.direction.value,
        "cli": cdr.cli,
        "dnis": cdr.dnis,
        "start": second(cdr.start),
        "rang_s": _tenths(cdr.rang),
        "talked_s": _tenths(cdr.charged),
        "outcome": cdr.outcome.value,
        "cause": cdr.cause if cdr.cause is not None else "",
        "trunk": cdr.trunk,
        "rec": cdr.recorded,
    }


def file_row(file: "CdrFile") -> Row:
    """A file for people."""
    return {
        "destination": file.destination,
        "file": file.number,
        "until": second(file.until),
        "first": file.first,
        "records": file.records,
        "state": file.state.value,
        "tries": file.attempts,
        "next_try": second(file.next_try_at) if file.next_try_at else "",
        "trouble": file.trouble.value if file.trouble else "",
    }


def file_object(file: "CdrFile") -> Row:
    """A file in full, for programs."""
    return {
        **file_row(file),
        "name": file.name,
        "since": second(file.since),
        "last": file.last,
        "closed": second(file.closed_at),
        "confirmed": second(file.confirmed_at) if file.confirmed_at else "",
        "octets": "" if file.octets is None else file.octets,
        "sha256": file.digest or "",
        "fields": " ".join(file.layout),
        "said": file.said,
    }


def summary_object(made: "Summary") -> Row:
    """A usage summary without its lines, for programs; `line` says what a line of JSON is about."""
    day, figures, people = made.day, made.figures, made.figures.subscribers
    return {
        "line": "summary",
        "day": day.day.isoformat(),
        "time_zone": figures.zone,
        "since": time_text(day.since),
        "until": time_text(day.until),
        "hours": day.hours,
        "first": made.first,
        "last": made.last,
        "made": time_text(made.made_at),
        **asdict(people),
        "subscribers": figures.lines,
        **asdict(figures.total),
        "other_texts_in": figures.other_texts_in,
        "other_texts_out": figures.other_texts_out,
        "files": " ".join(f"{one.destination}:{one.first_file}-{one.last_file}" for one in figures.files),
    }


def change_object(one: "Change") -> Row:
    """What happened to a subscriber on that day."""
    return {"line": "change", "at": time_text(one.at), "number": one.number, "what": one.what}


def user_object(one: "Line") -> Row:
    """What a subscriber used on that day."""
    person: Row = {"subscriber": one.subscriber, "number": one.number, "name": one.name}
    return {"line": "subscriber", **person, **asdict(one.used)}


def story_of(records: "Numbered", files: "Sequence[CdrFile]") -> Iterator[str]:
    """What a person needs who disputes a call, line by line."""
    _, last = records[-1]
    way = "called" if last.direction.value == "out" else "was called by"
    other = last.dnis if last.direction.value == "out" else last.cli or "a withheld number"
    yield seen(
        f"{last.call}: conference {last.conference_id} of subscriber {last.subscriber_id}, "
        f"the node {way} {other}" + (f" over {last.trunk}" if last.trunk else "")
    )
    yield f"  {time_text(last.start)}  began (local time is UTC{offset_text(last.utc_offset)})"
    if last.ringing is not None:
        yield f"  {time_text(last.ringing)}  rang"
    yield f"  {time_text(last.answer)}  answered" if last.answer is not None else "  never answered"
    yield seen(f"  {time_text(last.stop)}  {_end(last)}")
    total = sum((cdr.charged for _, cdr in records), timedelta(0))
    yield f"  charged: {_tenths(total)} s in {len(records)} record{'s' if len(records) > 1 else ''}"
    for sequence, cdr in records:
        yield f"  record {sequence}: {_tenths(cdr.charged)} s" + (
            f", written by {seen(cdr.node)}" if cdr.node else ""
        )
        for file in (one for one in files if one.first <= sequence <= one.last):
            yield f"    in {file.name}: {_standing(file)}"


def _end(cdr: Cdr) -> str:
    cause = f", cause {cdr.cause}" if cdr.cause is not None else ""
    return f"{cdr.outcome.value}{cause}; {_RELEASED[cdr.released_by]}"


def _standing(file: "CdrFile") -> str:
    if file.confirmed_at is not None:
        return f"confirmed by {file.destination} at {second(file.confirmed_at)}"
    return f"{file.state.value}" + (f", {WORDS[file.trouble]}" if file.trouble else "")


def _tenths(length: timedelta) -> float:
    return round(length.total_seconds(), 1)
