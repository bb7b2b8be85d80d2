"""What usnd's outcomes are called on the pages, where several pages say the same."""

from collections.abc import Mapping

from usnd.control.answers import PortalAnswer
from usnd.domain.portal.outcomes import Outcome
from usnd.web.portal.visitor import DEVICE, ENDED, FORM, NUMBER, SESSION, Cookie, Page, Redirect
from usnd.web.portal.words import N_, NN_, Words

_MOST_DIGITS = 15
BUSY = N_("Too many people are asking at this moment. Nothing was done: please try again in a minute.")
OPEN_TOO_LONG = N_(
    "This page had been open for too long, or your browser does not keep the cookies of this portal."
    " Nothing was done: please send it once more."
)
_CLOSED = NN_(
    "There were too many tries. Please wait one minute, then try again.",
    "There were too many tries. Please wait %(minutes)s minutes, then try again.",
)
STATUS = {
    Outcome.WRONG: 422,
    Outcome.PASSWORD_REFUSED: 422,
    Outcome.CLOSED: 429,
    Outcome.SUSPENDED: 403,
    Outcome.BUSY: 503,
    Outcome.NOT_LAUNCHED: 409,
    Outcome.RUNNING: 409,
    Outcome.STALE: 409,
}
"""Of HTTP, with a page that says why nothing was done."""


def wait(answer: PortalAnswer) -> Words:
    """How long to wait until the next try."""
    minutes = -(-answer.wait // 60)
    one, many = _CLOSED
    return Words(one, {"minutes": minutes}, many, minutes)


def missing(words: Words | str, path: str) -> Page:
    """What an address names is not there. path: of the list where the others are."""
    return Page("missing.html", {"words": words, "path": path}, 404)


def count_in(asked: Mapping[str, str], name: str) -> int:
    """A number behind the `?`; whatever is none is 0."""
    value = asked.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS else 0


def told(asked: Mapping[str, str]) -> dict[str, object]:
    """What lists.html says was done last, by what stands behind the `?`."""
    names = ("saved", "deleted", "kept", "undo", "back", "taken", "joined", "left", "parted")
    return {"told": {name: count_in(asked, name) for name in names}, "late": "late" in asked}


def begun(answer: PortalAnswer) -> Redirect:
    """A session has begun: it goes on at its first page."""
    cookies = [Cookie(SESSION, answer.token), Cookie(FORM, ""), Cookie(NUMBER, "")]
    if answer.device:
        cookies.append(Cookie(DEVICE, answer.device))
    return Redirect("/password" if answer.choosing else "/", tuple(cookies))


def ended() -> Redirect:
    """The session is over."""
    return Redirect(ENDED, (Cookie(SESSION, ""),))
