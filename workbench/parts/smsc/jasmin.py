"""Jasmin without root: its SMPP server towards an ESME, its SMPP client towards an SMSC, its HTTP API.

Makes its environment of Python packages in the cache, and starts its brokers and its process with a
configuration. It needs Python 3.11: what Jasmin pins is built for no later one.
"""

import asyncio
import shutil
import sys
from pathlib import Path

from workbench import ROOT
from workbench.parts.debian import DebianError
from workbench.parts.ports import HOST, PortBlock
from workbench.parts.process import Part, PartError, Process, private_directory, until
from workbench.parts.smsc.brokers import Brokers, brokers_tree, listening
from workbench.parts.smsc.http11 import HttpClient
from workbench.setup.peer_environment import NoPeer, peer_environment

PEERS = ROOT / "tests/peers"
REQUIREMENTS = PEERS / "jasmin-requirements.txt"
BUILD_REQUIREMENTS = PEERS / "jasmin-build-requirements.txt"
START_PATIENCE = 40.0
SYSTEM_ID = "usn"
PASSWORD = "secret"  # noqa: S105 (of a peer on loopback)
_PROMPTS = (b"jcli : ", b"\n> ")


# Jasmin's lock is one fixed file for the whole machine, and stays when it is killed.
_LAUNCHER = """
import lockfile, os, runpy, sys
shared = lockfile.FileLock
lockfile.FileLock = lambda path: shared(os.path.join(os.environ["ROOT_PATH"], "jasmind"))
sys.argv = [sys.argv[1], "--enable-deliver-thrower"]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class NoJasmin(PartError):
    """Jasmin cannot run here; the text says why."""


def jasmin_environment() -> Path:
    """The directory of Jasmin's own Python environment; made once, from pinned hashes. Raises NoJasmin."""
    python = sys.executable if sys.version_info[:2] == (3, 11) else shutil.which("python3.11")
    if python is None:
        raise NoJasmin("Jasmin 0.11 needs Python 3.11, and this host has none")
    # Some is built here, with a locked setuptools that still has the pkg_resources which Jasmin imports.
    locks = ((BUILD_REQUIREMENTS, ()), (REQUIREMENTS, ("--no-build-isolation",)))
    try:
        return peer_environment("Jasmin", locks, python)
    except NoPeer as error:
        raise NoJasmin(str(error)) from error


def brokers() -> Brokers:
    """Redis and RabbitMQ for it. Raises NoJasmin."""
    try:
        return Brokers(brokers_tree())
    except DebianError as error:
        raise NoJasmin(f"Jasmin's brokers cannot be had: {error}") from error


class Jasmin(Part):
    """`async with` starts the brokers and Jasmin, bound to the SMSC, and stops all.

    Texts submitted by ESMEs and by HTTP go to the SMSC; what the SMSC delivers goes to the ESME bound as
    SYSTEM_ID.
    """

    def __init__(self, environment: Path, brokers: Brokers, smsc_port: int) -> None:
        self.home = private_directory("usn-jasmin-")
        self._brokers = brokers
        self._smsc_port = smsc_port
        self._ports = PortBlock()
        self.smpp_port, self.http_port, self._jcli_port = (self._ports.spare(number) for number in range(3))
        for folder in ("etc/jasmin/resource", "etc/jasmin/store", "var/log/jasmin"):
            (self.home / folder).mkdir(parents=True)
        # The wheel lacks what Jasmin's own archive has at this place; its AMQP library ships the same.
        spec = next(environment.glob("lib/*/site-packages/txamqp/specs/standard/amqp0-9-1.stripped.xml"))
        shutil.copy(spec, self.home / "etc/jasmin/resource/amqp0-9-1.xml")
        self.config = self.home / "etc/jasmin/jasmin.cfg"
        self.config.write_text(self._configuration())
        script = str(environment / "bin/jasmind.py")
        self.process = Process(
            [str(environment / "bin/python"), "-c", _LAUNCHER, script],
            self.home / "jasmin.log",
            environment={"ROOT_PATH": str(self.home), "CONFIG_PATH": f"{self.home}/etc/jasmin/"},
        )

    async def send(self, sender: str, recipient: str, octets: bytes, coding: int = 0) -> str:
        """An MT text by HTTP: octets in that data_coding; gives Jasmin's id. Raises PartError."""
        client = HttpClient(self.http_port)
        try:
            status, answer = await client.get("/send", self.request(sender, recipient, octets, coding))
        finally:
            client.close()
        if status != 200:  # noqa: PLR2004 (HTTP's OK)
            raise PartError(f"Jasmin answered {status}: {answer}")
        return answer

    def request(
        self, sender: str, recipient: str, octets: bytes, coding: int = 0
    ) -> dict[str, str | bytes | int]:
        """The parameters of `GET /send` for a text."""
        who: dict[str, str | bytes | int] = {"username": SYSTEM_ID, "password": PASSWORD}
        return {**who, "from": sender, "to": recipient, "hex-content": octets.hex(), "coding": coding}

    async def start(self) -> None:
        """Returns when Jasmin is bound to the SMSC and takes binds and HTTP. Raises PartError."""
        await self._brokers.start()
        self.process.start()
        for port in (self._jcli_port, self.smpp_port, self.http_port):
            await listening(port, self.process, START_PATIENCE)
        await self._provision()

    async def stop(self) -> None:
        """Jasmin, then its brokers."""
        try:
            await self.process.stop()
        finally:
            self._ports.close()
            shutil.rmtree(self.home, ignore_errors=True)
            await self._brokers.stop()

    def log(self, name: str = "") -> str:
        """The end of what it wrote, or of its log file of that name."""
        if not name:
            return self.process.tail()
        return "\n".join((self.home / "var/log/jasmin" / name).read_text().splitlines()[-30:])

    async def _provision(self) -> None:
        """The user, the connector and the routes, by Jasmin's console."""
        connector = {
            "cid": "smsc",
            "host": HOST,
            "port": self._smsc_port,
            "username": SYSTEM_ID,
            "password": PASSWORD,
            "bind": "transceiver",
            "submit_throughput": 0,  # unlimited; the default is one a second
            "elink_interval": 5,
            "requeue_delay": 1,
            "con_fail_delay": 1,
            "con_loss_delay": 1,
        }
        user = {"username": SYSTEM_ID, "password": PASSWORD, "uid": SYSTEM_ID, "gid": "all"}
        mt = {"type": "DefaultRoute", "connector": "smppc(smsc)", "rate": "0.0"}
        mo = {"type": "DefaultRoute", "connector": f"smpps({SYSTEM_ID})"}
        streams = await asyncio.open_connection(HOST, self._jcli_port)
        try:
            await streams[0].readuntil(b"Session ref")  # no prompt follows: an empty line gets the first
            await _type(streams, "")
            for command, fields in (
                ("group -a", {"gid": "all"}),
                ("user -a", user),
                ("smppccm -a", connector),
                ("mtrouter -a", mt),
                ("morouter -a", mo),
            ):
                told = await _type(
                    streams, command, *(f"{name} {value}" for name, value in fields.items()), "ok"
                )
                if "uccessfully" not in told:
                    raise PartError(f"Jasmin's console to {command!r}: {told}")
            await _type(streams, "smppccm -1 smsc")
        finally:
            streams[1].close()

    async def until_bound(self, patience: float = START_PATIENCE) -> None:
        """Waits until Jasmin is bound to the SMSC. Raises PartError."""
        log = self.home / "var/log/jasmin/default-smsc.log"

        def bound() -> bool:
            return log.exists() and "BOUND_TRX" in log.read_text()

        if not await until(bound, patience, 0.1):
            raise PartError(f"Jasmin is not bound:\n{self.process.tail()}")

    def _configuration(self) -> str:
        sections: dict[str, dict[str, object]] = {
            "smpp-server": {"port": self.smpp_port, "enquireLinkTimerSecs": 5},
            "smpp-server-pb": {"port": self._ports.spare(3)},
            "client-management": {"port": self._ports.spare(4)},
            "router": {"port": self._ports.spare(5)},
            "http-api": {"port": self.http_port, "long_content_max_parts": 20},
            "sm-listener": {"submit_error_retrial": {"ESME_RTHROTTLED": {"count": 100, "delay": 1}}},
            "jcli": {"port": self._jcli_port, "authentication": "no"},
            "amqp-broker": {"host": HOST, "port": self._brokers.amqp_port},
            "redis-client": {"host": HOST, "port": self._brokers.redis_port},
        }
        for name in ("smpp-server", "smpp-server-pb", "client-management", "router", "http-api", "jcli"):
            sections[name]["bind"] = HOST
        return "\n".join(
            f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items())
            for name, settings in sections.items()
        )

    async def begin(self) -> None:
        """Bound, too."""
        await self.start()
        await self.until_bound()


async def _type(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], *lines: str) -> str:
    """What Jasmin's console says to the last line."""
    told = ""
    for line in lines:
        streams[1].write(f"{line}\r\n".encode())
        told = await _answer(streams[0])
    return told


async def _answer(reader: asyncio.StreamReader) -> str:
    """What it says up to its next prompt. Raises PartError when there is none in time."""
    told = b""
    try:
        async with asyncio.timeout(10):
            while not told.endswith(_PROMPTS):
                if not (data := await reader.read(4096)):
                    break
                told += data
    except TimeoutError:
        raise PartError(f"Jasmin's console says nothing behind {told!r}") from None
    return told.decode("utf-8", "replace")
