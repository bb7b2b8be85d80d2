"""The conferences that are over: a list to search, and each one told from its launch to its end."""

from dataclasses import dataclass

from usnd.domain.conference.call import Call, Role
from usnd.domain.conference.model import Conference
from usnd.domain.history.period import Period, day_of
from usnd.domain.history.timeline import Moment, What, came_in, timeline
from usnd.store.portal.past_conferences import Found, Wanted
from usnd.web.portal.behind import Behind
from usnd.web.portal.pages.outcomes import count_in
from usnd.web.portal.pages.past.asked import link
from usnd.web.portal.pages.past.recordings import rows_of
from usnd.web.portal.reports.outcomes import ENDED, LAUNCHED, outcome_in_words
from usnd.web.portal.reports.times import Times, length, times_of
from usnd.web.portal.visitor import Answer, Page, Visitor
from usnd.web.portal.words import N_, Words

_LONGEST_SEARCH = 64
_SHOWN = 4
"""Names in a line of the list."""
_WHAT = {
    What.LAUNCHED: N_("Launched"),
    What.CALLED: N_("Called"),
    What.CALLED_IN: N_("Called in"),
    What.RANG: N_("The phone rang"),
    What.JOINED: N_("Came in"),
    What.LEFT: N_("Left"),
    What.FAILED: N_("Did not come in"),
    What.RECORDING: N_("Recording %(part)s began"),
    What.RECORDING_ENDED: N_("Recording %(part)s ended"),
    What.ENDED: N_("Ended"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A conference in the list. people: called or in; those were in: came_in."""

    id: int
    at: str
    instant: int | None
    names: tuple[str, ...]
    people: int
    came_in: int
    length: str


@dataclass(frozen=True, slots=True)
class Line:
    """Of a timeline. is_own: of the subscriber's own telephone. why: why not, or how; may be empty."""

    at: str
    is_own: bool
    name: str
    number: str
    what: Words | str
    why: str


def show(behind: Behind, visitor: Visitor) -> Answer:
    """A page of them."""
    assert visitor.subscriber is not None
    times, asked = times_of(visitor.subscriber), visitor.asked
    sought = asked.get("q", "").strip()[:_LONGEST_SEARCH]
    first, last = day_of(asked.get("from", "")), day_of(asked.get("to", ""))
    bounds = {}
    if first:
        bounds["since"] = Period(first, first, times.zone).since
    if last:
        bounds["until"] = Period(last, last, times.zone).until
    wanted = Wanted(**bounds, before=count_in(asked, "before"), sought=sought.lower())
    found = behind.past.conferences(visitor.subscriber.id, wanted)
    days = {"from": first.isoformat() if first else "", "to": last.isoformat() if last else ""}
    return Page("history.html", _list(found, times, {"q": sought, **days}, wanted))


def show_one(behind: Behind, visitor: Visitor, conference: int) -> Answer:
    """From its launch to its end."""
    assert visitor.subscriber is not None
    owner = visitor.subscriber.id
    found = behind.past.conference(owner, conference)
    if found is None:
        return Page("gone.html", {"path": "/history"}, 404)
    times = times_of(visitor.subscriber)
    sounds = behind.past.sounds(owner, [(found.id, part.number) for part in found.recording_parts])
    values = {
        "title": times.minute(found.launched_at),
        "zone": times.name,
        "instant": found.instant,
        "launched": LAUNCHED[found.launched_by],
        "ended": ENDED[found.end_reason],
        "length": _length(found),
        "lines": [_line(one, times) for one in timeline(found)],
        "sounds": rows_of(sounds, times),
        "path": "/history",
    }
    return Page("past_conference.html", values)


def _list(found: Found, times: Times, asked: dict[str, str], wanted: Wanted) -> dict[str, object]:
    return {
        "rows": [_row(one, times) for one in found.conferences],
        "asked": asked,
        "zone": times.name,
        "rest": link("/history", {**asked, "before": found.rest}) if found.rest else "",
        "unfinished": found.unfinished,
        "newest": link("/history", asked) if wanted.before else "",
        "everything": not any(asked.values()),
        "path": "/history",
    }


def _row(one: Conference, times: Times) -> Row:
    people = {call.number or call.id: call for call in one.calls if call.role is Role.PARTICIPANT}
    names = tuple(call.name or call.number for call in people.values())
    return Row(
        one.id,
        times.minute(one.launched_at),
        one.instant,
        tuple(name for name in names if name)[:_SHOWN],
        len(people),
        came_in(one),
        _length(one),
    )


def _length(one: Conference) -> str:
    return "" if one.ended_at is None else length((one.ended_at - one.launched_at).total_seconds())


def _line(moment: Moment, times: Times) -> Line:
    call, what = moment.call, _WHAT[moment.what]
    said = what if moment.part is None else Words(what, {"part": moment.part})
    at = times.second(moment.at)
    if call is None:
        return Line(at, is_own=False, name="", number="", what=said, why="")
    own = call.role is Role.SUBSCRIBER
    return Line(at, own, call.name, call.number, said, _why(moment, call, own=own))


def _why(moment: Moment, call: Call, *, own: bool) -> str:
    return outcome_in_words(call.outcome, own=own) if moment.what is What.FAILED else ""
