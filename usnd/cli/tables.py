"""How the command prints what it found: columns for people, JSON lines for programs. No I/O.

All commands of usnd/cli use it. Which columns people see is decided here. Nothing is cut or wrapped: what is
printed is whole, however narrow the terminal.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from usnd.control.rows import Row, second
from usnd.domain.billing.cdr import Cdr
from usnd.domain.conference.model import Conference
from usnd.domain.dial_in.admission import DialInNumbers, Pin, PinKind
from usnd.domain.directory.model import Subscriber
from usnd.domain.recording.files import Recording

GAP = "  "


def columns(rows: Iterable[Row]) -> str:
    """A table with the keys of the first row as its head; figures stand to the right. `none` without rows."""
    rows = list(rows)
    if not rows:
        return "none"
    lines = [list(rows[0]), *([_shown(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    right = [type(value) in (int, float) for value in rows[0].values()]
    return "\n".join(
        GAP.join(
            cell.rjust(width) if figure else cell.ljust(width)
            for cell, width, figure in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


def json_lines(rows: Iterable[Row]) -> str:
    """One JSON object a line; nothing without rows."""
    return "\n".join(json.dumps(row) for row in rows)


def subscriber_row(subscriber: Subscriber) -> Row:
    return {
        "id": subscriber.id,
        "number": subscriber.number,
        "suspended": subscriber.suspended,
        "language": subscriber.language,
        "call_texts": subscriber.call_texts,
        "press_one": subscriber.press_one,
        "minutes": "" if subscriber.minutes is None else subscriber.minutes,
    }


def conference_row(conference: Conference) -> Row:
    """A conference in one line. number: of the subscriber's conferences, if it is one of those."""
    return {
        "conference": conference.id,
        "number": conference.instant or "",
        "subscriber": conference.subscriber_number,
        "state": conference.state.value,
        "launched": second(conference.launched_at),
        "ended": second(conference.ended_at) if conference.ended_at else "",
        "reason": conference.end_reason.value if conference.end_reason else "",
        "calls": len(conference.calls),
        "in": sum(call.in_room for call in conference.calls),
        "locked": conference.locked,
        "muted": bool(conference.muted),
    }


def cdr_object(sequence: int, cdr: Cdr) -> Row:
    """A call detail record in full, for programs: times are UTC to the ms."""
    return {
        "sequence": sequence,
        "subscriber": cdr.subscriber_id,
        "conference": cdr.conference_id,
        "role": cdr.role.value,
        "direction": cdr.direction.value,
        "cli": cdr.cli,
        "dnis": cdr.dnis,
        "start": cdr.start.isoformat(timespec="milliseconds"),
        "answer": cdr.answer.isoformat(timespec="milliseconds") if cdr.answer else "",
        "stop": cdr.stop.isoformat(timespec="milliseconds"),
        "outcome": cdr.outcome.value,
        "cause": cdr.cause if cdr.cause is not None else "",
        "recorded": cdr.recorded,
        "activation_pin": cdr.activation_pin,
        "trunk": cdr.trunk,
    }


def cdr_row(sequence: int, cdr: Cdr) -> Row:
    """A call detail record for people. rang_s: until answered or given up; talked_s: from the answer on."""
    return {
        "seq": sequence,
        "conf": cdr.conference_id,
        "subscr": cdr.subscriber_id,
        "role": cdr.role.value,
        "dir": cdr.direction.value,
        "cli": cdr.cli,
        "dnis": cdr.dnis,
        "start": second(cdr.start),
        "rang_s": _seconds(cdr.start, cdr.answer or cdr.stop),
        "talked_s": _seconds(cdr.answer or cdr.stop, cdr.stop),
        "outcome": cdr.outcome.value,
        "cause": cdr.cause if cdr.cause is not None else "",
        "trunk": cdr.trunk,
        "rec": cdr.recorded,
    }


def recording_row(one: Recording, numbers: Mapping[int, str]) -> Row:
    """One part; `numbers`: those of the subscribers, by id. Who is none any more has none."""
    return {
        "recording": one.id,
        "subscriber": numbers.get(one.subscriber_id, ""),
        "conference": one.conference_id,
        "part": one.part,
        "state": one.state.value,
        "started": second(one.started_at) if one.started_at else "",
        "seconds": "" if one.seconds is None else round(one.seconds, 1),
        "octets": "" if one.octets is None else one.octets,
        "file": one.path,
    }


def _seconds(start: datetime, stop: datetime) -> float:
    return round((stop - start).total_seconds(), 1)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def pin_rows(pins: Iterable[Pin], numbers: DialInNumbers) -> Iterator[Row]:
    """One row a conference: its number, what leads to it, and both PINs."""
    by_conference: dict[int, dict[PinKind, str]] = {}
    for pin in pins:
        by_conference.setdefault(pin.instant, {})[pin.kind] = pin.digits
    for conference, digits in by_conference.items():
        dialled = numbers.conferences[conference - 1 : conference]
        yield {
            "conference": conference,
            "dnis": dialled[0] if dialled else "",
            "activation_pin": digits.get(PinKind.ACTIVATION, ""),
            "user_pin": digits.get(PinKind.USER, ""),
        }
