"""All addresses of the portal: what each is for, who may have it, and who makes it. Nothing else is served.

Tests go through this table: whatever is added here is tried signed out, with a wrong form, and as another.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from usnd.web.portal.pages import (
    conferences,
    forgotten,
    groups,
    home,
    live,
    members,
    removal,
    security,
    sign_in,
    users,
)
from usnd.web.portal.pages.contacts import exports, grouping, imports
from usnd.web.portal.pages.own import help as help_
from usnd.web.portal.pages.own import pins, settings
from usnd.web.portal.pages.past import calls, history, recordings, texts, usage
from usnd.web.portal.visitor import Access, Answer

Handler = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """`path` as bottle writes it; what stands between < and > is given to `do` by name.

    is_momentary: what its form asks for is of this moment alone, and is not kept for later. is_file: it is no
    page. again: the form with what was written, for who sent one before a session that counts no more.
    """

    method: str
    path: str
    access: Access
    do: Handler
    takes_file: bool = False
    is_momentary: bool = False
    is_file: bool = False
    again: Handler | None = None

    @property
    def name(self) -> str:
        """For the journal."""
        return f"{self.method} {self.path}"

    @property
    def keeps(self) -> bool:
        """Whether what its form has is kept through a sign-in: kept_form.py."""
        is_form = self.method == "POST" and self.access is Access.SIGNED_IN
        return is_form and not self.takes_file and not self.is_momentary

    @property
    def carries(self) -> bool:
        """Whether it is on the way through the sign-in: carried.py."""
        return self.again is not None or self.access is Access.CHOOSING


def _form(
    path: str, access: Access, show: Handler, do: Handler, again: Handler | None = None
) -> tuple[Route, Route]:
    return Route("GET", path, access, show, again=again), Route("POST", path, access, do, again=again)


_ANYBODY, _CHOOSING, _SIGNED_IN = Access.ANYBODY, Access.CHOOSING, Access.SIGNED_IN
ROUTES: tuple[Route, ...] = (
    *_form("/sign-in", _ANYBODY, sign_in.show, sign_in.enter, sign_in.show_again),
    *_form("/password", _CHOOSING, sign_in.show_choice, sign_in.choose),
    *_form("/forgotten", _ANYBODY, forgotten.show, forgotten.send, forgotten.show_again),
    *_form("/code", _ANYBODY, forgotten.show_code, forgotten.use, forgotten.show_code_again),
    Route("GET", "/", _SIGNED_IN, home.show),
    Route("GET", "/users", _SIGNED_IN, users.show),
    *_form("/users/new", _SIGNED_IN, users.show_new, users.add),
    *_form("/user/<name>", _SIGNED_IN, users.show_one, users.change),
    Route("POST", "/users/delete", _SIGNED_IN, removal.delete_users),
    Route("POST", "/users/undo", _SIGNED_IN, removal.undo_users),
    Route("POST", "/users/group", _SIGNED_IN, grouping.join),
    Route("GET", "/users/export", _SIGNED_IN, exports.take, is_file=True),
    Route("GET", "/users/import", _SIGNED_IN, imports.show),
    Route("POST", "/users/import", _SIGNED_IN, imports.take, takes_file=True),
    Route("POST", "/users/import/choose", _SIGNED_IN, imports.choose),
    Route("POST", "/users/import/undo", _SIGNED_IN, imports.undo),
    Route("POST", "/users/import/drop", _SIGNED_IN, imports.drop),
    Route("GET", "/groups", _SIGNED_IN, groups.show),
    *_form("/groups/new", _SIGNED_IN, members.show_new_group, members.save_new_group),
    *_form("/group/<name>", _SIGNED_IN, members.show_group, members.save_group),
    Route("POST", "/groups/delete", _SIGNED_IN, removal.delete_groups),
    Route("POST", "/groups/undo", _SIGNED_IN, removal.undo_groups),
    Route("GET", "/conferences/new", _SIGNED_IN, members.show_new_conference),
    *_form(
        "/conferences/<number:instant>/members",
        _SIGNED_IN,
        members.show_conference,
        members.save_conference,
    ),
    Route("POST", "/conferences/delete", _SIGNED_IN, removal.delete_conference),
    Route("GET", "/conferences", _SIGNED_IN, conferences.show),
    Route("POST", "/conferences/<number:instant>/pins", _SIGNED_IN, conferences.show_pins),
    Route("POST", "/conferences/<number:instant>/launch", _SIGNED_IN, conferences.launch),
    Route("GET", "/live", _SIGNED_IN, live.show),
    Route("POST", "/live/act", _SIGNED_IN, live.act, is_momentary=True),
    Route("GET", "/history", _SIGNED_IN, history.show),
    Route("GET", "/history/<conference:count>", _SIGNED_IN, history.show_one),
    Route("GET", "/recordings", _SIGNED_IN, recordings.show),
    Route("GET", "/recordings/<conference:count>/<part:part>", _SIGNED_IN, recordings.listen, is_file=True),
    Route(
        "GET",
        "/recordings/<conference:count>/<part:part>/file",
        _SIGNED_IN,
        recordings.download,
        is_file=True,
    ),
    Route("GET", "/usage", _SIGNED_IN, usage.show),
    Route("GET", "/usage/days.csv", _SIGNED_IN, usage.days_file, is_file=True),
    Route("GET", "/usage/contacts.csv", _SIGNED_IN, usage.contacts_file, is_file=True),
    Route("GET", "/usage/conferences.csv", _SIGNED_IN, usage.conferences_file, is_file=True),
    Route("GET", "/calls", _SIGNED_IN, calls.show),
    Route("GET", "/calls.csv", _SIGNED_IN, calls.as_file, is_file=True),
    Route("GET", "/texts", _SIGNED_IN, texts.show),
    *_form("/conferences/<number:instant>/renew", _SIGNED_IN, pins.show_renewal, pins.renew),
    Route("POST", "/conferences/<number:instant>/share", _SIGNED_IN, pins.share),
    *_form("/settings", _SIGNED_IN, settings.show, settings.save),
    Route("GET", "/help", _SIGNED_IN, help_.show),
    Route("GET", "/help/card", _SIGNED_IN, help_.show_card),
    Route("GET", "/security", _SIGNED_IN, security.show),
    Route("POST", "/sign-out", Access.IN_SESSION, security.sign_out),
    Route("POST", "/sign-out-everywhere", _SIGNED_IN, security.sign_out_everywhere, is_momentary=True),
)

FILTERS = {"count": r"[1-9][0-9]{0,14}", "part": r"[1-9][0-9]{0,5}", "instant": r"[1-9]|[12][0-9]|30"}
"""What stands behind the `:` of a path: numbers of so many digits."""
_NAME = "<name>"
_PLACEHOLDER = re.compile(r"<\w+:?(\w*)>")


def _pattern(path: str) -> re.Pattern[str]:
    fixed = _PLACEHOLDER.split(path)  # by turns: what stands there, and the filter
    turns = [
        f"(?:{FILTERS.get(one, '[^/]+')})" if nth % 2 else re.escape(one) for nth, one in enumerate(fixed)
    ]
    return re.compile("".join(turns))


_PAGES = [
    (_pattern(route.path), _NAME in route.path)
    for route in ROUTES
    if route.method == "GET" and route.access is _SIGNED_IN and not route.is_file
]


def nearest_page(path: str, *, may_name: bool) -> str:
    """The page at that path, or the next one above it: what somebody can be brought to. `/` if there is none.

    may_name: also one whose path has a name in it that a subscriber gave to somebody.
    """
    while path.startswith("/") and path != "/":
        if any(pattern.fullmatch(path) and (may_name or not named) for pattern, named in _PAGES):
            return path
        path = path.rpartition("/")[0]
    return "/"
