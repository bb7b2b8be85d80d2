"""A request as it came: its head, and its body, which lies in memory while it is short, else in a file.

connections.py makes one of each request; who answers it reads it. How an answer begins is here, too.
"""

import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO

from usnd.domain.provisioning.codes import Code

Header = tuple[str, str]
_KEPT_IN_MEMORY = 512 * 1024
"""Octets. What is longer lies in a nameless file in the spool directory."""


class Gone(Exception):
    """The client is: nobody takes the answer."""


class Body:
    """What came so far. A piece that cannot be kept is lost, and so is the rest: it is told at the end.

    An answer before that would come while the body is still being sent, and nginx would not read it.
    """

    def __init__(self) -> None:
        self._pieces = list[bytes]()
        self._file: IO[bytes] | None = None
        self.octets = 0
        self.lost: OSError | None = None

    def append(self, piece: bytes) -> None:
        """The next piece."""
        self.octets += len(piece)
        if self._file is None and self.octets <= _KEPT_IN_MEMORY:
            self._pieces.append(piece)
        elif self.lost is None:
            self._keep(piece)

    def _keep(self, piece: bytes) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 # until the request is answered
            for one in (*self._pieces, piece):
                self._file.write(one)
            self._pieces.clear()
        except OSError as error:
            self._lose(error)

    def complete(self) -> None:
        """All of it has come: to be read from its beginning."""
        if self._file is not None and self.lost is None:
            try:
                self._file.seek(0)
            except OSError as error:
                self._lose(error)

    def _lose(self, error: OSError) -> None:
        self.lost = error
        self.close()

    def whole(self) -> bytes:
        """All of a body that is short enough for the memory."""
        return self.file().read()

    def file(self) -> IO[bytes]:
        """To read it once."""
        if self._file is not None:
            return self._file
        pieces = self._pieces
        return BytesIO(pieces[0] if len(pieces) == 1 else b"".join(pieces))

    def close(self) -> None:
        """The file goes."""
        self._pieces.clear()
        if self._file is not None:
            with suppress(OSError):
                self._file.close()


@dataclass(slots=True)
class Asked:
    """One request. headers: by name in small letters. path: of its address, query: behind the `?`.

    keeps: whether the connection stays for the next one. knows_chunks: whether the client has HTTP/1.1.
    is_long: its body has one of the places for long ones. wrong: why it is none; the answer says so.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    keeps: bool = True
    knows_chunks: bool = True
    is_long: bool = False
    wrong: Code | None = None
    body: Body = field(default_factory=Body)


def head_of(asked: Asked, status: str, headers: Iterable[Header]) -> bytes:
    """The head of an answer."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    last = "" if asked.keeps else "Connection: close\r\n"
    return f"HTTP/1.1 {status}\r\n{lines}{last}\r\n".encode("latin-1")
