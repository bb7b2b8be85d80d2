"""uvicorn with sse-starlette behind the same nginx: sends the events that the portal sent, at the same
times.
"""

import asyncio
import json
import socket
import time
from collections.abc import Sequence
from pathlib import Path

from workbench import ROOT
from workbench.bench.portal.https import Door
from workbench.parts.nginx import Nginx, PortalServer, Tls, nginx_tree
from workbench.parts.ports import PortBlock
from workbench.parts.process import Part, PartError, Process, until
from workbench.parts.sites.portal import PortalFront
from workbench.parts.sites.site_front import SERVER
from workbench.setup.peer_environment import peer_environment

LOCK = ROOT / "tests/peers/sse-requirements.txt"
PROGRAM = ROOT / "tests/peers/sse_daemon.py"
START_PATIENCE = 15.0
Sent = tuple[float, int, str]
"""Seconds since the first, to which conference, data."""


def sse_environment() -> Path:
    """The packages. Raises NoPeer."""
    return peer_environment("sse", ((LOCK, ()),))


class SsePeer(Part):
    """It, and an nginx with the configuration and the certificate of the portal's. home: that of `front`."""

    def __init__(self, front: PortalFront, prefix: Sequence[str] = ()) -> None:
        self._block = PortBlock(0)
        self._socket, self._feed = front.home / "sse.sock", front.home / "sse.feed"
        program = [*prefix, str(sse_environment() / "bin/python"), str(PROGRAM)]
        environment = {"SOCKET": str(self._socket), "FEED": str(self._feed)}
        self.process = Process(program, front.home / "sse.log", environment=environment)
        own = front.home / SERVER
        tls = Tls(own / f"{SERVER}.pem", own / f"{SERVER}.key")
        ports = (self._block.spare(1), self._block.spare(0))
        self.nginx = Nginx(nginx_tree(), tls, None, ports, PortalServer(self._socket))
        self.door = Door(self._block.spare(0), front.server_ca)

    async def start(self) -> None:
        """Returns when it answers. Raises PartError."""
        self.process.start()
        if not await until(lambda: self._listens() or not self.process.alive, START_PATIENCE):
            raise PartError(f"uvicorn did not start:\n{self.process.tail()}")
        await self.nginx.start()
        if not await until(lambda: len(self.nginx.pids) > 1, START_PATIENCE):  # its workers
            raise PartError(f"nginx did not start:\n{self.nginx.log()}")

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._socket)) == 0

    async def stop(self) -> None:
        """Ends both."""
        try:
            await self.nginx.stop()
        finally:
            await self.process.stop()
            self._block.close()

    async def send(self, sent: Sequence[Sent]) -> dict[tuple[int, int], float]:
        """The same events, in time; when each was given to it, by whom it is for and its number."""
        _, writer = await asyncio.open_unix_connection(self._feed)
        given = dict[tuple[int, int], float]()
        begun = time.monotonic()
        try:
            for number, (offset, to, data) in enumerate(sent, 1):
                await asyncio.sleep(max(0.0, begun + offset - time.monotonic()))
                given[to, number] = time.monotonic()
                writer.write(json.dumps([str(to), number, data]).encode() + b"\n")
                await writer.drain()
        finally:
            writer.close()
        return given
