"""What every site has around its pages: the request's id, one place for errors and headers, a line a request.

A site makes a bottle application and hands it over with a `Refuse`, which writes out an error in its own
form (XML, a page). The Site is called for each request, from many threads. What must be fast a site may
answer in the event loop (`AtOnce`). Nothing of a body is ever logged.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import bottle
import structlog

from usnd.domain.provisioning.codes import CATALOGUE, RETRY_AFTER, Code
from usnd.web.asked import Header
from usnd.web.exchange import AtOnce
from usnd.web.note import Note, server_id

_REQUEST_ID = "HTTP_X_USN_REQUEST"
"""The same in WSGI's environment."""
NOTE = "usn.note"
"""In WSGI's environment: the Note of the request."""
Headers = Sequence[tuple[str, str]]
SECURITY_HEADERS: Headers = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)
_CODES = {404: Code.PATH_UNKNOWN, 405: Code.METHOD_NOT_ALLOWED, 413: Code.TOO_LARGE}

Start = Callable[..., Any]


_log = structlog.get_logger("usnd.web")
Refuse = Callable[[Note, Code, str], tuple[bytes, str]]
"""The body and content type of an error that has no document of its own; with more to say, or ""."""


class Site:
    """A WSGI application. `name`: as the command calls it; `longest`: octets of a body at a path.

    `headers`: of each answer that has none of that name.
    """

    def __init__(
        self,
        name: str,
        app: bottle.Bottle,
        refuse: Refuse,
        longest: Callable[[str], int],
        at_once: AtOnce | None = None,
        headers: Headers = SECURITY_HEADERS,
    ) -> None:
        self.name = name
        self.longest = longest
        self.at_once = at_once
        self.headers = headers
        self._app = app
        self._refuse = refuse
        app.catchall = False
        app.default_error_handler = self._by_bottle

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        """Answers one request; never raises."""
        note = environ[NOTE] = Note(server_id(environ.get(_REQUEST_ID)))

        def start(status: str, headers: list[Header], exc_info: Any = None) -> Any:
            own = {name.lower() for name, _ in headers}
            ours = [header for header in self.headers if header[0].lower() not in own]
            return start_response(status, [*headers, *ours], exc_info)

        try:
            return self._app.wsgi(environ, start)  # type: ignore[no-any-return] # bottle has no types
        except Exception:  # noqa: BLE001 # the one place for what nobody foresaw
            _log.error("unforeseen error", server=note.server, operation=note.operation, exc_info=True)
            status, headers, body = self.refused(note, Code.FAULT)
            start(status, [*headers, ("Content-Length", str(len(body)))])
            return [body]
        finally:
            if not note.own_line:
                note.tell()

    def refused(self, note: Note, code: Code, text: str = "") -> tuple[str, list[Header], bytes]:
        """Status line, headers and body of an error that the site has no more to say about than `text`."""
        note.code = code
        try:
            body, kind = self._refuse(note, code, text)
        except Exception:  # noqa: BLE001 # what failed may be what the page of an error needs, too
            _log.error("unforeseen error on the page of an error", server=note.server, exc_info=True)
            body, kind = code.name.encode(), "text/plain; charset=utf-8"
        headers = [("Content-Type", kind), *retry_after(code)]
        return status_line(code), headers, body

    def _by_bottle(self, error: bottle.HTTPError) -> bytes:
        """No route, no such method, or bottle could not read the request."""
        note: Note = bottle.request.environ[NOTE]
        code = _CODES.get(error.status_code, Code.NOT_READABLE)
        _status, headers, body = self.refused(note, code)
        bottle.response.status = CATALOGUE[code].status
        for name, value in headers:
            bottle.response.set_header(name, value)
        return body


def status_line(code: Code) -> str:
    """Of HTTP, for a code."""
    return str(bottle._HTTP_STATUS_LINES[CATALOGUE[code].status])  # noqa: SLF001 # its table


def retry_after(code: Code) -> list[Header]:
    """The header that says when to come again, where there is one."""
    return [("Retry-After", str(RETRY_AFTER[code]))] if code in RETRY_AFTER else []
