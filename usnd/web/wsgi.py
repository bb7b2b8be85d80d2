"""A request is answered by the site's WSGI application, in a thread; its connection is in the event loop.

connections.py has it done for whatever is not answered in the loop itself. What the application gives is sent
as it comes; where a client does not take it, the application waits.
"""

import asyncio
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from usnd.web.asked import Asked, Gone, Header, head_of
from usnd.web.exchange import Exchange
from usnd.web.site import Site


def answer_by(site: Site, asked: Asked, connection: Exchange) -> None:
    """All of it: the answer is sent, or its client is gone."""
    answer = _Answer(asked, connection)
    try:
        pieces = site(environ_of(asked), answer.start)
        try:
            answer.send(pieces)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
    finally:
        with suppress(RuntimeError):  # the loop has ended
            connection.loop.call_soon_threadsafe(answer.end)


class _Answer:
    """What is sent. An answer without a length goes in chunks, or by closing (HTTP/1.0)."""

    def __init__(self, asked: Asked, connection: Exchange) -> None:
        self._asked = asked
        self._connection = connection
        self._status = ""
        self._headers: list[Header] = []
        self._is_whole = False

    def start(self, status: str, headers: list[Header], _exc_info: Any = None) -> None:
        """WSGI's start_response."""
        self._status, self._headers = status, headers

    def send(self, pieces: Iterable[bytes]) -> None:
        has_length = any(name.lower() == "content-length" for name, _ in self._headers)
        chunked = not has_length and self._asked.knows_chunks
        if chunked:
            self._headers = [*self._headers, ("Transfer-Encoding", "chunked")]
        elif not has_length:
            self._asked.keeps = False
        head = head_of(self._asked, self._status, self._headers)
        with suppress(Gone):
            for piece in pieces:
                if piece and self._asked.method != "HEAD":
                    self._take(head + (b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece))
                    head = b""
            self._take(head + (b"0\r\n\r\n" if chunked and self._asked.method != "HEAD" else b""))
            self._is_whole = True

    def _take(self, octets: bytes) -> None:
        """Waits until the client has taken enough. Raises Gone."""
        sending = self._connection.send(octets)
        try:
            asyncio.run_coroutine_threadsafe(sending, self._connection.loop).result()
        except RuntimeError as error:  # the loop has ended
            sending.close()
            raise Gone from error
        except asyncio.CancelledError as error:
            raise Gone from error

    def end(self) -> None:
        """In the loop: the next request, or, if not all was sent, the end."""
        if not self._is_whole:
            self._asked.keeps = False
        self._connection.finish()


def environ_of(asked: Asked) -> dict[str, Any]:
    """WSGI's (PEP 3333)."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": asked.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": asked.path,
        "QUERY_STRING": asked.query,
        "SERVER_NAME": asked.headers.get("host", ""),
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": asked.body.file(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in asked.headers.items():
        environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        environ[name] = environ.pop(f"HTTP_{name}", "")
    if "transfer-encoding" in asked.headers:  # the body is whole now
        del environ["HTTP_TRANSFER_ENCODING"]
        environ["CONTENT_LENGTH"] = str(asked.body.octets)
    return environ
