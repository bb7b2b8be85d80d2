"""A terminal of the CRM: its documents, its connections by TLS with its certificate, and what it is answered.

Blocking, for any thread; whoever needs many connections at once uses `context` with asyncio.
"""

import http.client
import re
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from workbench.parts.ports import HOST

NAMESPACE = "urn:usn:provisioning:1"
ONE, BULK = "/provisioning/v1", "/provisioning/v1/bulk"
TYPE = {"Content-Type": "application/xml"}
_CODE = re.compile(rb'<(?:result|summary) code="(\d+)"')
_PIECE = 65_536


def request(id_: str, inner: str) -> bytes:
    """A document with one request."""
    return f'<request xmlns="{NAMESPACE}" id="{id_}">{inner}</request>'.encode()


def bulk(id_: str, rows: Iterable[str], first: int = 1) -> bytes:
    """A bulk. `first`: the row from which on it is to be answered."""
    return f'<bulk xmlns="{NAMESPACE}" id="{id_}" from="{first}">{"".join(rows)}</bulk>'.encode()


def number(nth: int) -> str:
    """The telephone number of a subscriber."""
    return f"+4477{nth:08}"


def create(written: str, more: str = "") -> str:
    """An order for a new subscriber. `more`: elements."""
    return f"<create><subscriber><number>{written}</number>{more}</subscriber></create>"


def about(operation: str, written: str) -> str:
    """An order that has no more than a number."""
    return f"<{operation}><number>{written}</number></{operation}>"


def code_in(body: bytes) -> int | None:
    """The code of a response, or of a bulk's summary; None: there is none."""
    found = _CODE.search(body)
    return None if found is None else int(found[1])


@dataclass(frozen=True)
class Terminal:
    """Who speaks to nginx at `port`: the files of its certificate, and whom it believes.

    address: of this machine, where its connections come from.
    """

    port: int
    authority: Path
    certificate: Path
    key: Path
    address: str = HOST

    @cached_property
    def context(self) -> ssl.SSLContext:
        """For each of its connections."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.load_cert_chain(self.certificate, self.key)
        return context

    def connection(self, patience: float = 60.0) -> http.client.HTTPSConnection:
        """Not connected yet; `patience`: seconds of silence."""
        return http.client.HTTPSConnection(
            HOST, self.port, context=self.context, timeout=patience, source_address=(self.address, 0)
        )

    def ask(
        self, body: bytes, path: str = ONE, on: http.client.HTTPSConnection | None = None
    ) -> tuple[int, bytes]:
        """Status and body of the answer. Raises OSError, http.client.HTTPException."""
        connection = on or self.connection()
        try:
            connection.request("POST", path, body, TYPE)
            got = connection.getresponse()
            return got.status, got.read()
        finally:
            if on is None:
                connection.close()

    def lines(self, document: bytes, patience: float = 60.0) -> Iterator[bytes]:
        """A bulk's answer line by line, as it comes: whole lines only.

        Raises OSError, http.client.HTTPException when it is cut off; Refused.
        """
        connection = self.connection(patience)
        try:
            connection.request("POST", BULK, document, TYPE)
            got = connection.getresponse()
            if got.status != http.client.OK:
                raise Refused(got.status, code_in(got.read()))
            rest = b""
            while piece := got.read1(_PIECE):
                *whole, rest = (rest + piece).split(b"\n")
                yield from whole
        finally:
            connection.close()


class Refused(Exception):
    """A bulk as a whole. `code`: None where the answer has none."""

    def __init__(self, status: int, code: int | None) -> None:
        super().__init__(f"HTTP {status}, code {code}")
        self.status, self.code = status, code
