"""The settings: what subscribers set themselves, by the table of attributes, and what their operator set."""

from usnd.control.portal_requests import SaveSettings
from usnd.domain.directory.model import Subscriber
from usnd.domain.portal.outcomes import Outcome
from usnd.domain.sms.languages import LANGUAGES
from usnd.domain.subscribers.attributes import ATTRIBUTES, MOST_CALL_BACKS, values_of
from usnd.services.portal.settings import THEIRS, version_of
from usnd.services.subscribers import time_zones
from usnd.web.portal.behind import Behind
from usnd.web.portal.forms import Field, Filled, Form
from usnd.web.portal.pages.outcomes import BUSY, STATUS, ended
from usnd.web.portal.visitor import Answer, Page, Redirect, Visitor
from usnd.web.portal.words import N_, own_names

_OPERATOR = ("", N_("As your operator has it"))
_NAMES = own_names(LANGUAGES)
_CALL_BACKS = tuple((str(count), str(count)) for count in range(MOST_CALL_BACKS + 1))
_FIELDS = {
    "email": Field("email", N_("Mail address"), "email", "email", longest=254, optional=True),
    "language": Field(
        "language",
        N_("Language of these pages, of texts and announcements"),
        hint=N_("What is not translated into it yet is in English."),
        options=tuple(_NAMES.items()),
        is_said=False,
    ),
    "timeZone": Field(
        "timeZone",
        N_("Time zone"),
        hint=N_("Write it as Europe/London. If it is empty, it is that of your operator."),
        suggestions="zones",
        longest=64,
        optional=True,
    ),
    "callBacks": Field(
        "callBacks",
        N_("How often you are called back if you drop out of your conference"),
        options=(_OPERATOR, *_CALL_BACKS),
        optional=True,
    ),
    "pressOne": Field(
        "pressOne",
        N_("Everybody who is called must press 1 to join"),
        hint=N_("So no mailbox comes into your conference."),
        options=(("false", N_("no, unless your operator wants it")), ("true", N_("yes"))),
    ),
    "callTexts": Field(
        "callTexts",
        N_("Everybody who is called gets a text, too"),
        options=(("false", N_("no")), ("true", N_("yes"))),
    ),
}
FORM = Form(tuple(_FIELDS[name] for name in THEIRS))
LABELS = {
    "name": N_("Name"),
    "minutesPerMonth": N_("Minutes of conferences in a month"),
    "participants": N_("People in one conference at most"),
    "awaySeconds": N_("Seconds that the others wait for you"),
}
FAULTS = {
    "email": N_("This is not a mail address. Write one, as ann@example.com."),
    "timeZone": N_("There is no time zone of that name. Write it as Europe/London."),
}
_WRONG = N_("This cannot be chosen. Choose one of the list.")


def show(_behind: Behind, visitor: Visitor) -> Answer:
    """As they are."""
    subscriber = _subscriber(visitor)
    values = values_of(subscriber)
    return _page(visitor, FORM.empty({name: values[name] for name in THEIRS}), saved="saved" in visitor.asked)


def save(behind: Behind, visitor: Visitor) -> Answer:
    """What is written differs from what is stored: that is changed, and nothing else."""
    form, stored = FORM.filled(visitor.written), values_of(_subscriber(visitor))
    was = visitor.written.get("was", "")[:64]
    if form.errors:
        return _page(visitor, form, was=was, status=422)
    values = {name: form[name] for name in THEIRS if name in visitor.written and form[name] != stored[name]}
    if not values:
        return Redirect("/settings?saved=1")
    answer = behind.ask(SaveSettings(token=visitor.token, source=visitor.source, values=values, was=was))
    match answer.outcome:
        case Outcome.DONE:
            return Redirect("/settings?saved=1")
        case Outcome.SIGNED_OUT:
            return ended()
        case Outcome.STALE:
            return _page(visitor, form, stale=True, status=STATUS[Outcome.STALE])
        case Outcome.REFUSED:
            return _page(
                visitor, form.wrong(answer.place, FAULTS.get(answer.place, _WRONG)), was=was, status=422
            )
    return _page(visitor, form.wrong("", BUSY), was=was, status=STATUS[Outcome.BUSY])


def _page(
    visitor: Visitor,
    form: Filled,
    *,
    was: str = "",
    saved: bool = False,
    stale: bool = False,
    status: int = 200,
) -> Page:
    """was: of the form that came; else of what is stored now."""
    subscriber = _subscriber(visitor)
    stored = values_of(subscriber)
    values = {
        "form": form,
        "was": was or version_of(subscriber),
        "saved": saved,
        "stale": stale,
        "set": [(LABELS[one.name], stored[one.name]) for one in ATTRIBUTES if not one.is_theirs],
        "zones": sorted(time_zones()),
        "path": "/settings",
    }
    return Page("settings.html", values, status)


def _subscriber(visitor: Visitor) -> Subscriber:
    assert visitor.subscriber is not None
    return visitor.subscriber
