"""How the command prints what it found: columns for people, JSON lines for programs. No I/O.

All commands of usnd/cli use it. Which columns people see is decided here. Nothing is cut or wrapped: what is
printed is whole, however narrow the terminal.
"""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from usnd.control.rows import Row, second
from usnd.domain.conference.model import Conference
from usnd.domain.dial_in.admission import DialInNumbers, Pin, PinKind
from usnd.domain.directory.model import Subscriber
from usnd.domain.recording.files import Recording
from usnd.domain.subscribers.attributes import ATTRIBUTES, BY_NAME

if TYPE_CHECKING:
    from usnd.store.subscriber_changes import StoredChange

GAP = "  "
_SUBSCRIBER_COLUMNS = (
    "id",
    "number",
    "suspended",
    "language",
    "call_texts",
    "press_one",
    "minutes",
    "name",
)
_JOINERS = "\u200c\u200d"
"""Part of names; no other format character is printed, and of blanks those that only part words."""


def columns(rows: Iterable[Row]) -> str:
    """A table with the keys of the first row as its head; figures stand to the right. `none` without rows."""
    rows = list(rows)
    if not rows:
        return "none"
    lines = [list(rows[0]), *([_shown(value) for value in row.values()] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    right = [type(value) in (int, float) for value in rows[0].values()]
    return "\n".join(
        GAP.join(
            f"{' ' * (width - _width(cell))}{cell}" if figure else f"{cell}{' ' * (width - _width(cell))}"
            for cell, width, figure in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


def json_lines(rows: Iterable[Row]) -> str:
    """One JSON object a line; nothing without rows."""
    return "\n".join(json.dumps(row) for row in rows)


def subscriber_row(subscriber: Subscriber) -> Row:
    """Somebody who is registered, for people: what differs most."""
    whole = subscriber_object(subscriber)
    return {name: whole[name] for name in _SUBSCRIBER_COLUMNS}


def subscriber_object(subscriber: Subscriber) -> Row:
    """All that is set for a subscriber; empty: as the node says."""
    return {
        "id": subscriber.id,
        "number": subscriber.number,
        "suspended": subscriber.suspended,
        **{one.field: _set(getattr(subscriber, one.field)) for one in ATTRIBUTES},
    }


def change_row(stored: "StoredChange") -> Row:
    """One change of a subscriber; `taken`: when a CRM had it, `CRM` if one made it.

    `attributes`: which were changed, as `usnd subscriber show` names them; not known of a former release's.
    """
    made, taken = stored.change, stored.acknowledged_at
    return {
        "change": stored.id,
        "at": second(made.at),
        "number": made.number,
        "what": made.what,
        "attributes": " ".join(BY_NAME[name].field for name in made.attributes if name in BY_NAME),
        "by": made.by,
        "taken": "CRM" if made.by_crm else second(taken) if taken else "",
    }


def _set(value: object) -> object:
    return "" if value is None else value


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


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.1f}" if isinstance(value, float) else seen(str(value))


def seen(text: str) -> str:
    """The text for a terminal: what would control it, or turn the line, is written as its code."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char
        if char.isprintable() or char in _JOINERS or unicodedata.category(char) == "Zs"
        else _escaped(char)
        for char in text
    )


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode()


def _width(cell: str) -> int:
    """How many columns of a terminal it takes: two for East Asian letters, none for marks."""
    if cell.isascii():
        return len(cell)
    return sum(
        0
        if unicodedata.category(char) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in cell
    )


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
