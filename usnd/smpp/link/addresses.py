"""Where one SMSC may be reached: the addresses of its name, in the order in which they are tried.

Called by the link for each connection. An address that served comes first until it fails, one that failed
comes last; each gets its share of the time, so that a silent one does not keep the others from being tried.
While the name servers fail, what they said last is used.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence

from usnd.smpp.link.settings import LinkSettings

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

MOST = 8
"""Addresses of one name; with more, the time for each would be too short."""


class Addresses:
    """`resolve` gives the addresses of a name, or raises OSError."""

    def __init__(self, own: LinkSettings, resolve: Resolve | None = None) -> None:
        self._own = own
        self._resolve = resolve or _by_the_system
        self._asking: asyncio.Future[Sequence[str]] | None = None
        self._known: tuple[str, ...] = ()
        self._best: str | None = None
        self._failures: dict[str, int] = {}
        self._count = 0

    def served(self, address: str) -> None:
        """A bind was made there."""
        self._best = address
        self._failures.pop(address, None)

    def failed(self, address: str) -> None:
        """No connection, or no bind, was made there."""
        self._count += 1
        self._failures[address] = self._count
        if self._best == address:
            self._best = None

    def in_order(self) -> list[str]:
        """Those that are known, the most promising first."""
        return sorted(self._known, key=lambda one: (one != self._best, self._failures.get(one, 0)))

    async def connect(self) -> tuple[str, Streams]:
        """A connection, and the address it is to, within `connect_timeout`. OSError: no address has one.

        One address after the other: of a race the winner could be lost when we are stopped.
        """
        loop, own = asyncio.get_running_loop(), self._own
        ends = loop.time() + own.connect_timeout
        await self._look_up(own.connect_timeout / 2)
        waiting, trouble = self.in_order(), OSError("its name has no address")
        while waiting:
            share = max(0.0, ends - loop.time()) / len(waiting)
            address = waiting.pop(0)
            try:
                async with asyncio.timeout(share):
                    return address, await self._open(address)
            except OSError as error:  # TimeoutError is one
                self.failed(address)
                trouble = error
        raise trouble

    async def _open(self, address: str) -> Streams:
        own = self._own
        name = (own.server_name or own.host) if own.tls else None
        return await asyncio.open_connection(address, own.port, ssl=own.tls, server_hostname=name)

    async def _look_up(self, seconds: float) -> None:
        """Asks for the addresses, for that long. An answer that comes later serves the next connection."""
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._resolve(self._own.host, self._own.port))
        asking = self._asking
        await asyncio.wait({asking}, timeout=seconds)
        if not asking.done():
            if not self._known:
                raise OSError("the name servers do not answer")
            return
        self._asking = None
        if (trouble := asking.exception()) is None:
            self._learn(asking.result())
        elif not self._known:
            raise trouble

    def _learn(self, addresses: Iterable[str]) -> None:
        self._known = tuple(dict.fromkeys(addresses))[:MOST]
        self._failures = {one: at for one, at in self._failures.items() if one in self._known}


async def _by_the_system(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
