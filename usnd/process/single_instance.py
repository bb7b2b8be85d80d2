"""One usnd a database on this server: the second does not start, and does not take over from the first.

daemon.py holds the claim while it runs. It is a name in the kernel (a Unix socket in the abstract namespace)
that goes with the process however that ends. Two servers cannot see each other's claim: between them the
store decides, and the one that comes later has it.
"""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from usnd.process.local_socket import credentials_of

_SQLITE = "sqlite:///"


class AlreadyRunning(Exception):
    """Another usnd of this server runs on the database. `process` is its id, 0 if it has just ended."""

    def __init__(self, process: int) -> None:
        super().__init__(process)
        self.process = process


@contextmanager
def claim(url: str) -> Iterator[None]:
    """Holds the database of that URL for this process. Raises AlreadyRunning."""
    name = "\0usnd-" + hashlib.sha256(_identity(url).encode()).hexdigest()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as held:
        try:
            held.bind(name)
            held.listen()
        except OSError as error:
            raise AlreadyRunning(_holder(name)) from error
        yield


def _identity(url: str) -> str:
    """The same text for two ways to write the same database, whoever logs in."""
    if url.startswith(_SQLITE):
        return str(Path(url.removeprefix(_SQLITE).partition("?")[0]).resolve())
    return url.partition("://")[2].rpartition("@")[2]


def _holder(name: str) -> int:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.connect(name)
            process, _uid, _gid = credentials_of(asking)
            return process
    except OSError:
        return 0
