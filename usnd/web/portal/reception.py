"""Makes a Visitor of a request: what the browser kept, where it comes from, whose session it is.

site.py asks for each request, first without the database, so that there is a language to say in that it is
away.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from usnd.domain.contacts.contact import LONGEST_FILE
from usnd.domain.portal.sessions import SessionState, is_to_be_seen, state_of
from usnd.web.clock import utc_now
from usnd.web.portal import guard
from usnd.web.portal.behind import Behind
from usnd.web.portal.routes import Route
from usnd.web.portal.visitor import DEVICE, FORM, NUMBER, SESSION, Access, Cookie, Visitor, unquoted
from usnd.web.portal.words import Language, Languages

LONGEST_FORM = 8192
"""Octets of what a page sends."""
LONGEST_WITH_KEPT = 2 * LONGEST_FORM
"""The same of a page on the way through the sign-in, which may have another form in it."""
LONGEST_UPLOAD = LONGEST_FILE + LONGEST_FORM
"""The same with a file."""
FILE = "file"
"""The field of a form that a file is in."""
_REMOTE = "HTTP_X_USN_REMOTE"
"""Where nginx saw the request come from; it overwrites what the browser sends."""
_LONGEST_ADDRESS = 64
_MOST_FIELDS = 300
_MOST_BESIDE_KEPT = 20
"""Fields of a page that has another form in it."""
_FORM, _WITH_FILE = "application/x-www-form-urlencoded", "multipart/form-data"
_BOUNDARY = re.compile(r'boundary="?([^";]{1,70})')
_PART_NAME = re.compile(rb';\s*name="([^"]*)"')
_OPEN = frozenset({SessionState.OPEN, SessionState.CHOOSING})

Environ = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a request says of who asks, for those whom no page answers. wished: languages."""

    token: str = field(repr=False)
    wished: str
    source: str


def kept_by(headers: Mapping[str, str]) -> Kept:
    """headers: by their names in small letters."""
    return Kept(
        unquoted(_cookies(headers.get("cookie", "")).get(SESSION)),
        headers.get("accept-language", ""),
        headers.get("x-usn-remote", "")[:_LONGEST_ADDRESS],
    )


class Reception:
    """For any number of threads."""

    def __init__(self, behind: Behind, languages: Languages) -> None:
        self._behind = behind
        self._languages = languages
        self._form_cookies = guard.FormCookies()

    def language(self, environ: Environ) -> Language:
        """What the browser wishes."""
        return self._languages.of(environ.get("HTTP_ACCEPT_LANGUAGE", ""))

    def stranger(self, environ: Environ, route: Route) -> tuple[Visitor, tuple[Cookie, ...]]:
        """What is known without asking anybody, and the cookies that forms of that route need."""
        kept = _cookies(environ.get("HTTP_COOKIE", ""))
        token = unquoted(kept.get(SESSION))
        form_token, new = guard.token_of_session(token), tuple[Cookie, ...]()
        if route.access is Access.ANYBODY:
            form_token, new = self._before_session(unquoted(kept.get(FORM)))
        written, file = _sent(environ, route)
        visitor = Visitor(
            source=environ.get(_REMOTE, "")[:_LONGEST_ADDRESS],
            language=self.language(environ),
            form_token=form_token,
            token=token,
            device=unquoted(kept.get(DEVICE)),
            number=unquoted(kept.get(NUMBER)),
            written=written,
            file=file,
            asked=_fields(environ.get("QUERY_STRING", "")),
        )
        return visitor, new

    def outside(self, environ: Environ, visitor: Visitor) -> tuple[Visitor, tuple[Cookie, ...]]:
        """The same as who is to sign in, and the cookies that they need for it."""
        kept = _cookies(environ.get("HTTP_COOKIE", ""))
        form_token, new = self._before_session(unquoted(kept.get(FORM)))
        return replace(visitor, subscriber=None, choosing=False, form_token=form_token), new

    def begun(self, visitor: Visitor, token: str) -> Visitor:
        """Who has signed in, by the new token. Raises StoreAway."""
        return self.known(replace(visitor, token=token, form_token=guard.token_of_session(token)))

    def _before_session(self, cookie: str) -> tuple[str, tuple[Cookie, ...]]:
        """The token of forms before a session, and their cookie, if it is a new one."""
        now = time.time()
        if self._form_cookies.holds(cookie, now):
            return self._form_cookies.token(cookie), ()
        fresh = self._form_cookies.fresh(now)
        return self._form_cookies.token(fresh), (Cookie(FORM, fresh),)

    def known(self, visitor: Visitor) -> Visitor:
        """With their session, if there is one that is good for something. Raises StoreAway.

        What is sent asks the database in any case: usnd would wait for it to come back, and people do not.
        """
        found = self._behind.session(visitor.token) if visitor.token or visitor.written else None
        if found is None:
            return visitor
        session, subscriber = found
        now = utc_now()
        state = state_of(session, now, suspended=subscriber.suspended)
        if state not in _OPEN:
            return replace(visitor, former=str(subscriber.id))
        if is_to_be_seen(session, now):
            self._behind.is_there(visitor.token, visitor.source)
        language = self._languages.of(visitor.language.code, subscriber.language)
        choosing = state is SessionState.CHOOSING
        return replace(visitor, subscriber=subscriber, choosing=choosing, language=language)


def _cookies(header: str) -> dict[str, str]:
    """By name. Browsers also send those that other sites of the same domain have set, written in any way
    (RFC 6265 §5.4): http.cookies would read none of them if it does not understand one.
    """
    pairs = (one.partition("=") for one in header.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _sent(environ: Environ, route: Route) -> tuple[dict[str, str], bytes]:
    """The fields of a form, and its file; of what is no form, none: then it lacks its token, too."""
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if route.method == "POST" and kind == _WITH_FILE and route.takes_file:
        return _with_file(environ)
    if route.method != "POST" or kind != _FORM:
        return {}, b""
    most = _MOST_FIELDS + (_MOST_BESIDE_KEPT if route.carries else 0)
    return _fields(environ["wsgi.input"].read(LONGEST_WITH_KEPT + 1).decode("latin-1"), most), b""


def _with_file(environ: Environ) -> tuple[dict[str, str], bytes]:
    """The same of a form that has a file, as browsers send it (RFC 7578)."""
    found = _BOUNDARY.search(environ["CONTENT_TYPE"])
    if found is None:
        return {}, b""
    edge = b"\r\n--" + found[1].encode("latin-1")
    fields, file = dict[str, str](), b""
    body = b"\r\n" + environ["wsgi.input"].read(LONGEST_UPLOAD + 1)
    for part in body.split(edge, _MOST_FIELDS)[1:]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = _PART_NAME.search(head)
        if name is not None and name[1] == FILE.encode():
            file = value
        elif name is not None and len(value) <= LONGEST_FORM:
            fields[name[1].decode("utf-8", "replace")] = _text(value.decode("utf-8", "replace"))
    return fields, file


def _fields(text: str, most: int = _MOST_FIELDS) -> dict[str, str]:
    """By name; the last of one name. Of what cannot be read none."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=most)
    except ValueError:
        return {}
    return {name: _text(value) for name, value in pairs}


def _text(written: str) -> str:
    """As the database can have it: PostgreSQL has no NUL in texts."""
    return written.replace("\0", "\ufffd")
