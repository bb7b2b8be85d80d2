"""A private Asterisk: the real one, from Debian's packages, without root.

It has directories, configuration and ports of its own, and ends with whoever started it. There is no
autoloading: only the modules listed in conf/ are loaded. The USN's has the configuration of a node (conf/node
includes it), and its trunk by the product's pjsip.conf.
"""

import asyncio
import re
import secrets
import shutil
import socket
import time
from collections.abc import Mapping
from importlib.resources import files as files_of
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from string import Template

from msgspec import structs

from usnd.config.pjsip_conf import pjsip_conf
from usnd.config.trunks import TrunkConfig, TrunksConfig
from usnd.domain.network.hosts import Host, OwnAddress
from workbench import ROOT
from workbench.parts import debian
from workbench.parts.ports import HOST, PortBlock
from workbench.parts.process import Part, PartError, Process, private_directory, until
from workbench.parts.voice.manager import Account, Answer, act

PACKAGES = ("asterisk", "asterisk-core-sounds-en-gsm")
SUITE = "forky"  # the first Debian release with Asterisk 22
CONF = ROOT / "workbench/conf"
CONTRACT = Path(str(files_of("usnd.asterisk") / "conf"))
TRUNK = "trunk-msc"
DAY = 86_400
START_PATIENCE = 20.0


def asterisk_tree() -> Path:
    """The unpacked Asterisk and its sounds. Raises DebianError."""
    return debian.tree(SUITE, PACKAGES)


def render(folder: str, values: Mapping[str, str]) -> dict[str, str]:
    """Each template in conf/`folder` filled in, by file name."""
    return {
        path.name: Template(path.read_text()).substitute(values)
        for path in sorted((CONF / folder).glob("*.conf"))
    }


def usn_asterisk(  # noqa: PLR0913 # each has its default
    tree: Path,
    switch_port: int,
    files: Mapping[str, str],
    name: str = "node",
    qualify: int = 0,
    calls: int = 200,
    *,
    realtime: bool = False,
    timers: bool = True,
) -> "Asterisk":
    """The USN's Asterisk: trunk `trunk-msc` to the switch at `switch_port`, calls in to `usn-incoming`.

    `files`: the product's dialplan and conference profiles, as extensions.conf and confbridge.conf.
    `qualify`: seconds between OPTIONS, 0 for none; `calls`: most at once. AMI by `usnd_account`.
    `realtime`: before all that is not, as Debian's unit starts it; for root. Without `timers` a call also
    lives where its handset sends no speech and answers no request.
    """
    node = Asterisk(tree, name, {}, files, calls=calls, realtime=realtime, kind="node")
    trunk = TrunkConfig(name=TRUNK, host=Host(HOST), port=switch_port, qualify=qualify, codecs=("alaw",))
    common = TrunksConfig(bind=OwnAddress(HOST), bind_port=node.ports.sip)
    if not timers:
        common = structs.replace(common, media_timeout=0, session_expires=DAY)
    node.add_files({"pjsip.conf": pjsip_conf([trunk], common)})
    return node


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


class Asterisk(Part):
    """One instance. `async with` starts it and stops it, also on exceptions."""

    def __init__(  # noqa: PLR0913 # each has its default
        self,
        tree: Path,
        name: str,
        values: Mapping[str, str],
        files: Mapping[str, str],
        host: str = HOST,
        calls: int = 200,
        *,
        realtime: bool = False,
        kind: str = "peer",
    ) -> None:
        """`values` fill the templates of conf/asterisk and conf/`kind`.

        `files` (name to text) are added to astetcdir.

        `host`: the address of SIP and media; from its network calls are taken. `calls`: how many at once have
        ports. `realtime`: see `usn_asterisk`.
        """
        self.name = name
        self.host = host
        self.ports = PortBlock(calls)
        self.home = private_directory(f"usn-{name}-")
        self.account = Account(self.ports.manager, "workbench", secrets.token_hex(16))
        self.usnd_account = Account(self.ports.manager, "usnd", secrets.token_hex(16))
        self._tree = tree
        own = {**self._own_values(), **values}
        self._lay_out({**render("asterisk", own), **render(kind, own), **files})
        program, settings = str(tree / "usr/sbin/asterisk"), str(self.home / "etc/asterisk.conf")
        command = [*debian.loader(tree), program, "-f", "-C", settings, *(["-p"] if realtime else [])]
        self.process = Process(command, self.home / "log" / "console.log")

    def _own_values(self) -> dict[str, str]:
        first, last = self.ports.rtp
        return {
            "name": self.name,
            "home": str(self.home),
            "modules": str(next(self._tree.glob("usr/lib/**/asterisk/modules"))),
            "contract": str(CONTRACT),
            "data": str(self._tree / "usr/share/asterisk"),
            "manager_port": str(self.ports.manager),
            "workbench_secret": self.account.secret,
            "usnd_secret": self.usnd_account.secret,
            "host": self.host,
            "network": self.host if self.host == HOST else f"{self.host}/24",
            "sip_port": str(self.ports.sip),
            "rtp_first": str(first),
            "rtp_last": str(last),
        }

    def _lay_out(self, files: Mapping[str, str]) -> None:
        for part in ("etc", "lib", "spool", "run", "log"):
            (self.home / part).mkdir()
        self.add_files(files)

    def add_files(self, files: Mapping[str, str]) -> None:
        """Adds or replaces files of its configuration; read at `start` or on a reload."""
        for name, text in files.items():
            (self.home / "etc" / name).write_text(text)

    async def start(self) -> None:
        """Returns when it is fully booted. Raises PartError with the end of its log."""
        self.process.start()
        port = self.ports.manager

        def listening() -> bool:
            return not self.process.alive or _listens(port)

        if not await until(listening, START_PATIENCE) or not self.process.alive:
            raise PartError(f"Asterisk {self.name} did not start:\n{self.log()}")
        await self._booted()

    async def _booted(self) -> None:
        """The manager listens before the console knows any command, this one too."""
        deadline = time.monotonic() + START_PATIENCE
        while True:
            booted = {"Command": "core waitfullybooted"}
            answer = await act(self.account, "Command", booted, START_PATIENCE)
            if "fully booted" in answer.output:
                return
            if time.monotonic() > deadline:
                raise PartError(f"Asterisk {self.name} did not boot: {answer.output}\n{self.log()}")
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """Ends it and removes its directories. Calls in it end without a signal to their peers."""
        try:
            await self.process.stop()
        finally:
            self.ports.close()
            shutil.rmtree(self.home, ignore_errors=True)

    def kill(self) -> None:
        """SIGKILL: what a crash looks like. `start` brings it back with its database."""
        self.process.kill()

    def freeze(self) -> None:
        """SIGSTOP: connected but silent."""
        self.process.send(SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.process.send(SIGCONT)

    async def act(self, action: str, **fields: str) -> Answer:
        """One manager action with all rights. Raises PartError when there is no answer."""
        return await act(self.account, action, fields)

    async def cli(self, command: str) -> str:
        """What the command prints on Asterisk's console. Raises PartError: no answer, or no such command.

        Asterisk takes in some of its own commands only behind "fully booted".
        """
        deadline = time.monotonic() + START_PATIENCE
        while "No such command" in (said := (await self.act("Command", Command=command)).output):
            if time.monotonic() > deadline:
                raise PartError(f"Asterisk {self.name} does not know {command!r}: {said}")
            await asyncio.sleep(0.05)
        return said

    def log(self, lines: int = 40) -> str:
        """The end of its console output and of its log."""
        messages = self.home / "log" / "messages.log"
        text = messages.read_text(errors="replace") if messages.exists() else ""
        return self.process.tail(lines) + "\n" + "\n".join(text.splitlines()[-lines:])


async def channels(asterisk: Asterisk) -> int:
    """How many channels it has. Raises PartError."""
    said = await asterisk.cli("core show channels count")
    found = re.search(r"(\d+) active channels?", said)
    if not found:
        raise PartError(f"no count of channels from Asterisk {asterisk.name}: {said}")
    return int(found[1])
