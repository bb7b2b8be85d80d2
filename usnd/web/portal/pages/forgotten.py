"""A forgotten password, or none yet: a code is sent as SMS, and leads to choosing one."""

from usnd.control.portal_requests import SendCode, UseCode
from usnd.domain.portal.outcomes import Outcome
from usnd.web.portal.behind import Behind
from usnd.web.portal.forms import Field, Filled, Form
from usnd.web.portal.pages.outcomes import BUSY, STATUS, begun, wait
from usnd.web.portal.pages.sign_in import NUMBER
from usnd.web.portal.visitor import NUMBER as NUMBER_COOKIE
from usnd.web.portal.visitor import Answer, Cookie, Page, Redirect, Visitor
from usnd.web.portal.words import N_

ASKING = Form((NUMBER,))
CODE = Form(
    (
        NUMBER,
        Field(
            "code",
            N_("The code from the SMS"),
            autocomplete="one-time-code",
            inputmode="numeric",
            hint=N_("Six digits."),
            longest=16,
            empty=N_("Write the code from the SMS."),
        ),
    )
)
_WRONG = N_("This is not the code that was sent to this number last, or it is older than 10 minutes.")


def show(_behind: Behind, _visitor: Visitor) -> Answer:
    """Asks for the number."""
    return _asking(ASKING.empty())


def send(behind: Behind, visitor: Visitor) -> Answer:
    """Sends a code; what follows is the same for all numbers."""
    form = ASKING.filled(visitor.written)
    if form.errors:
        return _asking(form, 422)
    answer = behind.ask(SendCode(number=form["number"], source=visitor.source))
    if answer.outcome is not Outcome.DONE:
        return _asking(form.wrong("", BUSY), STATUS[Outcome.BUSY])
    return Redirect("/code", (Cookie(NUMBER_COOKIE, form["number"]),))


def show_code(_behind: Behind, visitor: Visitor) -> Answer:
    """Asks for the code."""
    return _code(CODE.empty({"number": visitor.number}))


def use(behind: Behind, visitor: Visitor) -> Answer:
    """The code leads to a password."""
    form = CODE.filled(visitor.written)
    if form.errors:
        return _code(form, 422)
    asked = UseCode(number=form["number"], code=form["code"], device=visitor.device, source=visitor.source)
    answer = behind.ask(asked)
    match answer.outcome:
        case Outcome.DONE:
            return begun(answer)
        case Outcome.CLOSED:
            return _code(form.wrong("", wait(answer)), STATUS[Outcome.CLOSED])
        case Outcome.WRONG:
            return _code(form.wrong("code", _WRONG), STATUS[Outcome.WRONG])
    return _code(form.wrong("", BUSY), STATUS[Outcome.BUSY])


def _asking(form: Filled, status: int = 200) -> Page:
    return Page("forgotten.html", {"form": form}, status)


def _code(form: Filled, status: int = 200) -> Page:
    return Page("code.html", {"form": form}, status)
