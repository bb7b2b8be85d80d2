"""The log of calls: each one that is over, with whom, when, how long, what became of it; also as a file."""

from collections.abc import Mapping
from dataclasses import dataclass

from usnd.domain.conference.call import Direction, Role
from usnd.store.portal.past_calls import PastCall
from usnd.web.portal.behind import Behind
from usnd.web.portal.pages.outcomes import count_in
from usnd.web.portal.pages.past.asked import asked_by, link
from usnd.web.portal.pages.past.usage import WITHHELD
from usnd.web.portal.past import MOST_IN_A_FILE, ON_A_PAGE
from usnd.web.portal.reports.files import table_file
from usnd.web.portal.reports.outcomes import outcome_in_words
from usnd.web.portal.reports.times import Times, length
from usnd.web.portal.visitor import Answer, Page, Visitor
from usnd.web.portal.words import N_

_OWN = N_("You")
_WAYS = {Direction.OUT: N_("called"), Direction.IN: N_("called in")}
_HEAD = (N_("Began"), N_("With"), N_("Number"), N_("Direction"), N_("Seconds"), N_("What became of it"))


@dataclass(frozen=True, slots=True)
class Row:
    """One call. name: a nick; where there is none, words. words, way, outcome: to be translated."""

    at: str
    conference: int
    name: str
    words: str
    number: str
    way: str
    seconds: int | None
    outcome: str

    @property
    def length(self) -> str:
        """As people read it; empty: not answered."""
        return length(self.seconds)


def show(behind: Behind, visitor: Visitor) -> Answer:
    """A page of them."""
    asked, before = asked_by(visitor), count_in(visitor.asked, "before")
    found, nicks = behind.past.calls(asked.subscriber.id, asked.period, before)
    shown = found[:ON_A_PAGE]
    rest = shown[-1].sequence if len(found) > ON_A_PAGE else 0
    values = {
        **asked.shown,
        "rows": [_row(one, nicks, asked.times) for one in shown],
        "rest": link("/calls", {**asked.days, "before": rest}) if rest else "",
        "newest": link("/calls", asked.days) if before else "",
        "file": link("/calls.csv", asked.days),
        "path": "/calls",
    }
    return Page("calls.html", values)


def as_file(behind: Behind, visitor: Visitor) -> Answer:
    """The newest of the period, for a spreadsheet."""
    asked, say = asked_by(visitor), visitor.language.say
    found, nicks = behind.past.calls(asked.subscriber.id, asked.period, 0, MOST_IN_A_FILE)
    rows = [_row(one, nicks, asked.times) for one in found]
    cells = [
        (
            row.at,
            row.name or say(row.words),
            row.number,
            say(row.way),
            "" if row.seconds is None else row.seconds,
            say(row.outcome),
        )
        for row in rows
    ]
    days = f"{asked.days['from']}-to-{asked.days['to']}"
    return table_file(f"calls-{days}", [say(one) for one in _HEAD], cells)


def _row(one: PastCall, nicks: Mapping[str, str], times: Times) -> Row:
    own = one.role is Role.SUBSCRIBER
    name = "" if own else nicks.get(one.number, "") or one.number
    return Row(
        times.second(one.start),
        one.conference_id,
        name,
        _OWN if own else WITHHELD,
        one.number,
        _WAYS[one.direction],
        one.seconds,
        outcome_in_words(one.outcome, own=own),
    )
