"""Signing in, and choosing a password at the first sign-in or after a code."""

from usnd.control.portal_requests import ChoosePassword, SignIn
from usnd.domain.portal.outcomes import Outcome
from usnd.domain.portal.passwords import LONGEST, SHORTEST, PasswordFault
from usnd.web.portal.behind import Behind
from usnd.web.portal.carried import HOME, Carried, carried_in
from usnd.web.portal.forms import Field, Filled, Form
from usnd.web.portal.pages.outcomes import BUSY, OPEN_TOO_LONG, STATUS, begun, ended, wait
from usnd.web.portal.visitor import Access, Answer, Page, Redirect, Visitor
from usnd.web.portal.words import N_, Words

NUMBER = Field(
    "number",
    N_("Your telephone number"),
    kind="tel",
    autocomplete="username",
    hint=N_("As you dial it, or with + and the code of the country."),
    empty=N_("Write your telephone number."),
)
SIGN_IN = Form(
    (
        NUMBER,
        Field(
            "password",
            N_("Password"),
            kind="password",
            autocomplete="current-password",
            longest=LONGEST,
            empty=N_("Write your password."),
        ),
    )
)
CHOICE = Form(
    (
        Field(
            "password",
            N_("New password"),
            kind="password",
            autocomplete="new-password",
            hint=N_("At least 10 characters. Several words are easy to keep in mind."),
            longest=LONGEST,
            empty=N_("Write a password."),
        ),
        Field(
            "again",
            N_("The same once more"),
            kind="password",
            autocomplete="new-password",
            longest=LONGEST,
            empty=N_("Write the password once more."),
        ),
    )
)
_WRONG = N_("Number and password do not belong together. Look whether both are as you were given them.")
_SUSPENDED = N_("Your service is suspended. Please contact customer care.")
_DIFFERENT = N_("This is not the same as above.")
_FAULTS: dict[str, Words | str] = {
    PasswordFault.SHORT.value: Words(N_("Choose at least %(least)s characters."), {"least": SHORTEST}),
    PasswordFault.LONG.value: Words(N_("Choose at most %(most)s characters."), {"most": LONGEST}),
    PasswordFault.NUMBER.value: N_("Your telephone number is no password: others know it."),
    PasswordFault.FIRST.value: N_("This is your first password. Choose another one, that you alone know."),
    PasswordFault.COMMON.value: N_("Many people use this password, so it is easily guessed. Choose another."),
}


def show(_behind: Behind, visitor: Visitor) -> Answer:
    """The form, unless somebody is signed in already."""
    if visitor.access is not Access.ANYBODY:
        return Redirect("/password" if visitor.choosing else HOME)
    return _form(SIGN_IN.empty(), carried_in(visitor), signed_out="signed-out" in visitor.asked)


def show_with(carried: Carried) -> Page:
    """The form for who was signed out before they sent another one, which is kept there."""
    return _form(SIGN_IN.empty(), carried)


def show_again(_behind: Behind, visitor: Visitor) -> Answer:
    """The form with what was written, for who sent one that counts no more."""
    form = SIGN_IN.empty({"number": visitor.written.get("number", "")})
    return _form(form.wrong("", OPEN_TOO_LONG), carried_in(visitor), 403)


def enter(behind: Behind, visitor: Visitor) -> Answer:
    """Signs in."""
    form, carried = SIGN_IN.filled(visitor.written), carried_in(visitor)
    if "number" not in visitor.written:
        return _form(SIGN_IN.empty(), carried)
    if form.errors:
        return _form(form, carried, 422)
    asked = SignIn(
        number=form["number"], password=form["password"], device=visitor.device, source=visitor.source
    )
    answer = behind.ask(asked)
    match answer.outcome:
        case Outcome.DONE:
            return begun(answer)
        case Outcome.CLOSED:
            return _form(form.wrong("", wait(answer)), carried, STATUS[Outcome.CLOSED])
        case Outcome.SUSPENDED:
            return _form(form.wrong("", _SUSPENDED), carried, STATUS[Outcome.SUSPENDED])
        case Outcome.WRONG:
            return _form(form.wrong("number", _WRONG), carried, STATUS[Outcome.WRONG])
    return _form(form.wrong("", BUSY), carried, STATUS[Outcome.BUSY])


def show_choice(_behind: Behind, visitor: Visitor) -> Answer:
    """The form for a new password."""
    return _choice(CHOICE.empty(), visitor, carried_in(visitor))


def show_choice_with(visitor: Visitor, carried: Carried) -> Page:
    """The same for who is to choose one before they can send what is kept."""
    return _choice(CHOICE.empty(), visitor, carried)


def choose(behind: Behind, visitor: Visitor) -> Answer:
    """The password counts from now on, and the session goes on under another token."""
    form, carried = CHOICE.filled(visitor.written), carried_in(visitor)
    if "password" not in visitor.written:
        return _choice(CHOICE.empty(), visitor, carried)
    if not form.errors and form["password"] != form["again"]:
        form = form.wrong("again", _DIFFERENT)
    if form.errors:
        return _choice(form, visitor, carried, 422)
    answer = behind.ask(ChoosePassword(token=visitor.token, password=form["password"], source=visitor.source))
    match answer.outcome:
        case Outcome.DONE:
            return begun(answer)
        case Outcome.SIGNED_OUT:
            return ended()
        case Outcome.PASSWORD_REFUSED:
            wrong = form.wrong("password", _FAULTS[answer.fault])
            return _choice(wrong, visitor, carried, STATUS[Outcome.PASSWORD_REFUSED])
    return _choice(form.wrong("", BUSY), visitor, carried, STATUS[Outcome.BUSY])


def _form(form: Filled, carried: Carried, status: int = 200, *, signed_out: bool = False) -> Page:
    return Page("sign_in.html", {"form": form, "signed_out": signed_out, "carried": carried}, status)


def _choice(form: Filled, visitor: Visitor, carried: Carried, status: int = 200) -> Page:
    number = "" if visitor.subscriber is None else visitor.subscriber.number
    values = {"form": form, "number": number, "carried": carried, "inside": True}
    return Page("password.html", values, status)
