"""A forgotten password, or none yet: a code is sent as SMS, and leads to choosing one."""

from dataclasses import replace

from usnd.control.portal_requests import SendCode, UseCode
from usnd.domain.portal.outcomes import Outcome
from usnd.web.portal.behind import Behind
from usnd.web.portal.carried import Carried, carried_in
from usnd.web.portal.forms import Field, Filled, Form
from usnd.web.portal.pages.outcomes import BUSY, OPEN_TOO_LONG, STATUS, begun, wait
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


def show(_behind: Behind, visitor: Visitor) -> Answer:
    """Asks for the number."""
    return _asking(ASKING.empty(), carried_in(visitor))


def show_again(_behind: Behind, visitor: Visitor) -> Answer:
    """The form with what was written, for who sent one that counts no more."""
    form = ASKING.empty({"number": visitor.written.get("number", "")})
    return _asking(form.wrong("", OPEN_TOO_LONG), carried_in(visitor), 403)


def send(behind: Behind, visitor: Visitor) -> Answer:
    """Sends a code; what follows is the same for all numbers."""
    form, carried = ASKING.filled(visitor.written), carried_in(visitor)
    if "number" not in visitor.written:
        return _asking(ASKING.empty(), carried)
    if form.errors:
        return _asking(form, carried, 422)
    answer = behind.ask(SendCode(number=form["number"], source=visitor.source))
    if answer.outcome is not Outcome.DONE:
        return _asking(form.wrong("", BUSY), carried, STATUS[Outcome.BUSY])
    cookies = (Cookie(NUMBER_COOKIE, form["number"]),)
    if carried.kept is not None:  # it fits into no address
        return replace(_code(CODE.empty({"number": form["number"]}), carried), cookies=cookies)
    return Redirect(f"/code{carried.query}", cookies)


def show_code(_behind: Behind, visitor: Visitor) -> Answer:
    """Asks for the code."""
    return _code(CODE.empty({"number": visitor.number}), carried_in(visitor))


def show_code_again(_behind: Behind, visitor: Visitor) -> Answer:
    """The form with what was written, for who sent one that counts no more."""
    form = CODE.empty({name: visitor.written.get(name, "") for name in ("number", "code")})
    return _code(form.wrong("", OPEN_TOO_LONG), carried_in(visitor), 403)


def use(behind: Behind, visitor: Visitor) -> Answer:
    """The code leads to a password."""
    form, carried = CODE.filled(visitor.written), carried_in(visitor)
    if "code" not in visitor.written:
        return _code(CODE.empty({"number": visitor.number}), carried)
    if form.errors:
        return _code(form, carried, 422)
    asked = UseCode(number=form["number"], code=form["code"], device=visitor.device, source=visitor.source)
    answer = behind.ask(asked)
    match answer.outcome:
        case Outcome.DONE:
            return begun(answer)
        case Outcome.CLOSED:
            return _code(form.wrong("", wait(answer)), carried, STATUS[Outcome.CLOSED])
        case Outcome.WRONG:
            return _code(form.wrong("code", _WRONG), carried, STATUS[Outcome.WRONG])
    return _code(form.wrong("", BUSY), carried, STATUS[Outcome.BUSY])


def _asking(form: Filled, carried: Carried, status: int = 200) -> Page:
    return Page("forgotten.html", {"form": form, "carried": carried}, status)


def _code(form: Filled, carried: Carried, status: int = 200) -> Page:
    return Page("code.html", {"form": form, "carried": carried}, status)
