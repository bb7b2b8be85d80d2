"""`python -m workbench.bench.portal.watching`: live pages that are open, a process of its own.

Opens them, says `{"open": n}` in a line, and keeps what each is sent, and when, until its input ends. Then it
prints all of it as one line of JSON; times are of the monotonic clock, which all processes share.
"""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

from workbench.bench.portal.https import Door
from workbench.parts.ports import HOST

PATH = "/live/stream"
AT_ONCE = 20
"""Connections that are being opened."""


class Page(asyncio.Protocol):
    """One that is open. messages: when each came, and what it said, without beats."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._got = b""
        self._in_head = True
        self.messages = list[tuple[float, bytes]]()
        self.first = asyncio.get_running_loop().create_future()
        self.status = 0
        self.lost = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks for the stream."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """More of it; chunks of HTTP/1.1 are told by their own lines, which no event has."""
        self._got += data
        if self._in_head:
            head, found, rest = self._got.partition(b"\r\n\r\n")
            if not found:
                return
            self._in_head, self._got, self.status = False, rest, int(head[9:12])
        *whole, self._got = self._got.replace(b"\r\n\r\n", b"\n\n").split(b"\n\n")
        for one in whole:
            if b"event: parts" in one:
                self.messages.append((time.monotonic(), one))
                if not self.first.done():
                    self.first.set_result(None)

    def connection_lost(self, _exc: Exception | None) -> None:
        """It was cut off."""
        self.lost = time.monotonic()
        if not self.first.done():
            self.first.set_result(None)


async def open_pages(door: Door, people: list[list[str]], wait: float) -> list[Page]:
    """All of them; returns when each was told how it is, or after `wait` seconds."""
    loop, context = asyncio.get_running_loop(), door.context()
    places = asyncio.Semaphore(AT_ONCE)

    async def one(source: str, cookie: str) -> Page:
        request = f"GET {PATH} HTTP/1.1\r\nHost: {HOST}:{door.port}\r\nCookie: {cookie}\r\n"
        request += "Accept: text/event-stream\r\nAccept-Language: en\r\n\r\n"
        async with places:
            _, page = await loop.create_connection(
                lambda: Page(request.encode()),
                HOST,
                door.port,
                ssl=context,
                local_addr=(source, 0),
                ssl_handshake_timeout=wait,
            )
        return page

    pages = await asyncio.gather(*(one(source, cookie) for source, cookie in people))
    await asyncio.wait([page.first for page in pages], timeout=wait)
    return [*pages]


def told(pages: list[Page]) -> dict[str, object]:
    """For who started it."""
    return {
        "messages": [[[at, said.decode()] for at, said in page.messages] for page in pages],
        "statuses": [page.status for page in pages],
        "lost": [page.lost for page in pages if page.lost],
        "client_cpu_s": time.process_time(),
    }


async def watch(door: Door, people: list[list[str]], wait: float) -> None:
    """Until the input ends."""
    pages = await open_pages(door, people, wait)
    print(json.dumps({"open": sum(bool(page.messages) for page in pages)}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(json.dumps(told(pages)), flush=True)
    for page in pages:
        page.transport.abort()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--authority", type=Path, required=True)
    parser.add_argument("--people", type=Path, required=True, help="JSON: source and cookie of each")
    parser.add_argument("--wait", type=float, default=240.0)
    chosen = parser.parse_args()
    people = json.loads(chosen.people.read_text())
    asyncio.run(watch(Door(chosen.port, chosen.authority), people, chosen.wait))


if __name__ == "__main__":
    main()
