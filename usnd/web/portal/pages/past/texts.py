"""The log of texts: each one sent and got, when, and what became of it; not their words."""

from dataclasses import dataclass

from usnd.control.answers import TextRow
from usnd.control.portal_requests import MyTexts
from usnd.domain.messaging.message import MtState
from usnd.domain.portal.outcomes import Outcome
from usnd.web.portal.behind import Behind
from usnd.web.portal.pages.outcomes import BUSY, STATUS, count_in, ended
from usnd.web.portal.pages.past.asked import link
from usnd.web.portal.reports.times import Times, times_of
from usnd.web.portal.visitor import Answer, Page, Visitor
from usnd.web.portal.words import N_, NN_, Words

_STATES = {
    MtState.QUEUED.value: N_("waits to be sent"),
    MtState.SENT.value: N_("sent"),
    MtState.DELIVERED.value: N_("delivered"),
    MtState.UNDELIVERED.value: N_("not delivered"),
    MtState.REJECTED.value: N_("the network refused it"),
    MtState.EXPIRED.value: N_("the network did not take it in time"),
}
_FROM_YOU, _TO_YOU = N_("From you"), N_("To you")
_TAKEN = N_("received")
_PASSED_ON = NN_(
    "received, and passed on to one person: sent to %(reached)s",
    "received, and passed on to %(count)s people: sent to %(reached)s",
)


@dataclass(frozen=True, slots=True)
class Row:
    """way, became: to be translated."""

    at: str
    way: str
    became: Words | str


def show(behind: Behind, visitor: Visitor) -> Answer:
    """A page of them."""
    assert visitor.subscriber is not None
    times, asked = times_of(visitor.subscriber), visitor.asked
    before = {"sent": count_in(asked, "sent"), "got": count_in(asked, "got")}
    request = MyTexts(
        token=visitor.token, source=visitor.source, before_sent=before["sent"], before_got=before["got"]
    )
    answer = behind.ask(request)
    if answer.outcome is Outcome.SIGNED_OUT:
        return ended()
    if answer.outcome is Outcome.BUSY:
        return Page("trouble.html", {"words": BUSY, "path": "/texts"}, STATUS[Outcome.BUSY])
    rest = dict(zip(("sent", "got"), answer.rest, strict=True)) if answer.rest else {}
    values = {
        "rows": [_row(one, times) for one in answer.texts],
        "zone": times.name,
        "rest": link("/texts", rest) if rest else "",
        "newest": "/texts" if any(before.values()) else "",
        "path": "/texts",
    }
    return Page("texts.html", values)


def _row(one: TextRow, times: Times) -> Row:
    at = times.second(one.at)
    if one.state:
        return Row(at, _TO_YOU, _STATES[one.state])
    single, many = _PASSED_ON
    values = {"count": one.others, "reached": one.reached}
    return Row(at, _FROM_YOU, Words(single, values, many, one.others) if one.others else _TAKEN)
