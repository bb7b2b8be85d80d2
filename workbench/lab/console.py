"""The nodes' remote consoles (iLO): a real IPMI BMC for each, whose power button is the lab's.

Owns ipmi_sim's files and processes, and the accounts. The nodes reach them at the consoles' addresses.
"""

import shutil
import sys
from pathlib import Path

from workbench.lab import net
from workbench.process import Part, PartError, Process, within

USER = "usn"
PORT = 623
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


class Console(Part):
    """One BMC."""

    def __init__(self, node: str, home: Path, password: str, pid: Path) -> None:
        """`home`: a directory of our own; `password`: of account `usn`; `pid`: names the node's process."""
        self.node = node
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
        text = LAN_CONF.format(
            node=self.node,
            address=net.CONSOLES[self.node],
            port=PORT,
            program=program,
            user=USER,
            password=self._password,
        )
        (self._home / "lan.conf").write_text(text)
        (self._home / "commands").write_text(COMMANDS)
        self._process.start()
        if not await within(lambda: not self._process.alive, 0.5):
            return
        raise PartError(f"the console of usn-{self.node} did not start:\n{self._process.tail()}")

    async def stop(self) -> None:
        """Ends it."""
        await self._process.stop()
