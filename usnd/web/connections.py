"""A connection from nginx: requests are read, one is answered at a time, and errors have the site's form.

server.py makes one of each connection; all of them live in its event loop. httptools reads HTTP. What is no
HTTP or too long never becomes a request of the site; a body that is too long is refused by its announced
length, before it is received. A client who is slow holds nothing but its own connection.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from functools import partial
from typing import cast
from urllib.parse import unquote

import httptools
import structlog

from usnd.domain.provisioning.codes import Code
from usnd.web.asked import Asked, Gone, Header, head_of
from usnd.web.exchange import Streamed
from usnd.web.note import REQUEST_ID, Note, server_id
from usnd.web.site import Site
from usnd.web.threads import Threads
from usnd.web.wsgi import answer_by

SHORT_BODY = 1024 * 1024
"""Octets. Of those whose body is longer only so many may come at once:"""
MOST_LONG_BODIES = 8
NOT_KEPT = "Nothing was done: the node has no room to keep the request while it is read."
"""Instead of what the code says: it is known."""
_LONGEST_HEAD = 256 * 1024
_MOST_UNSENT = 256 * 1024
"""Octets of an answer that may wait for its client; who makes it then waits, too."""
_MOST_UNSENT_OF_STREAM = 16 * 1024
_LONGEST_WAIT = 120.0
"""Seconds for a client to take some of its answer."""
_LAST_WORDS = 5.0
"""Seconds for who is refused to go on sending, before the connection is closed."""

_log = structlog.get_logger("usnd.web")


def not_kept(server: str, error: OSError) -> None:
    """The line for the operator. `server`: the id of the request."""
    _log.error("spool directory took no more: make room there", server=server, error=str(error))


class Connection(asyncio.Protocol):
    """One. `all_open`: all that are, this one too. `threads`: where a request waits that has to."""

    def __init__(self, site: Site, threads: Threads, all_open: "set[Connection]") -> None:
        self.loop = asyncio.get_running_loop()
        self.heard = self.loop.time()
        """When something came last, or was answered."""
        self._site, self._threads, self._all_open = site, threads, all_open
        self._parser = httptools.HttpRequestParser(self)
        self._answering: Asked | None = None
        self._waiting = deque[Asked]()
        self._coming: Asked | None = None
        self._head = 0
        """Octets that came since a head began that is not whole yet."""
        self._named = 0
        """Octets of its headers."""
        self._address = b""
        self._headers = dict[str, str]()
        self._is_deaf = False
        """Nothing more is read."""
        self._is_drained = asyncio.Event()
        self._is_drained.set()
        self._streamed: Streamed | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being answered."""
        return self._answering is None and not self._waiting

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self._transport.set_write_buffer_limits(high=_MOST_UNSENT)
        self._all_open.add(self)

    def data_received(self, data: bytes) -> None:
        self.heard = self.loop.time()
        if self._is_deaf:
            return
        if self._coming is None:
            self._head += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(Code.NOT_READABLE)
        except httptools.HttpParserError as error:
            if isinstance(error, httptools.HttpParserCallbackError):
                _log.error("unforeseen error on a connection", exc_info=True)
            self._refuse(Code.NOT_READABLE)
        if self._coming is None and self._head > _LONGEST_HEAD:
            self._refuse(Code.TOO_LARGE)
        if self._waiting:
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        self._is_drained.clear()

    def resume_writing(self) -> None:
        self._is_drained.set()
        if self._streamed is not None:
            self._streamed.drained()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 # asyncio's signature
        self._all_open.discard(self)
        self._is_deaf = True
        self._is_drained.set()
        for one in (self._coming, *self._waiting):
            if one is not None:
                one.body.close()
        self._coming = None
        self._waiting.clear()
        if self._streamed is not None:
            self._streamed.gone()

    # What httptools calls.

    def on_message_begin(self) -> None:
        self._address, self._headers, self._named = b"", {}, 0

    def on_url(self, url: bytes) -> None:
        self._address += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._named += len(name) + len(value)
        written = name.decode("latin-1").lower()
        if "_" in written:  # to WSGI it would be the same as one with a hyphen
            return
        text, before = value.decode("latin-1"), self._headers.get(written)
        between = "; " if written == "cookie" else ", "  # RFC 9113 §8.2.3, RFC 9110 §5.3
        self._headers[written] = text if before is None else f"{before}{between}{text}"

    def on_headers_complete(self) -> None:
        path, _, query = self._address.decode("latin-1").partition("?")
        asked = Asked(self._parser.get_method().decode(), unquote(path, "latin-1"), query, self._headers)
        asked.knows_chunks = self._parser.get_http_version() == "1.1"
        self._coming = asked
        if self._named > _LONGEST_HEAD:
            self._refuse(Code.TOO_LARGE)
        length = self._headers.get("content-length", "")
        if length.isdecimal():
            self._let_in(asked, int(length))

    def on_body(self, body: bytes) -> None:
        asked = self._coming
        if asked is not None:
            asked.body.append(body)
            self._let_in(asked, asked.body.octets)

    def on_message_complete(self) -> None:
        asked, self._coming, self._head = self._coming, None, 0
        if asked is not None:
            asked.keeps = self._parser.should_keep_alive()
            asked.body.complete()
            self._next(asked)

    # Requests, one after the other.

    def _let_in(self, asked: Asked, octets: int) -> None:
        """Refuses a body of so many octets, if it may not come."""
        if self._is_deaf:
            return
        if octets > self._site.longest(asked.path):
            self._refuse(Code.TOO_LARGE)
        elif octets > SHORT_BODY and not asked.is_long:
            asked.is_long = sum(one.has_long_body for one in self._all_open) < MOST_LONG_BODIES
            if not asked.is_long:
                self._refuse(Code.TOO_MANY_REQUESTS)

    @property
    def has_long_body(self) -> bool:
        """Whether one is being received here, or worked on."""
        return any(one is not None and one.is_long for one in (self._coming, self._answering, *self._waiting))

    def _refuse(self, code: Code) -> None:
        """What came is no request, or may not come. Nothing behind it is read."""
        if self._is_deaf:
            return
        self._is_deaf = True
        headers = self._headers if self._coming is None else self._coming.headers
        if self._coming is not None:
            self._coming.body.close()
            self._coming = None
        self._next(Asked("", "", "", headers, keeps=False, wrong=code))

    def _next(self, asked: Asked) -> None:
        if self._answering is None and not self._waiting:
            self._begin(asked)
        else:
            self._waiting.append(asked)

    def _begin(self, asked: Asked) -> None:
        self._answering = asked
        note = Note(server_id(asked.headers.get(REQUEST_ID)))
        try:
            if asked.wrong is not None:
                self._refused(note, asked.wrong)
            elif asked.body.lost is not None:
                not_kept(note.server, asked.body.lost)
                self._refused(note, Code.FAULT, NOT_KEPT)
            elif self._site.at_once is None or not self._site.at_once.take(asked, note, self):
                self._threads.do(partial(answer_by, self._site, asked, self))
        except Exception:  # noqa: BLE001 # the one place for what nobody foresaw
            _log.error("unforeseen error", server=note.server, operation=note.operation, exc_info=True)
            self._refused(note, Code.FAULT)

    def _refused(self, note: Note, code: Code, text: str = "") -> None:
        self.answer(*self._site.refused(note, code, text))
        note.tell()

    # Answers.

    def answer(self, status: str, headers: Iterable[Header], body: bytes) -> None:
        """The whole answer to the request that is being answered; in the event loop."""
        asked = self._answering
        if asked is not None and not self._transport.is_closing():
            head = head_of(asked, status, (*headers, *self._site.headers, ("Content-Length", str(len(body)))))
            self._transport.write(head if asked.method == "HEAD" else head + body)
        self.finish()

    def stream(self, status: str, headers: Iterable[Header], by: Streamed) -> None:
        """Begins an answer that ends with the connection; `push` goes on with it. In the event loop."""
        assert self._answering is not None
        self._answering.keeps = False
        self._streamed = by
        if self._transport.is_closing():
            self.loop.call_soon(by.gone)
            self._streamed = None
            return
        self._transport.set_write_buffer_limits(high=_MOST_UNSENT_OF_STREAM)
        self._transport.write(head_of(self._answering, status, (*headers, *self._site.headers)))

    def push(self, octets: bytes) -> bool:
        """More of a stream, if its client has taken what came before; else nothing is sent."""
        if self._transport.is_closing() or not self._is_drained.is_set():
            return False
        self._transport.write(octets)
        return True

    async def send(self, octets: bytes) -> None:
        """Some of an answer; returns when the client has taken enough. Raises Gone."""
        if not self._transport.is_closing():
            self._transport.write(octets)
            try:
                async with asyncio.timeout(_LONGEST_WAIT):
                    await self._is_drained.wait()
            except TimeoutError:
                self._transport.abort()
        if self._transport.is_closing():
            raise Gone

    def finish(self) -> None:
        """The request is answered: the next one, if there is to be one."""
        asked, self._answering = self._answering, None
        self.heard = self.loop.time()
        if asked is not None:
            asked.body.close()
            if asked.wrong is not None:
                self._close_behind()
            elif not asked.keeps:
                self.close()
        if self._waiting:
            self.loop.call_soon(self._go_on)  # not from here: thousands may have come together

    def _go_on(self) -> None:
        if self._waiting and self._answering is None and not self._transport.is_closing():
            self._begin(self._waiting.popleft())
            if not self._waiting:
                self._transport.resume_reading()

    def close(self) -> None:
        """What was answered is still sent."""
        self._is_deaf = True
        self._transport.close()

    def _close_behind(self) -> None:
        """What still comes is thrown away: nginx, unable to send to a closed socket, would read no answer."""
        self._is_deaf = True
        if not self._transport.is_closing():
            self._transport.write_eof()
            self.loop.call_later(_LAST_WORDS, self._transport.close)

    def close_soon(self) -> None:
        """Once the request that is being answered is."""
        if self._answering is None or self._streamed is not None:
            self.close()
        else:
            self._answering.keeps = False

    def abort(self) -> None:
        """At once, whatever is not sent."""
        self._is_deaf = True
        self._transport.abort()
