"""One usnd a database on this server: the second does not start, and does not take over from the first.

daemon.py holds the claim while it runs. It is a name in the kernel (a Unix socket in the abstract namespace)
that goes with the process however that ends. Two servers cannot see each other's claim: between them the
store decides, and the one that comes later has it.
"""

import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from usnd.process.local_socket import listener_of

_SQLITE = "sqlite:///"


class AlreadyRunning(Exception):
    """Another usnd of this server runs on the database. `process` is its id, 0 if it has just ended."""

    def __init__(self, process: int) -> None:
        super().__init__(process)
        self.process = process


@contextmanager
def claim(url: str) -> Iterator[None]:
    """Holds the database of that URL for this process, by a thread of its own. Raises AlreadyRunning."""
    name = _name(url)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as held:
        try:
            held.bind(name)
            held.listen()
        except OSError as error:
            raise AlreadyRunning(listener_of(name) or 0) from error
        letting_go = threading.Thread(target=_let_go, args=(held,), name="claim", daemon=True)
        letting_go.start()
        try:
            yield
        finally:
            held.shutdown(socket.SHUT_RDWR)
            letting_go.join()


def holder(url: str) -> int | None:
    """The process of this server that holds the database of that URL, 0 if which is not known; None: none.

    Never waits, also for a usnd that hangs.
    """
    return listener_of(_name(url))


def _let_go(held: socket.socket) -> None:
    """Whoever asked knows by now: else the queue of those who did would be full one day."""
    with suppress(OSError):  # the claim ends
        while True:
            held.accept()[0].close()


def _name(url: str) -> str:
    return "\0usnd-" + hashlib.sha256(_identity(url).encode()).hexdigest()


def _identity(url: str) -> str:
    """The same text for two ways to write the same database, whoever logs in."""
    if url.startswith(_SQLITE):
        # Not Path.resolve: in Python 3.11 that raises for links that lead in a circle.
        return os.path.realpath(url.removeprefix(_SQLITE).partition("?")[0])
    return url.partition("://")[2].rpartition("@")[2]
