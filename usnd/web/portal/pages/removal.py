"""Deleting, and undoing a deletion: the same for users and groups; instant conferences go for good."""

from typing import Literal

from usnd.control.portal_requests import Remove, UndoRemoval
from usnd.domain.portal.outcomes import Outcome
from usnd.web.portal.behind import Behind
from usnd.web.portal.pages.outcomes import BUSY, STATUS, count_in, ended
from usnd.web.portal.visitor import Answer, Page, Redirect, Visitor
from usnd.web.portal.words import N_

_RUNNING = N_("This conference is running: end it first. Nothing was done.")
PICK = "pick."
"""A box of a list: this and the name of what it is for; its value is the version that the page showed."""


def delete_users(behind: Behind, visitor: Visitor) -> Answer:
    """Those that are ticked."""
    return _delete(behind, visitor, "users")


def delete_groups(behind: Behind, visitor: Visitor) -> Answer:
    """Those that are ticked."""
    return _delete(behind, visitor, "groups")


def delete_conference(behind: Behind, visitor: Visitor) -> Answer:
    """That one, with its PINs, unless it runs."""
    return _delete(behind, visitor, "conferences")


def undo_groups(behind: Behind, visitor: Visitor) -> Answer:
    """Brings back the groups that were deleted last."""
    return _undo(behind, visitor, "groups")


def undo_users(behind: Behind, visitor: Visitor) -> Answer:
    """Brings back the users that were deleted last."""
    return _undo(behind, visitor, "users")


def picked_in(visitor: Visitor) -> dict[str, str]:
    """What is ticked, by name, each with the version that the page showed."""
    return {
        name.removeprefix(PICK): version[:64]
        for name, version in visitor.written.items()
        if name.startswith(PICK) and name != PICK and len(name) <= len(PICK) + 64
    }


def _delete(behind: Behind, visitor: Visitor, what: Literal["users", "groups", "conferences"]) -> Answer:
    asked = Remove(token=visitor.token, source=visitor.source, what=what, picked=picked_in(visitor))
    answer = behind.ask(asked)
    if answer.outcome is Outcome.SIGNED_OUT:
        return ended()
    if answer.outcome is not Outcome.DONE:
        words = _RUNNING if answer.outcome is Outcome.RUNNING else BUSY
        return Page("trouble.html", {"words": words, "path": f"/{what}"}, STATUS[answer.outcome])
    undo = f"&undo={answer.removal}" if answer.removal else ""
    return Redirect(f"/{what}?deleted={len(answer.names)}&kept={len(answer.left_out)}{undo}")


def _undo(behind: Behind, visitor: Visitor, what: Literal["users", "groups"]) -> Answer:
    removal = count_in(visitor.written, "removal")
    if not removal:
        return Redirect(f"/{what}?late=1")
    answer = behind.ask(UndoRemoval(token=visitor.token, source=visitor.source, removal=removal))
    match answer.outcome:
        case Outcome.SIGNED_OUT:
            return ended()
        case Outcome.GONE:
            return Redirect(f"/{what}?late=1")
        case Outcome.DONE:
            if "joined" in visitor.written:
                return Redirect(f"/{what}?parted={len(answer.names)}")
            return Redirect(f"/{what}?back={len(answer.names)}&taken={len(answer.left_out)}")
    return Page("trouble.html", {"words": BUSY, "path": f"/{what}"}, STATUS[Outcome.BUSY])
