"""HTTP/1.1 as Kannel and Jasmin speak it: a client that keeps its connection, a listener for their reports.

Owns one connection each way and GET alone. Refuses redirects and TLS: both ends are on loopback.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import unquote_to_bytes, urlencode

from workbench.parts.listening import end
from workbench.parts.ports import HOST
from workbench.parts.process import until

Query = Mapping[str, bytes]
"""The parameters of a GET, percent signs undone: octets, since each peer has its own idea of a charset."""

PATIENCE = 30.0


class HttpClient:
    """One kept connection; requests go one after another. Made again when the peer closed it between two."""

    def __init__(self, port: int) -> None:
        """`port` on loopback."""
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, parameters: Mapping[str, str | bytes | int]) -> tuple[int, str]:
        """Status and body. Raises OSError (TimeoutError is one): whether the peer acted is unknown."""
        request = f"GET {path}?{urlencode(parameters)} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
        async with asyncio.timeout(PATIENCE):
            if self._streams is None or self._streams[0].at_eof():
                self.close()
                self._streams = await asyncio.open_connection(HOST, self._port)
            reader, writer = self._streams
            writer.write(request)
            try:
                return await self._response(reader)
            except asyncio.IncompleteReadError as error:
                self.close()
                raise ConnectionError("the connection was closed before the answer was whole") from error

    async def _response(self, reader: asyncio.StreamReader) -> tuple[int, str]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = _headers(head[1:])
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = await _chunks(reader)
        else:
            body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(head[0].split()[1]), body.decode("utf-8", "replace")

    def close(self) -> None:
        """Nothing when it is closed."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class HttpListener:
    """`async with` listens on a free port of loopback; each GET's parameters go to `take`."""

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
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                length = int(_headers(head[1:]).get("content-length", "0"))
                posted = (await reader.readexactly(length)).decode("latin-1")
                self._take(query_in(head[0].split()[1].partition("?")[2] or posted))
                length_line = f"Content-Length: {len(self._answer)}"
                writer.write(f"HTTP/1.1 200 OK\r\n{length_line}\r\n\r\n".encode() + self._answer)
        except (asyncio.IncompleteReadError, OSError):
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


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:size]
    await reader.readuntil(b"\r\n")  # no trailers: neither peer sends any
    return body


def _headers(lines: list[str]) -> dict[str, str]:
    named = (line.partition(":") for line in lines if line)
    return {name.strip().lower(): value.strip() for name, _, value in named}
