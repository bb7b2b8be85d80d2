"""What stands behind nginx in these tests: a Unix socket that keeps each request as it came, octet for octet.

It behaves as it is told: answers, says nothing, or leaves in the middle.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.parts import listening
from workbench.parts.process import Part

LONGEST_HEAD = 65_536
BACKLOG = 1024  # as the site's: of a shorter one nginx would say that it is not there


@dataclass(frozen=True)
class Request:
    """`fields`: name as written, and value, in the order in which they came."""

    line: str
    fields: tuple[tuple[str, str], ...]
    body: bytes

    def values(self, name: str) -> list[str]:
        """Of all fields that WSGI would take for this one: case does not count, nor - or _."""
        return [value for field, value in self.fields if field.lower().replace("_", "-") == name.lower()]


Behaviour = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


async def says_yes(_: Request, writer: asyncio.StreamWriter) -> None:
    body = b"<yes/>"
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    writer.write(body)


async def says_nothing(_: Request, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def leaves(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.close()


class RecordingSite(Part):
    """`async with` listens at `path`. `requests`: whole ones. `connections`: how many were taken.

    `hasty`: it answers as soon as it has a head, and the connection ends; what still comes is thrown away.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.requests: list[Request] = []
        self.behaviour: Behaviour = says_yes
        self.hasty = False
        self.octets = 0
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(
            self._serve, self.path, limit=LONGEST_HEAD, backlog=BACKLOG
        )

    async def stop(self) -> None:
        if self._server is not None:
            await listening.end(self._server)
            self._server = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while not writer.is_closing():
                request = await self._read(reader)
                self.requests.append(request)
                await self.behaviour(request, writer)
                await writer.drain()
                if self.hasty:
                    writer.write_eof()
                    while await reader.read(LONGEST_HEAD):
                        pass
                    break
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Request:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        fields = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        if self.hasty:
            return Request(line, fields, b"")
        lower = {name.lower(): value for name, value in fields}
        body = bytearray()
        if lower.get("transfer-encoding") == "chunked":
            while size := int(await reader.readuntil(b"\r\n"), 16):
                await self._read_into(body, reader, size)
                await reader.readexactly(2)
            await reader.readexactly(2)
        else:
            await self._read_into(body, reader, int(lower.get("content-length", "0")))
        return Request(line, fields, bytes(body))

    async def _read_into(self, body: bytearray, reader: asyncio.StreamReader, size: int) -> None:
        """So many octets, counted as they come."""
        end = len(body) + size
        while len(body) < end:
            more = await reader.read(end - len(body))
            if not more:
                raise asyncio.IncompleteReadError(b"", end - len(body))
            self.octets += len(more)
            body += more
