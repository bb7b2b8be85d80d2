"""HTTP as Kannel and Jasmin speak it: a client that keeps its connection, a listener for their reports.

Kannel, Jasmin and the benches beside them call this: a GET with parameters goes out, the parameters of a
report come in. h11 reads and writes HTTP. No redirects, no TLS: both ends are on loopback.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote_to_bytes, urlencode

import h11

from workbench.parts.listening import end
from workbench.parts.ports import HOST
from workbench.parts.process import until

Query = Mapping[str, bytes]
"""The parameters of a GET, percent signs undone: octets, since each peer has its own idea of a charset."""

PATIENCE = 30.0
_AT_ONCE = 65536


class HttpClient:
    """One kept connection; requests go one after another. Made again when the peer closed it between two."""

    def __init__(self, port: int) -> None:
        """`port` on loopback."""
        self._port = port
        self._kept: tuple[h11.Connection, asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, parameters: Mapping[str, str | bytes | int]) -> tuple[int, str]:
        """Status and body. Raises OSError (TimeoutError is one): whether the peer acted is unknown."""
        target = f"{path}?{urlencode(parameters)}"
        async with asyncio.timeout(PATIENCE):
            if self._kept is None or self._kept[1].at_eof() or not _again(self._kept[0]):
                self.close()
                self._kept = (h11.Connection(h11.CLIENT), *await asyncio.open_connection(HOST, self._port))
            http, reader, writer = self._kept
            writer.write(_octets(http, h11.Request(method="GET", target=target, headers=[("Host", HOST)])))
            try:
                head, body = await _received(http, reader)
            except ConnectionError:
                self.close()
                raise
        return head.status_code, body.decode("utf-8", "replace")

    def close(self) -> None:
        """Nothing when it is closed."""
        if self._kept is not None:
            self._kept[2].close()
            self._kept = None


class HttpListener:
    """`async with` listens on a free port of loopback; each request's parameters go to `take`."""

    def __init__(self, take: Callable[[Query], None], answer: str = "") -> None:
        """`answer`: the body of every response."""
        self.port = 0
        self._take = take
        self._answer = answer.encode()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        await end(self._server)
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()
        await until(lambda: not self._writers, PATIENCE)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        http = h11.Connection(h11.SERVER)
        response = h11.Response(status_code=200, headers=[("Content-Length", str(len(self._answer)))])
        try:
            while _again(http):
                head, posted = await _received(http, reader)
                self._take(query_in((head.target.partition(b"?")[2] or posted).decode("latin-1")))
                writer.write(_octets(http, response, self._answer))
        except OSError:
            return
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            self._writers.discard(writer)


def query_in(text: str) -> Query:
    """The parameters of a query string; of a repeated one the last."""
    pairs = (pair.partition("=") for pair in text.split("&") if pair)
    return {name: unquote_to_bytes(value.replace("+", " ")) for name, _, value in pairs}


def _octets(http: h11.Connection, head: h11.Request | h11.Response, body: bytes = b"") -> bytes:
    return b"".join(http.send(event) or b"" for event in (head, h11.Data(data=body), h11.EndOfMessage()))


async def _received(http: h11.Connection, reader: asyncio.StreamReader) -> tuple[Any, bytes]:
    """The peer's h11.Request or h11.Response, and its body. Raises ConnectionError when it is cut off."""
    events: list[Any] = []
    try:
        while not isinstance(event := http.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
            if event is h11.NEED_DATA:
                http.receive_data(await reader.read(_AT_ONCE))
            else:
                events.append(event)
    except h11.RemoteProtocolError as error:
        raise ConnectionError(f"no whole HTTP message came: {error}") from error
    if not events:
        raise ConnectionError("the connection was closed")
    return events[0], b"".join(event.data for event in events[1:])


def _again(http: h11.Connection) -> bool:
    """Makes ready for the next message; False when an exchange is not done, or the connection is not kept."""
    if http.our_state is http.their_state is h11.DONE:
        http.start_next_cycle()
    return http.our_state is h11.IDLE
