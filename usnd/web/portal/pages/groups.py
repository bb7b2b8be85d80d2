"""The groups of a subscriber, with their first members. What is in one: members.py."""

from usnd.domain.directory.model import spelled
from usnd.domain.directory.versions import version_of_members
from usnd.web.portal.behind import ON_A_PAGE, Behind
from usnd.web.portal.pages.outcomes import count_in, told
from usnd.web.portal.visitor import Answer, Page, Visitor

_SHOWN = 8


def show(behind: Behind, visitor: Visitor) -> Answer:
    """A page of them."""
    assert visitor.subscriber is not None
    listed = behind.groups(visitor.subscriber.id, count_in(visitor.asked, "page"))
    page, last = listed.first // ON_A_PAGE, listed.first + len(listed.groups)
    values = {
        "rows": [
            (
                group.name,
                version_of_members(group.members),
                len(group.members),
                tuple(map(spelled, group.members[:_SHOWN])),
            )
            for group in listed.groups
        ],
        "first": listed.first + 1,
        "last": last,
        "count": listed.count,
        "before": f"/groups?page={page - 1}" if page else "",
        "behind": f"/groups?page={page + 1}" if last < listed.count else "",
        **told(visitor.asked),
    }
    return Page("groups.html", values)
