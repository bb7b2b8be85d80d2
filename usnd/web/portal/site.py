"""The portal's site: what happens to each request before and after a page (REQUIREMENTS W1).

`usnd web portal` makes it and has server.py run it. A request goes: route, form, whether it came from a page
of ours, session, who may have it, page, answer. routes.py has the addresses, pages/ what is on them.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import quote

import bottle

from usnd.domain.provisioning.codes import CATALOGUE, Code
from usnd.store.core.reader import Reader, StoreAway
from usnd.web.config import WebSection
from usnd.web.control_line import NoResult
from usnd.web.note import Note
from usnd.web.places import NoPlace
from usnd.web.portal import guard
from usnd.web.portal.behind import Behind
from usnd.web.portal.carried import HOME, Carried, asked_for, carried_in
from usnd.web.portal.kept_form import KeptForm, kept_of
from usnd.web.portal.live.hub import Hub
from usnd.web.portal.live.streams import LiveStreams
from usnd.web.portal.pages import sign_in
from usnd.web.portal.reception import LONGEST_FORM, LONGEST_UPLOAD, LONGEST_WITH_KEPT, Reception
from usnd.web.portal.rendering import HTML, Pages, Static
from usnd.web.portal.routes import FILTERS, ROUTES, Route, nearest_page
from usnd.web.portal.visitor import (
    ENDED,
    SESSION,
    SIGN_IN,
    Access,
    Answer,
    Cookie,
    File,
    Page,
    Recorded,
    Redirect,
    Visitor,
    is_sign_in,
)
from usnd.web.portal.words import Languages
from usnd.web.site import NOTE, Headers, Site

MOST_READS = 8
_SEE_OTHER, _FORBIDDEN, _UNAVAILABLE, _NOT_FOUND = 303, 403, 503, 404
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Headers = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", _POLICY),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    # Not "no-referrer": with that, browsers send a form's Origin as null (Fetch, "append a request Origin").
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
)
RECORDINGS = "/recordings-of-this-server/"
"""An address that nginx answers to nobody but itself: roles/nginx/templates/nginx.conf.j2."""
_SOUND = "audio/wav"
_KEPT = "public, max-age=31536000, immutable"
_CHOICE = "/password"
_WITH_FILES = frozenset(route.path for route in ROUTES if route.takes_file)
_CARRYING = frozenset(route.path for route in ROUTES if route.carries)
_ONLY_READ = frozenset({"GET", "HEAD"})
_NOT_SENT = Page("not_sent.html", {}, _FORBIDDEN)
_Asked = tuple[Visitor, Answer, tuple[Cookie, ...]]
_PERHAPS_DONE = frozenset({Code.NO_ANSWER_IN_TIME, Code.FAULT})


class Portal:
    """The site's work."""

    def __init__(self, settings: WebSection) -> None:
        self._reader = Reader(settings.store, MOST_READS)
        self._behind = Behind(settings.control, self._reader, settings.recordings, settings.videos)
        languages = Languages()
        self._reception = Reception(self._behind, languages)
        self._static = Static()
        self._pages = Pages(self._static)
        streams = LiveStreams(self._behind, Hub(settings.control, self._pages.text), languages)
        self.site = Site("portal", self._app(), self._refused, _longest, streams, headers=HEADERS)

    def close(self) -> None:
        """After the last request."""
        self._reader.close()

    def _app(self) -> bottle.Bottle:
        app = bottle.Bottle()
        for name, pattern in FILTERS.items():
            app.router.add_filter(name, partial(_number, pattern))
        for route in ROUTES:
            app.route(route.path, route.method, partial(self._serve, route))
        app.get("/static/<version>/<name>", callback=self._serve_static)
        return app

    def _serve_static(self, version: str, name: str) -> bytes:
        note: Note = bottle.request.environ[NOTE]
        note.operation, note.code = "static", 200
        found = self._static.get(name)
        if found is None or version != self._static.version:
            raise bottle.HTTPError(_NOT_FOUND)
        octets, bottle.response.content_type = found
        bottle.response.set_header("Cache-Control", _KEPT)
        return octets

    def _serve(self, route: Route, **named: int | str) -> bytes:
        """One request. Whatever is not as it should be ends in a page that says so."""
        visitor, cookies = self._reception.stranger(bottle.request.environ, route)
        try:
            visitor, answer, more = self._asked(route, visitor, named)
            cookies += more
        except NoPlace:
            answer = _trouble(Code.TOO_MANY_REQUESTS, route, visitor)
        except StoreAway:
            answer = _trouble(Code.NOT_ACTIVE, route, visitor)
        except NoResult as error:
            answer = _trouble(error.code, route, visitor)
        return self._sent(route, visitor, answer, cookies)

    def _asked(self, route: Route, visitor: Visitor, named: Mapping[str, int | str]) -> _Asked:
        """The page. A form whose session is over is kept: see kept_form.py."""
        carried = carried_in(visitor) if route.carries else Carried()
        kept = kept_of(visitor, quote(bottle.request.path)) if route.keeps else carried.kept
        is_ours = route.method != "POST" or _is_ours(visitor)
        if not is_ours and not guard.is_from_here(bottle.request.environ):
            return visitor, _NOT_SENT, ()
        if not is_ours and route.again is not None:
            return visitor, route.again(self._behind, visitor), ()
        if not is_ours and kept is None:
            return visitor, _NOT_SENT, ()
        visitor = self._reception.known(visitor)
        answer = self._answer(route, visitor, named) if is_ours else _of_former_session(kept, visitor)
        if not isinstance(answer, Redirect):
            return visitor, answer, ()
        if is_sign_in(answer):
            return self._to_sign_in(visitor, answer, replace(carried, kept=kept))
        return self._begun(visitor, answer, carried) if route.carries else (visitor, answer, ())

    def _to_sign_in(self, visitor: Visitor, answer: Redirect, carried: Carried) -> _Asked:
        """With the form that came, or else the page that was asked for."""
        if carried.kept is None:
            return visitor, replace(answer, to=_with_page(answer.to, visitor, carried)), ()
        outside, cookies = self._reception.outside(bottle.request.environ, visitor)
        return outside, replace(sign_in.show_with(carried), cookies=answer.cookies), cookies

    def _begun(self, visitor: Visitor, answer: Redirect, carried: Carried) -> _Asked:
        """Where who has signed in goes on: with what was carried, if it is theirs."""
        token = next((one.value for one in answer.cookies if one.name == SESSION), visitor.token)
        if carried == Carried() or not (token and answer.to in (HOME, _CHOICE)):
            return visitor, answer, ()
        begun = self._reception.begun(visitor, token)
        kept = carried.kept if carried.kept is not None and carried.kept.is_of(begun.subscriber) else None
        if kept is not None and begun.access is Access.SIGNED_IN:
            return begun, replace(_to_be_sent(kept, begun), cookies=answer.cookies), ()
        if kept is not None and begun.choosing:
            return begun, replace(sign_in.show_choice_with(begun, carried), cookies=answer.cookies), ()
        if answer.to == _CHOICE:
            return visitor, replace(answer, to=f"{_CHOICE}{carried.query}"), ()
        return visitor, replace(answer, to=landing(carried, begun)), ()

    def _answer(self, route: Route, visitor: Visitor, named: Mapping[str, int | str]) -> Answer:
        if route.access in (Access.ANYBODY, visitor.access):
            return route.do(self._behind, visitor, **named)
        if route.access is Access.IN_SESSION and visitor.subscriber is not None:
            return route.do(self._behind, visitor, **named)
        if visitor.choosing:
            return Redirect(_CHOICE)
        if visitor.subscriber is not None:
            return Redirect(HOME)
        return Redirect(ENDED if visitor.token else SIGN_IN)

    def _sent(self, route: Route, visitor: Visitor, answer: Answer, cookies: tuple[Cookie, ...]) -> bytes:
        note: Note = bottle.request.environ[NOTE]
        note.operation = route.name
        response = bottle.response
        set_by_page = {cookie.name for cookie in answer.cookies}
        for cookie in (*(one for one in cookies if one.name not in set_by_page), *answer.cookies):
            response.add_header("Set-Cookie", cookie.header)
        response.content_type = HTML
        if isinstance(answer, Redirect):
            note.code = response.status = _SEE_OTHER
            response.set_header("Location", answer.to)
            return b""
        note.code = response.status = answer.status
        if isinstance(answer, File | Recorded):
            return self._sent_file(answer)
        if answer.status == _UNAVAILABLE:
            response.set_header("Retry-After", "60")
        inside = route.access is not Access.ANYBODY and visitor.subscriber is not None
        of = "" if visitor.subscriber is None else str(visitor.subscriber.id)
        about = {
            "form_token": visitor.form_token,
            "of": of,
            "inside": inside,
            "choosing": visitor.choosing,
        }
        values = {**about, "path": route.path, **answer.values}
        return self._pages.render(answer.template, visitor.language, values)

    @staticmethod
    def _sent_file(answer: File | Recorded) -> bytes:
        """Of a recording only its name: nginx, which alone reads it, sends it by that, also in ranges."""
        response = bottle.response
        if isinstance(answer, File):
            response.content_type = answer.kind
            response.set_header("Content-Disposition", f'attachment; filename="{answer.name}"')
            return answer.octets
        response.content_type = _SOUND
        kept = f'attachment; filename="{answer.kept_as}"' if answer.kept_as else "inline"
        response.set_header("Content-Disposition", kept)
        response.set_header("X-Accel-Redirect", f"{RECORDINGS}{answer.file}")
        return b""

    def _refused(self, note: Note, code: Code, _text: str) -> tuple[bytes, str]:
        """What no page answers: an unknown address, a form that is too long, an error that nobody foresaw."""
        environ = bottle.request.environ
        # What is no request at all has no environment: that here is of the request before it in this thread.
        environ = environ if environ.get(NOTE) is note else {}
        language = self._reception.language(environ)
        about = about_error(code, environ.get("REQUEST_METHOD", ""))
        return self._pages.render("error.html", language, about), HTML


def _longest(path: str) -> int:
    if path in _WITH_FILES:
        return LONGEST_UPLOAD
    return LONGEST_WITH_KEPT if path in _CARRYING else LONGEST_FORM


def _number(pattern: str, _conf: object) -> tuple[str, Callable[[str], int], Callable[[int], str]]:
    """A filter of bottle."""
    return pattern, int, str


def _with_page(to: str, visitor: Visitor, carried: Carried) -> str:
    """The address of the sign-in, with the page that was asked for. A bare path is anybody's; what stands
    behind the `?`, and names in a path, only go to whom they are known to be of.
    """
    request, of = bottle.request, visitor.former
    page = nearest_page(request.path, may_name=bool(of))
    behind = request.query_string if request.method in _ONLY_READ and page == request.path else ""
    query = Carried(asked_for=carried.asked_for or asked_for(page, behind, of)).query
    return f"{to}{query.replace('?', '&') if '?' in to else query}"


def landing(carried: Carried, visitor: Visitor) -> str:
    """Where who is signed in goes on. Only a page of ours, whatever is written there."""
    page = carried.asked_for
    if page is None or not page.is_for(visitor.subscriber):
        return HOME
    nearest = nearest_page(page.to, may_name=bool(page.of))
    return page.address if nearest == page.to else quote(nearest)


def _of_former_session(kept: KeptForm | None, visitor: Visitor) -> Answer:
    """A form of a page that was open when another session began."""
    if visitor.subscriber is None:
        return Redirect(ENDED)
    if kept is None or visitor.access is not Access.SIGNED_IN or not kept.is_of(visitor.subscriber):
        return _NOT_SENT
    return _to_be_sent(kept, visitor)


def _to_be_sent(kept: KeptForm, visitor: Visitor) -> Page:
    values = {"to": kept.to, "written": kept.again(visitor.form_token), "inside": True}
    return Page("kept_form.html", values)


def _is_ours(visitor: Visitor) -> bool:
    """Whether the form that came was in a page of ours, and was sent from it."""
    given = visitor.written.get(guard.FIELD, "")
    return guard.is_token(given, visitor.form_token) and guard.is_from_here(bottle.request.environ)


def _trouble(code: Code, route: Route, visitor: Visitor) -> Page:
    """Of a form of somebody who is signed in the page has what they wrote, to be sent again; of one on the
    way through the sign-in what is carried, and no password: it leads back to that form.
    """
    about = about_error(code, route.method)
    again = carried_in(visitor).fields if route.carries else visitor.written
    if route.method != "POST" or route.takes_file or not again:
        return Page("error.html", about, _UNAVAILABLE)
    written = {**again, guard.FIELD: visitor.form_token}
    return Page("error.html", {**about, "to": quote(bottle.request.path), "written": written}, _UNAVAILABLE)


def about_error(code: Code, method: str) -> dict[str, object]:
    """For error.html. `kind`: which of its texts; a page that was only looked at has done nothing."""
    status = CATALOGUE[code].status
    kinds = {_NOT_FOUND: "unknown", 405: "unknown", 413: "too-long", 431: "too-long", 400: "not-readable"}
    is_open = code in _PERHAPS_DONE and method not in _ONLY_READ
    kind = "perhaps-done" if is_open else kinds.get(status, "away")
    nobody = {"form_token": "", "of": "", "inside": False, "choosing": False, "path": ""}
    return {"kind": kind, "to": "", "written": {}, **nobody}
