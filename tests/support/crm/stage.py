"""The provisioning site beside a real usnd, each a process, and terminals that speak to it as nginx would."""

import asyncio
import http.client
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crm.certificates import DAY, Made, authority, revocation_list
from crm.documents import by_lxml
from lxml import etree

from usnd.web.provisioning.grammar import NAMESPACE
from workbench import ROOT
from workbench.parts.journal import Event, Journal
from workbench.parts.process import Process, private_directory, until

NOBODY = 9
"""The discard port: nobody listens."""
ONE, BULK = "/provisioning/v1", "/provisioning/v1/bulk"
P = {"p": NAMESPACE}


def request(id_: str, inner: str, more: str = "") -> bytes:
    return f'<request xmlns="{NAMESPACE}" id="{id_}"{more}>{inner}</request>'.encode()


def bulk(id_: str, rows: Sequence[str], more: str = "") -> bytes:
    return f'<bulk xmlns="{NAMESPACE}" id="{id_}"{more}>{"".join(rows)}</bulk>'.encode()


def number(nth: int) -> str:
    return f"+4477009{nth:05}"


def create(nth: int, more: str = "") -> str:
    return f"<create><subscriber><number>{number(nth)}</number>{more}</subscriber></create>"


def about(operation: str, nth: int) -> str:
    return f"<{operation}><number>{number(nth)}</number></{operation}>"


@dataclass(frozen=True)
class Answer:
    """One answer, which is by the schema."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def tree(self) -> Any:
        tree = etree.fromstring(self.body)
        by_lxml().assertValid(tree)
        return tree

    @property
    def code(self) -> int:
        return int(self.tree.find("p:result", P).get("code"))

    def text(self, path: str) -> str:
        return str(self.tree.find(path, P).text)


class Connection(http.client.HTTPConnection):
    """To the site's socket."""

    def __init__(self, path: Path, patience: float = 60) -> None:
        super().__init__("site", timeout=patience)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@dataclass(frozen=True)
class Terminal:
    """Whose certificate nginx passes on; None: nobody's."""

    socket: Path
    certificate: Made | None
    headers: dict[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, str]:
        shown = {"X-Usn-Terminal-Certificate": quote(self.certificate.pem)} if self.certificate else {}
        return {"Content-Type": "application/xml", **shown, **self.headers}

    def ask(self, body: bytes, path: str = ONE, method: str = "POST", on: Connection | None = None) -> Answer:
        connection = on or Connection(self.socket)
        try:
            connection.request(method, path, body, self.fields())
            got = connection.getresponse()
            return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
        finally:
            if on is None:
                connection.close()

    async def does(self, id_: str, inner: str, more: str = "") -> Answer:
        return await asyncio.to_thread(self.ask, request(id_, inner, more))

    async def bulk(self, id_: str, rows: Sequence[str], more: str = "") -> Answer:
        return await asyncio.to_thread(self.ask, bulk(id_, rows, more), BULK)


class Stage:
    """A home directory with both configurations, an authority with its list, and both processes."""

    def __init__(self) -> None:
        self.home = private_directory("usn-web-")
        self.socket = self.home / "site.sock"
        self.authority = authority("CA of these tests")
        self.own = self.authority.issue("crm-1")
        self.ca, self.crl = self.home / "client-ca.pem", self.home / "client-crl.pem"
        self.authority.save(self.ca)
        self.revoke()
        self.store_url = f"sqlite:///{self.home}/usn.db"
        self.config, self.site_config = self.home / "usnd.toml", self.home / "site.toml"
        self.config.write_text(
            f'[node]\nhome_region = "GB"\nshort_code = "52272"\nruntime = "{self.home}"\n'
            f'[store]\nurl = "{self.store_url}"\n[asterisk]\nport = {NOBODY}\nsecret = "hush-ami"\n'
            f'[[smsc]]\nname = "first"\nhost = "127.0.0.1"\nport = {NOBODY}\nsystem_id = "usn"\n'
            f'password = "hushsmsc"\n[provisioning]\nauthorities = "{self.home}"\n'
            f'credential_key = "{"5a" * 32}"\n[log]\nformat = "json"\n'
        )
        self.site_config.write_text(
            f'[web]\nsocket = "{self.socket}"\ncontrol = "{self.home}/control.sock"\n'
            f'store = "{self.store_url}"\n'
            f'client_ca = "{self.ca}"\nclient_crl = "{self.crl}"\nspool = "{self.home}"\n'
            '[log]\nformat = "json"\n'
        )
        self.usnd = self.process_of("run", self.config, "usnd.journal")
        self.site = self.process_of("web provisioning", self.site_config, "site.journal")
        self.journal = Journal(self.home / "site.journal")

    def process_of(self, words: str, config: Path, log: str) -> Process:
        command = [sys.executable, "-m", "usnd", *words.split(), "--config", str(config)]
        return Process(command, self.home / log, environment={"PYTHONPATH": str(ROOT)})

    def revoke(self, *certificates: Made, ends: timedelta = 10 * DAY) -> None:
        """The list of the authority, with these on it. `ends`: from now."""
        new = self.crl.with_suffix(".new")
        new.write_bytes(revocation_list(self.authority, certificates, ends))
        new.replace(self.crl)

    def terminal(self, certificate: Made | None = None) -> Terminal:
        return Terminal(self.socket, certificate or self.own)

    async def command(self, *words: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "usnd", *words, "--config", str(self.config)),
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    async def designate(
        self, name: str, certificate: Made, operations: str = "all", numbers: str = "all"
    ) -> None:
        path = certificate.save(self.home / f"{name}.pem")
        words = ("terminal", "designate", name, "--certificate", str(path))
        status, _, err = await self.command(*words, "--operations", operations, "--numbers", numbers)
        assert status == 0, err

    async def start_site(self) -> None:
        self.site.start()
        assert await until(self.answers, 20, 0.05), self.site.tail()

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as asking:
            return asking.connect_ex(str(self.socket)) == 0

    async def start_usnd(self) -> None:
        self.usnd.start()
        assert await until((self.home / "control.sock").exists, 20, 0.05), self.usnd.tail()

    def lines(self, event: str) -> list[Event]:
        return [one for one in self.journal.events() if one["event"] == event]

    def memory(self) -> int:
        """kB of the site."""
        status = Path(f"/proc/{self.site.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """All of it, with one terminal that may do everything."""
    made_here = Stage()
    try:
        status, _, err = await made_here.command("db", "upgrade")
        assert status == 0, err
        await made_here.designate("crm-1", made_here.own)
        await made_here.start_usnd()
        await made_here.start_site()
        yield made_here
    finally:
        await made_here.site.stop()
        await made_here.usnd.stop()
        written = "".join(path.read_text() for path in made_here.home.glob("*.journal"))
        shutil.rmtree(made_here.home)
    assert "Traceback" not in written, written[-5000:]
