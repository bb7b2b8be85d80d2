"""A real BMC (ipmi_sim) that is slow at each datagram, asked as fence_ipmilan asks it: by ipmitool."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from usnd.domain.pair.evidence import Power
from usnd.pair import console
from usnd.pair.console import Console
from workbench.lab.console import COMMANDS, LAN_CONF
from workbench.parts.ports import HOST, PortBlock
from workbench.parts.process import Process, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("ipmi_sim") is None or shutil.which("ipmitool") is None,
        reason="apt-get install openipmi ipmitool",
    ),
]
SECRET = "of-the-bmc"
DELAY = 0.4
"""Seconds for each answer; a question takes about a dozen of them."""


class Relay(asyncio.DatagramProtocol):
    """To the BMC, and late back to whoever asked last."""

    def __init__(self, bmc: tuple[str, int]) -> None:
        self.delay = 0.0
        self._bmc, self._asker = bmc, ("", 0)

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self._link = transport

    def datagram_received(self, data: bytes, sender: tuple[str, int]) -> None:
        if sender == self._bmc:
            asyncio.get_running_loop().call_later(self.delay, self._link.sendto, data, self._asker)
        else:
            self._asker = sender
            self._link.sendto(data, self._bmc)


class Bmc:
    """The BMC, the relay before it, and the agent that asks it."""

    def __init__(self, home: Path, relay: Relay, agent: tuple[str, ...], process: Process) -> None:
        self.power, self.relay, self.agent, self.process = home / "on", relay, agent, process


@pytest.fixture
async def bmc(tmp_path: Path) -> AsyncIterator[Bmc]:
    block = PortBlock()
    ports = block.spare(0), block.spare(1)
    (tmp_path / "on").write_text("1")
    program, agent = tmp_path / "power", tmp_path / "agent"
    program.write_text(
        f'#!/bin/sh\ncase "$2" in get) echo "power:$(cat {tmp_path}/on)";; '
        f'set) echo "$4" >{tmp_path}/on;; esac\n'
    )
    agent.write_text(
        '#!/bin/sh\ncase "$2" in status) say=status;; *) say=$2;; esac\n'
        f"said=$(ipmitool -I lanplus -C 3 -H {HOST} -p {ports[1]} -U usn -P {SECRET} -N 5 -R 1"
        ' chassis power "$say") || exit 1\n'
        'case "$said" in *"is on") exit 0;; *"is off") exit 2;; esac\n'
    )
    for script in (program, agent):
        script.chmod(0o700)
    files = {
        "lan.conf": LAN_CONF.format(
            node="x", address=HOST, port=ports[0], program=program, user="usn", password=SECRET
        ),
        "commands": COMMANDS,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    process = Process(
        ["ipmi_sim", "-n", "-c", f"{tmp_path}/lan.conf", "-f", f"{tmp_path}/commands", "-s", str(tmp_path)],
        tmp_path / "log",
    )
    process.start()
    loop = asyncio.get_running_loop()
    link, relay = await loop.create_datagram_endpoint(
        lambda: Relay((HOST, ports[0])), local_addr=(HOST, ports[1])
    )
    try:
        yield Bmc(tmp_path, relay, (str(agent),), process)
    finally:
        link.close()
        await process.stop()
        block.close()


async def test_a_bmc_that_needs_seconds_for_an_answer_is_slow_and_not_dead(bmc: Bmc) -> None:
    assert await until(lambda: bmc.process.alive, 2)
    took, silent = await console.measure(bmc.agent, 1)
    assert (silent, took < DELAY * 5) == (0, True)
    bmc.relay.delay = DELAY
    told: list[tuple[Power, float, float]] = []
    asked = Console(bmc.agent, 1.0, time.monotonic, lambda *what: told.append(what))
    await asked.ask()
    assert told[-1][0] is Power.ON, "it came late, and counts"
    assert asked.took > 1.0
    late = len(told)
    await asked.ask()
    assert [said for said, *_ in told[late:]] == [Power.ON]
    # It needs several answers to switch: with the patience of a quick one it would never have switched.
    await asked.switch(on=False, patience=1.0)
    await asked.ask()
    assert told[-1][0] is Power.OFF
    await bmc.process.stop()
    bmc.relay.delay = 0.0
    await asked.ask()
    assert told[-1][0] is Power.SILENT
