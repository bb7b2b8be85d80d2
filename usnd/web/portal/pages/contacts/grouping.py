"""Several users come into a group at once: those that are ticked in the list of users."""

from usnd.control.portal_requests import JoinGroup
from usnd.domain.portal.outcomes import Outcome
from usnd.web.portal.behind import Behind
from usnd.web.portal.pages import users
from usnd.web.portal.pages.faults import why
from usnd.web.portal.pages.outcomes import BUSY, STATUS, ended
from usnd.web.portal.pages.removal import picked_in
from usnd.web.portal.visitor import Answer, Redirect, Visitor
from usnd.web.portal.words import N_

_NOBODY = N_("Tick the users that you mean first. Nothing was done.")
_NO_GROUP = N_("Write the name of the group first. Nothing was done.")


def join(behind: Behind, visitor: Visitor) -> Answer:
    """Puts them in; the group is made if it is not there."""
    picked, group = picked_in(visitor), visitor.written.get("group", "").strip()[:64]
    if not picked or not group:
        return users.show(behind, visitor, _NO_GROUP if picked else _NOBODY, 422)
    asked = JoinGroup(token=visitor.token, source=visitor.source, group=group, picked=picked)
    answer = behind.ask(asked)
    match answer.outcome:
        case Outcome.SIGNED_OUT:
            return ended()
        case Outcome.REFUSED:
            return users.show(behind, visitor, why(answer), 422)
        case Outcome.DONE:
            undo = f"&undo={answer.removal}" if answer.removal else ""
            return Redirect(f"/users?joined={len(answer.names)}&left={len(answer.left_out)}{undo}")
    return users.show(behind, visitor, BUSY, STATUS[Outcome.BUSY])
