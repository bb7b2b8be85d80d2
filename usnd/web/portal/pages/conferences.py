"""The instant conferences: who is in each, its number and PINs, and launching it."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from usnd.control.answers import PortalAnswer, WayRow
from usnd.control.portal_requests import LaunchMine, WaysIn
from usnd.domain.directory.model import spelled
from usnd.domain.portal.outcomes import Outcome
from usnd.store.portal.member_lists import List
from usnd.web.portal.behind import Behind
from usnd.web.portal.pages.outcomes import BUSY, STATUS, count_in, ended, missing, told
from usnd.web.portal.visitor import Answer, Page, Redirect, Visitor
from usnd.web.portal.words import N_, Words

_PRESS_OCTETS = 16
_LONGEST_PRESS = 64
_NO_WAY = WayRow(0, "", "", "")
_NOT_LAUNCHED = N_("Conference %(number)s could not be launched. Please try again.")
_NONE = N_("There is no conference %(number)s.")
_RUNNING = N_("Your conference is still running.")
_CALLED = N_("Your conference is still running: you are being called into it.")


@dataclass(frozen=True, slots=True)
class Row:
    """One of them, as the page shows it. press: by which a second press of the same button is known."""

    number: int
    count: int
    members: tuple[str, ...]
    way: WayRow
    press: str


def show(behind: Behind, visitor: Visitor) -> Answer:
    """All of them, without PINs."""
    return show_list(behind, visitor, launched=count_in(visitor.asked, "launched") or None)


def show_pins(behind: Behind, visitor: Visitor, number: int) -> Answer:
    """All of them, with the PINs of that one."""
    return show_list(behind, visitor, pins_of=number)


def launch(behind: Behind, visitor: Visitor, number: int) -> Answer:
    """Launches it; a second press of the same button launches nothing more."""
    press = visitor.written.get("press", "")
    asked = LaunchMine(
        token=visitor.token,
        source=visitor.source,
        number=number,
        request=press if press.isalnum() and len(press) <= _LONGEST_PRESS else "",
    )
    answer = behind.ask(asked)
    if answer.outcome is Outcome.DONE:
        return Redirect(f"/conferences?launched={number}")
    if answer.outcome is Outcome.SIGNED_OUT:
        return ended()
    return show_list(behind, visitor, trouble=_why(answer, number), status=STATUS[answer.outcome])


def _why(answer: PortalAnswer, number: int) -> Words | str:
    """What the subscriber reads would have been sent as SMS, in their language."""
    match answer.outcome:
        case Outcome.RUNNING:
            return _CALLED if answer.called else _RUNNING
        case Outcome.BUSY:
            return BUSY
    return answer.said or Words(_NOT_LAUNCHED, {"number": number})


def show_list(
    behind: Behind,
    visitor: Visitor,
    *,
    pins_of: int | None = None,
    launched: int | None = None,
    trouble: Words | str = "",
    status: int = 200,
) -> Answer:
    """All of them, with what went wrong. launched: the number of one that was just now."""
    assert visitor.subscriber is not None
    ways = behind.ask(WaysIn(token=visitor.token, source=visitor.source, pins_of=pins_of))
    if ways.outcome is Outcome.SIGNED_OUT:
        return ended()
    if ways.outcome is Outcome.BUSY:
        trouble, status = trouble or BUSY, STATUS[Outcome.BUSY]
    stored = behind.conferences(visitor.subscriber.id)
    if pins_of is not None and str(pins_of) not in {one.name for one in stored}:
        return missing(Words(_NONE, {"number": pins_of}), "/conferences")
    people = behind.people(visitor.subscriber.id)
    values = {
        "rows": _rows(stored, people, {way.number: way for way in ways.ways}),
        "common": ways.common,
        "launched": launched if str(launched) in {one.name for one in stored} else None,
        "renewed": count_in(visitor.asked, "renewed"),
        "sent": count_in(visitor.asked, "sent"),
        "trouble": trouble,
        **told(visitor.asked),
    }
    return Page("conferences.html", values, status)


def _rows(stored: Sequence[List], people: Mapping[int, int], ways: Mapping[int, WayRow]) -> list[Row]:
    return [
        Row(
            number,
            people.get(number, 0),
            tuple(map(spelled, one.members)),
            ways.get(number, _NO_WAY),
            secrets.token_hex(_PRESS_OCTETS),
        )
        for number, one in ((int(one.name), one) for one in stored)
    ]
