"""The users: a list to search and sort, a form to add or change one."""

from urllib.parse import urlencode

from usnd.control.portal_requests import SaveUser
from usnd.domain.directory.model import User, UserOrder
from usnd.domain.directory.versions import version_of_user
from usnd.domain.portal.outcomes import Outcome
from usnd.web.portal.behind import ON_A_PAGE, Behind
from usnd.web.portal.forms import Field, Filled, Form
from usnd.web.portal.pages.faults import why
from usnd.web.portal.pages.outcomes import BUSY, STATUS, count_in, ended, told
from usnd.web.portal.visitor import Answer, Page, Redirect, Visitor
from usnd.web.portal.words import N_, Words

_NICK = Field(
    "nick",
    N_("Nick"),
    hint=N_("The short name by which you call them, also in texts. It begins with a letter."),
    longest=20,
    empty=N_("Write a nick."),
)
_REST = (
    Field(
        "phone", N_("Telephone number"), kind="tel", inputmode="tel", empty=N_("Write a telephone number.")
    ),
    Field("first", N_("First name"), longest=40, optional=True),
    Field("last", N_("Last name"), longest=40, optional=True),
)
NEW, KNOWN = Form((_NICK, *_REST)), Form(_REST)
_GONE = N_("%(nick)s is not among your users any more. Nothing was changed.")
_LONGEST_SEARCH = 64
_MOST_PAGES = 100_000


def show(behind: Behind, visitor: Visitor, trouble: Words | str = "", status: int = 200) -> Answer:
    """A page of them; with what went wrong with those that were ticked."""
    return _list(behind, visitor, trouble, status)


def show_new(_behind: Behind, _visitor: Visitor) -> Answer:
    """An empty form."""
    return _form(NEW.empty())


def add(behind: Behind, visitor: Visitor) -> Answer:
    """One more."""
    return _save(behind, visitor, NEW.filled(visitor.written), "")


def show_one(behind: Behind, visitor: Visitor, name: str) -> Answer:
    """The form with what is stored."""
    user = _stored(behind, visitor, name)
    return _gone(behind, visitor, name) if user is None else _form(_filled(user), user=user)


def change(behind: Behind, visitor: Visitor, name: str) -> Answer:
    """That one, unless it was changed meanwhile."""
    return _save(behind, visitor, KNOWN.filled(visitor.written), name)


def _save(behind: Behind, visitor: Visitor, form: Filled, name: str) -> Answer:
    """name: of the user that is changed; empty: a new one."""
    user = _stored(behind, visitor, name) if name else None
    if name and user is None:
        return _gone(behind, visitor, name)
    was = visitor.written.get("was", "")[:64]
    if form.errors:
        return _form(form, user=user, was=was, status=422)
    asked = SaveUser(
        token=visitor.token,
        source=visitor.source,
        nick=name or form["nick"],
        phone=form["phone"],
        first=form["first"],
        last=form["last"],
        was=was or "none" if name else "",
    )
    answer = behind.ask(asked)
    match answer.outcome:
        case Outcome.DONE:
            return Redirect(f"/users?{urlencode({'saved': 1, 'q': asked.nick})}")
        case Outcome.SIGNED_OUT:
            return ended()
        case Outcome.GONE:
            return _gone(behind, visitor, name)
        case Outcome.STALE:
            return _form(form, user=_stored(behind, visitor, name), stale=True, status=STATUS[Outcome.STALE])
        case Outcome.REFUSED:
            return _form(form.wrong(answer.place, why(answer)), user=user, was=was, status=422)
    return _form(form.wrong("", BUSY), user=user, was=was, status=STATUS[Outcome.BUSY])


def _form(
    form: Filled, *, user: User | None = None, was: str = "", stale: bool = False, status: int = 200
) -> Page:
    """was: of the form that came; else of what is stored now."""
    values = {
        "form": form,
        "user": user,
        "stale": stale,
        "was": was or version_of_user(user),
        "path": "/users",
    }
    return Page("user.html", values, status)


def _filled(user: User) -> Filled:
    return KNOWN.empty({"phone": user.number, "first": user.first, "last": user.last})


def _stored(behind: Behind, visitor: Visitor, name: str) -> User | None:
    assert visitor.subscriber is not None
    return behind.user(visitor.subscriber.id, name)


def _gone(behind: Behind, visitor: Visitor, name: str) -> Answer:
    return _list(behind, visitor, Words(_GONE, {"nick": name}), 404)


def _list(behind: Behind, visitor: Visitor, trouble: Words | str = "", status: int = 200) -> Page:
    assert visitor.subscriber is not None
    asked = visitor.asked
    sought = asked.get("q", "").strip()[:_LONGEST_SEARCH]
    sort = asked.get("sort", "")
    order = UserOrder(sort) if sort in {one.value for one in UserOrder} else UserOrder.NICK
    listed = behind.users(visitor.subscriber.id, sought, order, min(count_in(asked, "page"), _MOST_PAGES))
    page = listed.first // ON_A_PAGE
    values = {
        "rows": [(user, version_of_user(user)) for user in listed.users],
        "count": listed.count,
        "sought": sought,
        "order": order.value,
        "sorted_by": {one.value: _link(sought, one, 0) for one in UserOrder},
        "before": _link(sought, order, page - 1) if page else "",
        "behind": _link(sought, order, page + 1) if listed.first + ON_A_PAGE < listed.count else "",
        "first": listed.first + 1,
        "last": listed.first + len(listed.users),
        **told(asked),
        "groups": behind.group_names(visitor.subscriber.id),
        "trouble": trouble,
        "path": "/users",
    }
    return Page("users.html", values, status)


def _link(sought: str, order: UserOrder, page: int) -> str:
    wanted = {"q": sought, "sort": order.value if order is not UserOrder.NICK else "", "page": page}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"/users?{query}" if query else "/users"
