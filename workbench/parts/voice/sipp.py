"""sipp without root: a SIP peer of another make, which plays one scenario to whoever calls.

Starts it on a port of its own. It answers as the scenario says, and does not judge.
"""

import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from workbench.parts import debian
from workbench.parts.ports import HOST, PortBlock
from workbench.parts.process import Part, PartError, Process, private_directory, until

SKIP = ("libc6_",)  # the host has its own C library
START_PATIENCE = 10.0
ALONE = ("-nd", "-aa")  # only what the scenario says, but for questions


def sipp_tree() -> Path:
    """The packages of sipp, unpacked. Raises DebianError."""
    return debian.tree(debian.host_suite(), ["sip-tester"], skip=SKIP)


class Sipp(Part):
    """`async with` starts it as the called side on `port` (UDP) and stops it."""

    def __init__(
        self, scenario: Path, options: Sequence[str] = ALONE, ports: PortBlock | None = None
    ) -> None:
        """`scenario`: its XML, also one put into `home`, where it runs; `options`: more of sipp's.

        `ports`: closed with it; one of its own if None.
        """
        self._ports = ports or PortBlock()
        self.port = self._ports.sip
        self.home = private_directory("usn-sipp-")
        tree = sipp_tree()
        how = ["-sf", str(scenario), "-i", HOST, "-p", str(self.port), "-nostdin", *options]
        environment = {"TERM": "dumb", **debian.libraries(tree)}
        command = [str(tree / "usr/bin/sipp"), *how]
        self.process = Process(command, self.home / "sipp.log", environment=environment)

    async def start(self) -> None:
        """Returns when it listens. Raises PartError."""
        self.process.start()
        if not await until(lambda: _taken(self.port), START_PATIENCE, 0.05):
            raise PartError(f"sipp does not listen:\n{self.process.tail()}")

    async def stop(self) -> None:
        """Ends it."""
        try:
            await self.process.stop()
        finally:
            self._ports.close()
            shutil.rmtree(self.home, ignore_errors=True)


def _taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False
