"""The nodes' remote consoles (iLO): a real IPMI BMC for each, whose power button is the lab's.

Called by supervisor.py. Starts ipmi_sim with its files and accounts. The nodes reach the BMCs at the
consoles' addresses.
"""

import asyncio
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from workbench.lab import net
from workbench.parts.process import Part, PartError, Process, within

USER = "usn"
PORT = 623
BEHIND = ("127.0.0.1", {"a": 6231, "b": 6232})
"""Where the BMC of a slow console listens, behind the relay."""
MOST_ASKERS = 64
LAN_CONF = """\
name "usn-{node}"
set_working_mc 0x20
  startlan 1
    addr {address} {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "{program} {node}"
  user 1 true "" "test" user 10 none md2 md5 straight
  user 2 true "{user}" "{password}" admin 10 none md2 md5 straight
"""
# What a BMC of the field has at the least: it answers as a management controller of IPMI 2.
COMMANDS = (
    "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\nmc_enable 0x20\n"
)
# ipmi_sim asks `get power` and says `set power 0|1`; the lab's control socket does it. Two arbiters ask for
# the power every second, so that is cheap: a node is on while its process has a command line.
POWER = """\
#!/bin/sh
# $1 node, then: get power | set power 0|1 | set reset ...
if [ "$2 $3" = "get power" ]; then
  if grep -q . "/proc/$(cat {pid})/cmdline" 2>/dev/null; then echo power:1; else echo power:0; fi
  exit
fi
exec {python} -m workbench.lab button "$@"
"""


class _Ear(asyncio.DatagramProtocol):
    """Hands on what comes in."""

    def __init__(self, take: Callable[[bytes, tuple[str, int]], object]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, sender: tuple[str, int]) -> None:
        self._take(data, sender)


class Relay:
    """Before a BMC: it answers each of its datagrams `delay` seconds late. `open` and `close`."""

    def __init__(self, listens: tuple[str, int], bmc: tuple[str, int], delay: float) -> None:
        self._listens, self._bmc, self._delay = listens, bmc, delay
        self._links: dict[tuple[str, int], asyncio.DatagramTransport] = {}
        self._tasks = set[asyncio.Task[None]]()

    async def open(self) -> None:
        """Raises OSError."""
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(
            lambda: _Ear(self._asked), local_addr=self._listens
        )

    def close(self) -> None:
        """What is on its way is lost."""
        for link in (self._front, *self._links.values()):
            link.close()
        self._links.clear()

    def _asked(self, data: bytes, asker: tuple[str, int]) -> None:
        task = asyncio.get_running_loop().create_task(self._pass_on(data, asker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, data: bytes, asker: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()
        if asker not in self._links:
            while len(self._links) >= MOST_ASKERS:
                self._links.pop(next(iter(self._links))).close()
            link, _ = await loop.create_datagram_endpoint(
                lambda: _Ear(lambda said, _: loop.call_later(self._delay, self._answer, said, asker)),
                remote_addr=self._bmc,
            )
            self._links[asker] = link
        self._links[asker].sendto(data)

    def _answer(self, data: bytes, asker: tuple[str, int]) -> None:
        if not self._front.is_closing():
            self._front.sendto(data, asker)


class Console(Part):
    """One BMC."""

    def __init__(self, node: str, home: Path, password: str, pid: Path) -> None:
        """`home`: a directory of our own; `password`: of account `usn`; `pid`: names the node's process."""
        self.node = node
        self.delay = 0.0
        """Seconds that each datagram of it is late, from its next start."""
        self._relay: Relay | None = None
        self._pid = pid
        self._password = password
        self._home = home
        command = [
            "ipmi_sim",
            "-n",
            "-c",
            str(home / "lan.conf"),
            "-f",
            str(home / "commands"),
            "-s",
            str(home),
        ]
        self._process = Process(command, home / "console.log")

    async def start(self) -> None:
        """Returns when it listens. Raises PartError."""
        if shutil.which("ipmi_sim") is None:
            raise PartError("ipmi_sim is missing: apt-get install openipmi")
        self._home.mkdir(parents=True, exist_ok=True)
        program = self._home / "power"
        program.write_text(POWER.format(python=sys.executable, pid=self._pid))
        program.chmod(0o700)
        public = net.CONSOLES[self.node], PORT
        place = (BEHIND[0], BEHIND[1][self.node]) if self.delay else public
        text = LAN_CONF.format(
            node=self.node,
            address=place[0],
            port=place[1],
            program=program,
            user=USER,
            password=self._password,
        )
        (self._home / "lan.conf").write_text(text)
        (self._home / "commands").write_text(COMMANDS)
        self._process.start()
        if self.delay:
            self._relay = Relay(public, place, self.delay)
            await self._relay.open()
        if not await within(lambda: not self._process.alive, 0.5):
            return
        raise PartError(f"the console of usn-{self.node} did not start:\n{self._process.tail()}")

    async def stop(self) -> None:
        """Ends it."""
        if self._relay is not None:
            self._relay.close()
            self._relay = None
            await asyncio.sleep(0)  # the loop closes its sockets, whose ports are bound again
        await self._process.stop()
