"""A terminal of the CRM as tests play it: by curl, or octet by octet over a TLS connection."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from crm.authority import Authority

from usnd.domain.provisioning.codes import CATALOGUE, Code
from workbench.parts.nginx import Tls
from workbench.parts.ports import HOST

NAMESPACE = "{urn:usn:provisioning:1}"
SINGLE = "/provisioning/v1/subscribers"
BULK = "/provisioning/v1/bulk"


@dataclass(frozen=True)
class Authorities:
    """Ours, and a foreign one that also calls itself ours."""

    ours: Authority
    foreign: Authority

    def tls(self, crl: str = "ca.crl") -> Tls:
        place = self.ours.place
        return Tls(place / "server.pem", place / "server.key", place / "ca.pem", place / crl)


@dataclass(frozen=True)
class Answer:
    """One answer: its status, fields by lower-case name, and body."""

    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def document(self) -> ET.Element:
        return ET.fromstring(self.body)

    @property
    def code(self) -> int:
        """Of an answer to one request; of one to a bulk, its summary's."""
        document = self.document
        result = document.find(f"{NAMESPACE}result")
        if result is None:
            result = document.find(f"{NAMESPACE}summary")
        assert result is not None, self.body
        return int(result.attrib["code"])

    def text(self, path: str) -> str | None:
        """Of the element with that path of names, as `subscriber/name`; None: there is none."""
        return self.document.findtext("/".join(NAMESPACE + name for name in path.split("/")))

    def refuses(self, code: Code) -> ET.Element:
        """Sees that it is a refusal with this code, by the schema's shape; gives the document."""
        document = ET.fromstring(self.body)
        (result,) = document
        (text,) = result
        assert (document.tag, result.tag, text.tag) == tuple(
            NAMESPACE + tag for tag in ("response", "result", "text")
        )
        assert result.attrib == {"code": str(int(code))}
        assert text.text == CATALOGUE[code].text
        assert self.status == CATALOGUE[code].status
        assert self.fields["content-type"] == "application/xml; charset=utf-8"
        assert len(document.attrib["server"]) == 32
        return document


def answer_in(written: bytes) -> Answer:
    """The last of the answers that curl printed; those before it are 1xx."""
    while True:
        head, _, rest = written.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        status = int(line.split(" ")[1])
        if status >= 200:
            break
        written = rest
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(status, fields, rest)


@dataclass(frozen=True)
class Terminal:
    """`place` and `name`: whose certificate it shows; without a name it shows none."""

    port: int
    server_ca: Path
    place: Path
    name: str | None = "terminal"

    def _files(self) -> list[str]:
        if self.name is None:
            return []
        return ["--cert", f"{self.place}/{self.name}.pem", "--key", f"{self.place}/{self.name}.key"]

    async def curl(self, *words: str, path: str = SINGLE, body: bytes | None = b"<order/>") -> Answer:
        """What curl got. `body`: POSTed as it is, unless it is None."""
        data = [] if body is None else ["--data-binary", "@-"]
        command = ["curl", "-sSi", "--http1.1", "--path-as-is", "--max-time", "120"]
        command += ["--cacert", str(self.server_ca), *self._files(), *data, *words]
        process = await asyncio.create_subprocess_exec(
            *command,
            f"https://{HOST}:{self.port}{path}",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(body)
        assert out, err.decode()
        return answer_in(out)

    async def connect(self, address: str = HOST) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection whose handshake is done, from a loopback address of this machine."""
        context = ssl.create_default_context(cafile=str(self.server_ca))
        if self.name is not None:
            context.load_cert_chain(f"{self.place}/{self.name}.pem", f"{self.place}/{self.name}.key")
        return await asyncio.open_connection(HOST, self.port, ssl=context, local_addr=(address, 0))


Showing = Callable[[str | None], Terminal]


def post(body: bytes = b"<order/>", *, path: str = SINGLE, more: str = "") -> bytes:
    """A request as it is on the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: usn\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """The next answer on a connection. Raises IncompleteReadError when the connection is closed instead."""
    head = await reader.readuntil(b"\r\n\r\n")
    found = answer_in(head)
    body = await reader.readexactly(int(found.fields["content-length"]))
    return Answer(found.status, found.fields, body)


async def leave(writer: asyncio.StreamWriter) -> None:
    """Cuts the connection, without a word to the other end; it is gone then."""
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()
