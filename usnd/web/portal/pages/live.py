"""The running conference: who is in it, and what can be done there (REQUIREMENTS W2).

What it shows is usnd's own picture of this moment. With script the page moves by itself: web/portal/live.
"""

import re

from usnd.control.answers import PortalAnswer
from usnd.control.portal_requests import LookMine, SteerMine
from usnd.domain.portal.outcomes import Outcome
from usnd.domain.portal.steering import Act
from usnd.web.portal import guard
from usnd.web.portal.behind import Behind
from usnd.web.portal.live.rows import head_of, row_of
from usnd.web.portal.pages.faults import FAULTS, why
from usnd.web.portal.pages.outcomes import BUSY, STATUS, ended
from usnd.web.portal.reports.times import times_of
from usnd.web.portal.visitor import Answer, Page, Redirect, Visitor
from usnd.web.portal.words import N_, Words

_WANTED = re.compile(r"([a-z-]{1,20})(?: ([1-9][0-9]{0,17}))?(?: ([A-Za-z0-9._-]{1,100}))?")
_ACTS = {act.value: act for act in Act}
_MOST_WORDS, _LONGEST_WORD = 100, 64
_MOST_OFFERED = 200
_FAULTS = {
    "over": N_("That conference is not running any more. Nothing was done."),
    "not-in": N_("They are not in the conference any more. Nothing was done."),
    "barred": N_("One of these numbers may not be called. Nobody was called."),
    "full": N_("So many people do not fit into one conference. Nobody was called."),
    "not-possible": N_("That is not possible now. Nothing was done."),
}
_WHOM = N_("Write whom to add: a nick, a group or a number.")
_NOT_KNOWN = N_("The button was not understood. Nothing was done.")
_NOBODY_NEW = N_("All of them are in the conference already, or are being called.")
_DONE = N_("It is done.")


def show(behind: Behind, visitor: Visitor) -> Answer:
    """As it is now."""
    told = _NOBODY_NEW if "nobody" in visitor.asked else _DONE if "done" in visitor.asked else ""
    return _page(behind, visitor, told=told)


def act(behind: Behind, visitor: Visitor) -> Answer:
    """What a button says. `do` is an act, with the conference and the call that it is about."""
    wanted = _WANTED.fullmatch(visitor.written.get("do", ""))
    do = _ACTS.get(wanted[1]) if wanted else None
    if wanted is None or do is None:
        return _page(behind, visitor, trouble=_NOT_KNOWN, status=422)
    words = tuple(visitor.written.get("who", "").replace(",", " ").split()[:_MOST_WORDS])
    if do is Act.ADD and not (words and all(len(word) <= _LONGEST_WORD for word in words)):
        return _page(behind, visitor, trouble=_WHOM, status=422)
    asked = SteerMine(
        token=visitor.token,
        source=visitor.source,
        act=do,
        conference=int(wanted[2]) if wanted[2] else None,
        call=wanted[3] or "",
        words=words if do is Act.ADD else (),
    )
    return _answered(behind, visitor, do, behind.ask(asked))


def _answered(behind: Behind, visitor: Visitor, do: Act, answer: PortalAnswer) -> Answer:
    match answer.outcome:
        case Outcome.DONE:
            nobody = do in (Act.ADD, Act.CALL) and not answer.called
            return Redirect("/live?nobody=1" if nobody else "/live?done=1")
        case Outcome.SIGNED_OUT:
            return ended()
        case Outcome.REFUSED:
            words = (
                why(answer) if answer.fault in FAULTS else _FAULTS.get(answer.fault, _FAULTS["not-possible"])
            )
            return _page(behind, visitor, trouble=words, status=409)
    return _page(behind, visitor, trouble=BUSY, status=STATUS[Outcome.BUSY])


def _page(
    behind: Behind, visitor: Visitor, *, trouble: Words | str = "", told: str = "", status: int = 200
) -> Answer:
    assert visitor.subscriber is not None
    answer = behind.ask(LookMine(token=visitor.token, source=visitor.source))
    if answer.outcome is Outcome.SIGNED_OUT:
        return ended()
    if answer.outcome is Outcome.BUSY:
        trouble, status = trouble or BUSY, STATUS[Outcome.BUSY]
    picture, times = answer.picture, times_of(visitor.subscriber)
    zone = times.zone
    values = {
        "head": None if picture is None else head_of(picture, zone),
        "rows": [] if picture is None else [row_of(picture, nth, zone) for nth in range(len(picture.people))],
        "offered": behind.offered(visitor.subscriber.id, _MOST_OFFERED),
        "who": visitor.written.get("who", "") if trouble else "",
        "channel": guard.channel_of_session(visitor.token),
        "trouble": trouble,
        "told": told,
        "zone": times.name,
        "done": told == _DONE,
    }
    return Page("live.html", values, status)
