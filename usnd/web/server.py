"""A site's server: an event loop at a Unix socket, that beats for systemd and ends in good order.

cli/run_site.py runs it with a site (site.py). The loop receives and sends for all connections
(connections.py), so that a client who is slow holds nothing but its own; what a site cannot answer there is
done by one of `threads` threads.
"""

import asyncio
import grp
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog
import uvloop

from usnd.process.begin_when import begin_when
from usnd.process.local_socket import listening
from usnd.process.os_errors import reason
from usnd.process.systemd import notify
from usnd.web.config import WebSection
from usnd.web.connections import Connection
from usnd.web.site import Site
from usnd.web.threads import Threads

DRAIN = 1.0
"""Seconds that requests under way have after SIGTERM. An active that hands over has 4 for everything: a
client that does not read its answer must not hold it up.
"""
_IDLE = 120.0
"""Seconds until an idle connection is closed; nginx closes its own after 30."""
_MOST_CONNECTIONS = 4096
"""More than 2,000 pages that are open all the time, each with one; an idle one takes some 10 kB."""
_BEAT = 1.0
_OWNERS_ONLY = 0o660
_SWITCH = 0.0005
"""Seconds that a thread computes while the loop waits for the interpreter: no list holds up orders."""


class Stopping:
    """Said once, at SIGTERM: who works on something long ends it at the next good place."""

    def __init__(self) -> None:
        self._said = threading.Event()

    def __bool__(self) -> bool:
        return self._said.is_set()

    def say(self) -> None:
        """From now on."""
        self._said.set()


class CannotListen(Exception):
    """The socket cannot be made; the message says why."""


def serve(site: Site, settings: WebSection, stopping: Stopping, when: Path | None = None) -> None:
    """Serves until SIGTERM or SIGINT, in the main thread; from when the file is there, if one is named.

    Raises CannotListen.
    """
    log = structlog.get_logger("usnd.web")
    tempfile.tempdir = str(settings.spool)
    sys.setswitchinterval(_SWITCH)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_Server(site, settings).run(stopping, when))
    finally:
        log.info("site stopped", site=site.name)


@contextmanager
def _listening(settings: WebSection) -> Iterator[socket.socket]:
    """The site's socket, which is removed behind it. Raises CannotListen."""
    try:
        channel, _ = listening(settings.socket, _OWNERS_ONLY, _gid(settings.group))
    except OSError as error:
        raise CannotListen(f"{settings.socket} cannot be made: {reason(error)}") from error
    except LookupError as error:
        raise CannotListen(f"{settings.socket} cannot be made: {error}") from error
    try:
        yield channel
    finally:
        channel.close()
        settings.socket.unlink(missing_ok=True)


def _gid(group: str | None) -> int | None:
    try:
        return None if group is None else grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise LookupError(f"there is no group {group}") from error


class _Server:
    """The connections of one site."""

    def __init__(self, site: Site, settings: WebSection) -> None:
        self._site, self._settings = site, settings
        self._threads = Threads(settings.threads)
        self._open = set[Connection]()

    async def run(self, stopping: Stopping, when: Path | None) -> None:
        """Until it is to stop."""
        log = structlog.get_logger("usnd.web")
        with _signals(stopping) as said:
            notify("READY=1")
            if when is not None:
                log.info("site is ready and waits", site=self._site.name, when=str(when))
                await _first(begin_when(when), said.wait())
            if said.is_set():
                return
            with _listening(self._settings) as channel:
                log.info("site serves", site=self._site.name, socket=str(self._settings.socket))
                await self._serve(channel, said)

    async def _serve(self, channel: socket.socket, said: asyncio.Event) -> None:
        if self._site.at_once is not None:
            self._site.at_once.start()
        accepting = asyncio.create_task(self._accept(channel))
        while not said.is_set():
            notify("WATCHDOG=1")
            self._close_idle()
            with suppress(TimeoutError):
                async with asyncio.timeout(_BEAT):
                    await said.wait()
        accepting.cancel()
        await self._drain(channel)

    async def _accept(self, channel: socket.socket) -> None:
        """Lets in who comes, as long as there is room; the others wait in the kernel."""
        loop = asyncio.get_running_loop()
        while True:
            if len(self._open) >= _MOST_CONNECTIONS:
                await asyncio.sleep(0.01)
                continue
            try:
                made, _ = await loop.sock_accept(channel)
                await loop.connect_accepted_socket(self._connection, made)
            except OSError:  # the client has gone again, or there are no descriptors for a moment
                await asyncio.sleep(0.01)

    def _connection(self) -> Connection:
        return Connection(self._site, self._threads, self._open)

    def _close_idle(self) -> None:
        last = asyncio.get_running_loop().time() - _IDLE
        for one in [each for each in self._open if each.is_idle and each.heard < last]:
            one.close()

    async def _drain(self, channel: socket.socket) -> None:
        """Nobody new comes in; who is being answered is, if that is done in time."""
        notify("STOPPING=1")
        self._settings.socket.unlink(missing_ok=True)
        channel.close()
        until = asyncio.get_running_loop().time() + DRAIN
        for one in tuple(self._open):
            one.close_soon()
        while self._open and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110 # no event says it
            await asyncio.sleep(0.01)
        if self._site.at_once is not None:
            self._site.at_once.close()
            await asyncio.sleep(0.01)  # what it told is sent
        for one in tuple(self._open):
            one.abort()


async def _first(*these: Coroutine[None, None, object]) -> None:
    """Waits for one of them, and drops the others."""
    tasks = [asyncio.create_task(each) for each in these]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in tasks:
            each.cancel()


@contextmanager
def _signals(stopping: Stopping) -> Iterator[asyncio.Event]:
    """An event that is set when it is to stop."""
    loop, said = asyncio.get_running_loop(), asyncio.Event()

    def stop() -> None:
        stopping.say()
        said.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop)
    try:
        yield said
    finally:
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(each)
