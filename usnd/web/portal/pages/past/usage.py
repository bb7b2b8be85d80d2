"""What was used: by day, by contact and by conference, each as a chart, a table and a file."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from usnd.store.portal.past_calls import Summed
from usnd.web.portal.behind import Behind
from usnd.web.portal.pages.past.asked import Asked, asked_by, link
from usnd.web.portal.past import MOST_IN_A_FILE, Use
from usnd.web.portal.reports.charts import Bar, Chart, columns, lines
from usnd.web.portal.reports.files import table_file
from usnd.web.portal.reports.times import length
from usnd.web.portal.visitor import Answer, File, Page, Visitor
from usnd.web.portal.words import N_, Words

WITHHELD = N_("withheld number")
_BY_DAY, _BY_CONTACT = N_("Time in calls by day"), N_("Time in calls by contact")
_BY_CONFERENCE = N_("Time in calls by conference")
_MOST = N_("most in one day: %(time)s")
_DAY, _CONTACT, _NUMBER = N_("Day"), N_("Contact"), N_("Number")
_LAUNCHED, _CALLS, _SECONDS = N_("Launched"), N_("Calls"), N_("Seconds")


@dataclass(frozen=True, slots=True)
class Row:
    """label: a day, a contact, a conference's begin. more: what belongs to it: a number, an address."""

    label: str
    more: str
    seconds: int
    calls: int

    @property
    def length(self) -> str:
        """As people read it."""
        return length(self.seconds)


def show(behind: Behind, visitor: Visitor) -> Answer:
    """All three, of the days that are asked for."""
    asked = asked_by(visitor)
    use = behind.past.use(asked.subscriber.id, asked.period)
    days, contacts = _days(use, asked), _contacts(use, visitor)
    held = _conferences(use, asked)
    say = visitor.language.say
    charts: dict[str, Chart | None] = {"days": None, "contacts": None, "conferences": None}
    if days:
        most = say(Words(_MOST, {"time": length(max(row.seconds for row in days))}))
        charts["days"] = columns("days-chart", say(_BY_DAY), _all_days(days, asked), most)
    if contacts:
        charts["contacts"] = lines("contacts-chart", say(_BY_CONTACT), _bars(contacts))
    if held:
        charts["conferences"] = lines("conferences-chart", say(_BY_CONFERENCE), _bars(held))
    values = {
        **asked.shown,
        "by_day": days,
        "by_contact": contacts,
        "by_conference": held,
        "charts": charts,
        "total": length(sum(row.seconds for row in days)),
        "calls": sum(row.calls for row in days),
        "files": {name: link(f"/usage/{name}.csv", asked.days) for name in charts},
        "path": "/usage",
    }
    return Page("usage.html", values)


def days_file(behind: Behind, visitor: Visitor) -> Answer:
    """By day, for a spreadsheet."""
    asked = asked_by(visitor)
    rows = _days(behind.past.use(asked.subscriber.id, asked.period), asked)
    return _file(visitor, "days", (_DAY, _CALLS, _SECONDS), [(r.label, r.calls, r.seconds) for r in rows])


def contacts_file(behind: Behind, visitor: Visitor) -> Answer:
    """By contact."""
    asked = asked_by(visitor)
    rows = _contacts(behind.past.use(asked.subscriber.id, asked.period, MOST_IN_A_FILE), visitor)
    cells = [(row.label, row.more, row.calls, row.seconds) for row in rows]
    return _file(visitor, "contacts", (_CONTACT, _NUMBER, _CALLS, _SECONDS), cells)


def conferences_file(behind: Behind, visitor: Visitor) -> Answer:
    """By conference."""
    asked = asked_by(visitor)
    rows = _conferences(behind.past.use(asked.subscriber.id, asked.period, MOST_IN_A_FILE), asked)
    cells = [(row.label, row.calls, row.seconds) for row in rows]
    return _file(visitor, "conferences", (_LAUNCHED, _CALLS, _SECONDS), cells)


def _file(visitor: Visitor, name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> File:
    asked = asked_by(visitor)
    names = [visitor.language.say(one) for one in head]
    days = f"{asked.days['from']}-to-{asked.days['to']}"
    return table_file(f"usage-by-{name}-{days}", names, rows)


def _days(use: Use, asked: Asked) -> list[Row]:
    """Those with calls, as days of the subscriber's time zone."""
    seconds, calls = defaultdict[str, int](int), defaultdict[str, int](int)
    for one in use.quarters:
        day = asked.times.day(one.key)
        seconds[day] += one.seconds
        calls[day] += one.calls
    return [Row(day, "", seconds[day], calls[day]) for day in sorted(calls)]


def _all_days(days: Sequence[Row], asked: Asked) -> list[Bar]:
    """Also those without calls."""
    known = {row.label: row.seconds for row in days}
    period = asked.period
    all_days = [period.first + timedelta(days=nth) for nth in range((period.last - period.first).days + 1)]
    return [Bar(_written(day), known.get(_written(day), 0)) for day in all_days]


def _written(day: date) -> str:
    return day.isoformat()


def _contacts(use: Use, visitor: Visitor) -> list[Row]:
    def row(one: Summed) -> Row:
        label = use.nicks.get(one.key) or one.key or visitor.language.say(WITHHELD)
        return Row(label, one.key, one.seconds, one.calls)

    return [row(one) for one in use.contacts]


def _conferences(use: Use, asked: Asked) -> list[Row]:
    return [
        Row(asked.times.minute(one.began), f"/history/{one.id}", one.seconds, one.calls)
        for one in use.conferences
    ]


def _bars(rows: Iterable[Row]) -> list[Bar]:
    return [Bar(row.label, row.seconds, row.length) for row in rows]
