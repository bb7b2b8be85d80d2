"""The CRM's side of a whole node, with nothing of ours in it: openssl, curl, and TLS by the standard library.

What the operators of the node do for it goes by the command.
"""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from crm.authority import KEY, Authority
from crm.terminals import Answer, Terminal
from lxml import etree

from workbench.parts.crm.front import PATH, ProvisioningFront
from workbench.parts.crm.node import ProvisioningNode

SPACE = "urn:usn:provisioning:1"
BULK = f"{PATH}/bulk"
XML = ("-H", "Content-Type: application/xml")


def request(id_: str, inner: str, more: str = "") -> bytes:
    return f'<request xmlns="{SPACE}" id="{id_}"{more}>{inner}</request>'.encode()


def bulk(id_: str, rows: Sequence[str], more: str = "") -> bytes:
    return f'<bulk xmlns="{SPACE}" id="{id_}"{more}>{"".join(rows)}</bulk>'.encode()


def create(number: str, more: str = "") -> str:
    return f"<create><subscriber><number>{number}</number>{more}</subscriber></create>"


def change(number: str, more: str) -> str:
    return f"<change><subscriber><number>{number}</number>{more}</subscriber></change>"


def about(operation: str, number: str, more: str = "") -> str:
    return f"<{operation}{more}><number>{number}</number></{operation}>"


class Outside:
    """The CRM's directory: keys, certificates, and `ca.pem`, by which it knows the node."""

    def __init__(self, front: ProvisioningFront, place: Path) -> None:
        place.mkdir()
        self.front, self.place = front, place
        (place / "ca.pem").write_bytes(front.server_ca.read_bytes())
        self._numbers = 0

    def number(self) -> str:
        """Of somebody whom no test has had yet."""
        self._numbers += 1
        return f"+4477009{self._numbers:05}"

    def terminal(self, name: str | None = "crm-1", place: Path | None = None) -> Terminal:
        """It shows that certificate; None: none. `place`: where the certificate is."""
        return Terminal(self.front.port, self.place / "ca.pem", place or self.place, name)

    async def ask(self, id_: str, inner: str, more: str = "", by: Terminal | None = None) -> Answer:
        """One request by curl; its answer is by the schema that the node publishes."""
        return await self.post(request(id_, inner, more), by=by)

    async def post(self, body: bytes, path: str = PATH, by: Terminal | None = None) -> Answer:
        answer = await (by or self.terminal()).curl(*XML, path=path, body=body)
        self.schema.assertValid(etree.fromstring(answer.body))
        return answer

    @cached_property
    def schema(self) -> Any:
        """As `GET …/schema` gives it."""
        files = ("--cert", f"{self.place}/crm-1.pem", "--key", f"{self.place}/crm-1.key")
        address = f"https://{self.front.address}{PATH}/schema"
        command = ["curl", "-sSf", "--cacert", str(self.place / "ca.pem"), *files, address]
        return etree.XMLSchema(
            etree.fromstring(subprocess.run(command, check=True, capture_output=True).stdout)
        )

    def openssl(self, *words: str) -> str:
        done = subprocess.run(["openssl", *words], cwd=self.place, check=True, capture_output=True, text=True)
        return done.stdout

    def serial(self, name: str) -> str:
        """Of a certificate, in hexadecimal digits."""
        return (
            self.openssl("x509", "-in", f"{name}.pem", "-noout", "-serial").strip().partition("=")[2].lower()
        )

    def asked(self, name: str) -> Path:
        """A key, and the request for its certificate."""
        files = ("-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.openssl("req", "-new", *KEY, "-subj", f"/CN={name}", *files)
        return self.place / f"{name}.csr"

    def certified(self, name: str) -> Path:
        """Its certificate by our request, from those who run the node."""
        out = self.place / f"{name}.out"
        self.front.command("ca", "issue", name, "--request", str(self.asked(name)), "--out", str(out))
        made = self.place / f"{name}.pem"
        made.write_bytes((out / f"{name}.pem").read_bytes())
        return made

    def designated(
        self, name: str, operations: str = "all", numbers: str = "all", *, file: str = ""
    ) -> Terminal:
        """A terminal that may do this. `file`: the certificate's name, else its own."""
        path = self.place / f"{file or name}.pem"
        if not path.exists():
            self.certified(file or name)
        rights = ("--operations", operations, "--numbers", numbers)
        self.front.command("terminal", "designate", name, "--certificate", str(path), *rights)
        return self.terminal(file or name)

    @cached_property
    def odd(self) -> Authority:
        """The node's authority, issuing what `usnd ca` would not."""
        ours = self.front.authority
        return Authority.with_key_of(self.place / "odd", ours / "ca.pem", ours / "ca.key")

    def oddly_certified(self, name: str, between: tuple[str, str] | None = None) -> Terminal:
        """By the node's authority, from and until when."""
        self.odd.issue(name, between=between)
        return self.terminal(name, self.odd.place)


@dataclass(frozen=True)
class Here:
    """The node, the CRM, and the database as its operator sees it."""

    node: ProvisioningNode
    crm: Outside
    sql: Callable[[str], list[Any]]


@asynccontextmanager
async def outside(
    store_url: str, smsc_port: int | None = None
) -> AsyncIterator[tuple[ProvisioningNode, Outside]]:
    """A node on that database, and the CRM with terminal `crm-1`, which may do everything."""
    node = ProvisioningNode(store_url) if smsc_port is None else ProvisioningNode(store_url, smsc_port)
    async with node:
        crm = Outside(node.front, node.home / "crm")
        crm.designated("crm-1")
        yield node, crm


async def eventually(ask: Any, code: int, seconds: float = 20) -> Answer:
    """Asks again, each time the same, until the answer has that code."""
    for _ in range(int(seconds * 30)):
        answer: Answer = await ask()
        if answer.code == code:
            return answer
        await asyncio.sleep(0.2)
    raise AssertionError(answer.body)
