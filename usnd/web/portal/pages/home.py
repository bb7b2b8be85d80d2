"""The home page: where everything is, links on the left and icons on the right; and the minutes left."""

from usnd.control.portal_requests import LookMine
from usnd.web.clock import utc_now
from usnd.web.control_line import NoResult
from usnd.web.places import NoPlace
from usnd.web.portal.behind import Behind
from usnd.web.portal.visitor import Answer, Page, Visitor


def show(behind: Behind, visitor: Visitor) -> Answer:
    """What navigation.py says, whether a conference of theirs is running, and the minutes that are left."""
    assert visitor.subscriber is not None
    left = behind.past.minutes_left(visitor.subscriber, utc_now())
    values = {"running": _is_running(behind, visitor), "left": left, "minutes": visitor.subscriber.minutes}
    return Page("home.html", values)


def _is_running(behind: Behind, visitor: Visitor) -> bool:
    """False also where usnd does not answer: the page has enough without."""
    try:
        picture = behind.ask(LookMine(token=visitor.token, source=visitor.source)).picture
    except (NoResult, NoPlace):
        return False
    return picture is not None and not picture.over
