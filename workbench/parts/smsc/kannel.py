"""Kannel without root: bearerbox bound to an SMSC as an ESME of another make, smsbox with HTTP beside it.

Starts both with a private configuration, and keeps what Kannel says it received. Kannel cannot be the SMSC:
Debian has no opensmppbox, and `drive_smpp` of kannel-extras is wired to a bearerbox of its own.
"""

import asyncio
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.parts import debian
from workbench.parts.ports import HOST, PortBlock
from workbench.parts.process import Part, PartError, Process, private_directory, until
from workbench.parts.smsc.http11 import HttpClient, HttpListener, Query

SKIP = ("libc6_",)  # the host has its own C library
RELEASES = ("bookworm", "trixie")  # those with a package of it, where the host's own release has none
START_PATIENCE = 20.0
ACCEPTED = 202
ONLINE = "(online"
_PASSWORD = "secret"  # noqa: S105 (of a peer on loopback)
_UCS2 = 2
_WHOLE = 1_000_000  # lines


@dataclass(frozen=True)
class Received:
    """An MO text as Kannel read it, its parts joined by Kannel."""

    sender: str
    recipient: str
    body: str


def kannel_tree() -> Path:
    """Kannel's packages, unpacked: of the host's release, else of one that has them. Raises DebianError."""
    suites = list(dict.fromkeys([debian.host_suite(), *RELEASES]))
    for suite in suites[:-1]:
        try:
            return debian.tree(suite, ["kannel"], skip=SKIP)
        except debian.DebianError:
            continue
    return debian.tree(suites[-1], ["kannel"], skip=SKIP)


class Kannel(Part):
    """`async with` starts bearerbox and smsbox and stops both. `received`: every MO text, in order."""

    def __init__(
        self, tree: Path, smsc_port: int, smsc: Mapping[str, object] | None = None, *, verbosity: int = 1
    ) -> None:
        """`smsc`: settings of Kannel's group `smsc`, over those here; `verbosity`: 0 logs every PDU."""
        self.home = private_directory("usn-kannel-")
        self.received: list[Received] = []
        self._ports = PortBlock()
        self._listener = HttpListener(self._take)
        self._smsc = {**self._link(smsc_port), **(smsc or {})}
        environment = debian.libraries(tree)
        config = str(self.home / "kannel.conf")

        def box(name: str) -> Process:
            command = [str(tree / "usr/sbin" / name), "-v", str(verbosity), config]
            return Process(command, self.home / f"{name}.log", environment=environment)

        self.bearerbox, self._smsbox = box("bearerbox"), box("smsbox")
        self._admin = HttpClient(self._ports.spare(0))

    @property
    def sendsms_port(self) -> int:
        """Where smsbox takes texts by HTTP."""
        return self._ports.spare(2)

    async def send(self, sender: str, recipient: str, body: str, **more: str | int) -> None:
        """An MT text by HTTP; `coding=2` for UCS-2. Raises PartError when smsbox does not accept it."""
        client = HttpClient(self.sendsms_port)
        try:
            status, answer = await client.get(
                "/cgi-bin/sendsms", self.request(sender, recipient, body, **more)
            )
        finally:
            client.close()
        if status != ACCEPTED:
            raise PartError(f"smsbox answered {status}: {answer}")

    def request(self, sender: str, recipient: str, body: str, **more: str | int) -> dict[str, str | int]:
        """The parameters of `GET /cgi-bin/sendsms` for a text."""
        who = {"username": "usn", "password": _PASSWORD, "from": sender, "to": recipient}
        return {**who, "text": body, "charset": "utf-8", **more}

    async def until_received(self, count: int, patience: float = 10.0) -> list[Received]:
        """The MO texts, once there are so many. Raises PartError."""
        if not await until(lambda: len(self.received) >= count, patience):
            raise PartError(f"Kannel has {len(self.received)} texts of {count}:\n{self.log()}")
        return self.received

    async def until_logged(self, words: str, patience: float = 10.0) -> None:
        """Waits for the words in bearerbox's log. Raises PartError."""
        if not await until(lambda: words in self.bearerbox.tail(_WHOLE), patience, 0.05):
            raise PartError(f"bearerbox never wrote {words!r}:\n{self.log()}")

    async def until_status(self, words: str, patience: float = START_PATIENCE) -> None:
        """Waits until bearerbox says so of itself: `(online` once it is bound. Raises PartError."""
        deadline = time.monotonic() + patience
        while words not in (told := await self.status()):
            if time.monotonic() > deadline or not self.bearerbox.alive:
                raise PartError(f"Kannel never said {words!r}:\n{told}\n{self.log()}")
            await asyncio.sleep(0.05)

    async def status(self) -> str:
        """Bearerbox's own account of itself, as text; empty while it does not listen."""
        try:
            return (await self._admin.get("/status.txt", {"password": _PASSWORD}))[1]
        except ConnectionError:
            return ""

    def log(self) -> str:
        """The ends of both logs."""
        return f"{self.bearerbox.tail()}\n{self._smsbox.tail()}"

    async def start(self) -> None:
        """Returns when Kannel takes texts and is bound. Raises PartError."""
        await self._listener.__aenter__()
        (self.home / "spool").mkdir(exist_ok=True)
        (self.home / "kannel.conf").write_text(self._configuration())
        self.bearerbox.start()
        await self.until_status(ONLINE)
        self._smsbox.start()
        await self.until_status("smsbox:")

    async def stop(self) -> None:
        """smsbox, then bearerbox, which unbinds."""
        try:
            await self._smsbox.stop()
            await self.bearerbox.stop()
        finally:
            self._admin.close()
            await self._listener.__aexit__(None, None, None)
            self._ports.close()
            shutil.rmtree(self.home, ignore_errors=True)

    def _take(self, query: Query) -> None:
        charset = "utf-16-be" if query["coding"] == b"%d" % _UCS2 else "utf-8"
        sender, recipient = query["from"].decode(), query["to"].decode()
        self.received.append(Received(sender, recipient, query["text"].decode(charset)))

    def _link(self, port: int) -> dict[str, object]:
        return {
            "smsc": "smpp",
            "smsc-id": "peer",
            "host": HOST,
            "port": port,
            "transceiver-mode": "true",
            "smsc-username": "usn",
            "smsc-password": "secret",
            "system-type": '""',
            "interface-version": 34,
            "reconnect-delay": 1,
            "source-addr-autodetect": "no",
            "source-addr-ton": 0,  # TON and NPI count only together
            "source-addr-npi": 1,
            "dest-addr-ton": 1,
            "dest-addr-npi": 1,
        }

    def _configuration(self) -> str:
        catch = f"http://{HOST}:{self._listener.port}/mo?from=%p&to=%P&text=%b&coding=%c"
        groups: tuple[tuple[str, Mapping[str, object]], ...] = (
            (
                "core",
                {
                    "admin-port": self._ports.spare(0),
                    "admin-interface": HOST,
                    "admin-password": _PASSWORD,
                    "smsbox-port": self._ports.spare(1),
                    "smsbox-interface": HOST,
                    "box-allow-ip": HOST,
                    "dlr-storage": "internal",
                    "sms-resend-freq": 1,  # how soon a throttled text goes again
                    "store-type": "spool",
                    "store-location": self.home / "spool",
                    "sms-combine-concatenated-mo": "true",
                },
            ),
            ("smsc", self._smsc),
            (
                "smsbox",
                {"bearerbox-host": HOST, "sendsms-port": self.sendsms_port, "sendsms-interface": HOST},
            ),
            (
                "sendsms-user",
                {"username": "usn", "password": _PASSWORD, "concatenation": "true", "max-messages": 20},
            ),
            (
                "sms-service",
                {"keyword": "default", "catch-all": "true", "max-messages": 0, "get-url": f'"{catch}"'},
            ),
        )
        return "\n".join(
            f"group = {name}\n" + "".join(f"{key} = {value}\n" for key, value in settings.items())
            for name, settings in groups
        )
