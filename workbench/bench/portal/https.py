"""HTTPS as far as the clients of this bench need it: one connection a browser, kept as browsers keep it.

Each browser has an address of its own on the loopback, as people have: nginx counts by it.
"""

import asyncio
import re
import ssl
from dataclasses import dataclass
from pathlib import Path

from workbench.parts.ports import HOST

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
LONGEST_HEAD = 65_536
PATIENCE = 60.0


@dataclass(frozen=True)
class Reply:
    """An answer; its head as it came."""

    status: int
    head: bytes
    body: bytes


@dataclass(frozen=True)
class Door:
    """Where the portal is. authority: who signed its certificate."""

    port: int
    authority: Path

    def context(self) -> ssl.SSLContext:
        """One for all browsers."""
        return ssl.create_default_context(cafile=str(self.authority))


def source_of(nth: int) -> str:
    """The address of the nth browser, from 0; never 127.0.0.1, where the parts are."""
    return f"127.{20 + nth // 62_500}.{nth // 250 % 250}.{nth % 250 + 1}"


class Connection:
    """Of one browser. Raises OSError where it cannot ask, or is not answered in a minute."""

    def __init__(self, door: Door, context: ssl.SSLContext, source: str, cookie: str) -> None:
        self._door, self._context, self._source = door, context, source
        self._origin = f"https://{HOST}:{door.port}"
        self._same = f"Host: {HOST}:{door.port}\r\nCookie: {cookie}\r\nAccept-Language: en\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, form: bytes = b"") -> Reply:
        """One request; on a new connection where the server has closed the last one, as browsers do."""
        async with asyncio.timeout(PATIENCE):
            kept = self._streams is not None and not self._streams[0].at_eof()
            if kept:
                try:
                    return await self._exchange(method, path, form)
                except (asyncio.IncompleteReadError, ConnectionError):
                    kept = False
            self.close()
            self._streams = await asyncio.open_connection(
                HOST,
                self._door.port,
                ssl=self._context,
                local_addr=(self._source, 0),
                limit=LONGEST_HEAD,
            )
            return await self._exchange(method, path, form)

    async def _exchange(self, method: str, path: str, form: bytes) -> Reply:
        assert self._streams is not None
        reader, writer = self._streams
        more = ""
        if method == "POST":
            more = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
            more += f"Origin: {self._origin}\r\nSec-Fetch-Site: same-origin\r\n"
        writer.write(f"{method} {path} HTTP/1.1\r\n{self._same}{more}\r\n".encode() + form)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        return Reply(int(head[9:12]), head, body)

    def close(self) -> None:
        """For good, or until the next request."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None
