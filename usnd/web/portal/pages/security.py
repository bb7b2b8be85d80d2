"""Signing out, here or everywhere."""

from usnd.control.portal_requests import SignOut
from usnd.domain.portal.outcomes import Outcome
from usnd.web.portal.behind import Behind
from usnd.web.portal.pages.outcomes import BUSY, STATUS, ended
from usnd.web.portal.visitor import Answer, Page, Visitor


def show(_behind: Behind, _visitor: Visitor) -> Answer:
    """What can be done."""
    return Page("security.html")


def sign_out(behind: Behind, visitor: Visitor) -> Answer:
    """Ends this session."""
    return _sign_out(behind, visitor, everywhere=False)


def sign_out_everywhere(behind: Behind, visitor: Visitor) -> Answer:
    """Ends all sessions, this one too."""
    return _sign_out(behind, visitor, everywhere=True)


def _sign_out(behind: Behind, visitor: Visitor, *, everywhere: bool) -> Answer:
    answer = behind.ask(SignOut(token=visitor.token, source=visitor.source, everywhere=everywhere))
    if answer.outcome is Outcome.BUSY:
        return Page("security.html", {"trouble": BUSY}, STATUS[Outcome.BUSY])
    return ended()
