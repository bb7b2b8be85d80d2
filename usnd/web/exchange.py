"""What is between a site and a connection: who answers in the event loop, and by what.

Connections are such exchanges (connections.py); a site has at most one who answers at once (site.py).
"""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from usnd.web.asked import Asked, Header
from usnd.web.note import Note


class Streamed(Protocol):
    """Who makes an answer without an end."""

    def drained(self) -> None:
        """The client has taken enough: there is room again."""
        ...

    def gone(self) -> None:
        """The connection has ended; said once."""
        ...


class Exchange(Protocol):
    """A request that is being answered. All but `send` in the event loop, and at once."""

    loop: asyncio.AbstractEventLoop

    def answer(self, status: str, headers: Iterable[Header], body: bytes) -> None:
        """The whole answer."""
        ...

    def stream(self, status: str, headers: Iterable[Header], by: Streamed) -> None:
        """Begins an answer that ends with the connection; `push` goes on with it."""
        ...

    def push(self, octets: bytes) -> bool:
        """More of a stream, if its client has taken what came before; else nothing is sent."""
        ...

    async def send(self, octets: bytes) -> None:
        """Some of an answer; returns when the client has taken enough. Raises Gone."""
        ...

    def finish(self) -> None:
        """All of it was sent."""
        ...

    def close(self) -> None:
        """No more requests; what was answered is still sent."""
        ...


class AtOnce(Protocol):
    """What a site answers in the event loop itself: nothing here may wait, or take long."""

    def start(self) -> None:
        """The loop runs."""
        ...

    def take(self, asked: Asked, note: Note, connection: Exchange) -> bool:
        """Answers by `connection.answer`, now or later, and tells; False: it is for the application."""
        ...

    def close(self) -> None:
        """The loop is about to end."""
        ...
