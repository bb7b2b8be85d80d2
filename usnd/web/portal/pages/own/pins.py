"""The PINs of an instant conference: new ones, and the User PIN as SMS to those who are to come in."""

from usnd.control.portal_requests import RenewPins, SharePin
from usnd.domain.portal.outcomes import Outcome
from usnd.web.portal.behind import Behind
from usnd.web.portal.pages.conferences import show_list
from usnd.web.portal.pages.faults import why
from usnd.web.portal.pages.outcomes import BUSY, STATUS, ended, missing, wait
from usnd.web.portal.visitor import Answer, Page, Redirect, Visitor
from usnd.web.portal.words import N_, Words

_GONE = N_("There is no such conference any more. Nothing was done.")
_NOBODY_TO_TELL = N_(
    "Nothing was sent: there is no conference %(number)s, nobody else is in it, or it has no PIN."
)


def show_renewal(behind: Behind, visitor: Visitor, number: int) -> Answer:
    """Asks whether it is meant."""
    assert visitor.subscriber is not None
    owner = visitor.subscriber.id
    if str(number) not in {one.name for one in behind.conferences(owner)}:
        return missing(_GONE, "/conferences")
    return Page("renew_pins.html", {"number": number, "path": "/conferences"})


def renew(behind: Behind, visitor: Visitor, number: int) -> Answer:
    """New ones; they are shown when asked for, as before."""
    answer = behind.ask(RenewPins(token=visitor.token, source=visitor.source, number=number))
    match answer.outcome:
        case Outcome.DONE:
            return Redirect(f"/conferences?renewed={number}")
        case Outcome.SIGNED_OUT:
            return ended()
        case Outcome.GONE:
            return missing(_GONE, "/conferences")
    return show_list(behind, visitor, trouble=BUSY, status=STATUS[Outcome.BUSY])


def share(behind: Behind, visitor: Visitor, number: int) -> Answer:
    """The User PIN goes to one nick or number, or to all who are in the conference."""
    to = "" if "all" in visitor.written else visitor.written.get("to", "").strip()[:64]
    if not to and "all" not in visitor.written:
        return show_list(behind, visitor, trouble=N_("Write a nick or a telephone number first."), status=422)
    answer = behind.ask(SharePin(token=visitor.token, source=visitor.source, number=number, to=to))
    match answer.outcome:
        case Outcome.DONE:
            return Redirect(f"/conferences?sent={answer.called}")
        case Outcome.SIGNED_OUT:
            return ended()
        case Outcome.GONE:
            trouble: Words | str = Words(_NOBODY_TO_TELL, {"number": number})
            return show_list(behind, visitor, trouble=trouble, status=404)
        case Outcome.REFUSED:
            return show_list(behind, visitor, trouble=why(answer), status=422)
        case Outcome.CLOSED:
            return show_list(behind, visitor, trouble=wait(answer), status=STATUS[Outcome.CLOSED])
    return show_list(behind, visitor, trouble=BUSY, status=STATUS[Outcome.BUSY])
