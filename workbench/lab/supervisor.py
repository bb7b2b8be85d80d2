"""The lab's keeper: everything of the lab runs below this one process and ends with it.

    python -m workbench.lab.supervisor PLACES

Has the nodes, their consoles, what is around them, and a socket that takes one command a connection, as a
JSON list of words. Runs in the lab's outer namespace, from where nothing can be fetched: all is in PLACES.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from workbench.demo.stage import EVERYBODY
from workbench.lab import layers, net
from workbench.lab.bare import cache, key_pair
from workbench.lab.console import Console
from workbench.lab.node import Node
from workbench.lab.outside import Outside
from workbench.lab.places import Places
from workbench.parts.process import PartError, run

SOCKET = Path(f"/run/usn-lab{net.LAB}.sock")
LONGEST = 100_000


class Lab:
    """The parts. Commands are the methods that `commands` lists; each gives what a person reads."""

    def __init__(self, places: Places) -> None:
        """`places`: all that it is made of, already there."""
        place = cache() / f"run{net.LAB}"
        place.mkdir(exist_ok=True)
        public = key_pair().with_suffix(".pub").read_text()
        self.nodes: dict[str, Node] = {}
        finished = places.finished
        for name in net.ADDRESSES:
            lowers = [finished / name, places.bare] if finished else [places.bare]
            self.nodes[name] = Node(name, lowers, place / name, public)
            self.nodes[name].lay_out(first=finished is None)
        password = layers.lab_secrets()["lab_console_password"]
        self.consoles = [
            Console(name, place / f"console-{name}", password, node.pid) for name, node in self.nodes.items()
        ]
        self.outside = Outside(places)
        self.ended = asyncio.Event()

    async def run(self) -> None:
        """Until `down`."""
        async with AsyncExitStack() as stack:
            for part in (self.outside, *self.consoles):
                await stack.enter_async_context(part)
            server = await asyncio.start_unix_server(self._serve, SOCKET, limit=LONGEST)
            SOCKET.chmod(0o600)  # noqa: ASYNC240 (at once)
            try:
                for node in self.nodes.values():
                    node.switch_on()
                await self.ended.wait()
            finally:
                server.close()
                for node in self.nodes.values():
                    node.cut()
                SOCKET.unlink(missing_ok=True)  # noqa: ASYNC240 (at the end)

    def commands(self) -> dict[str, Callable[..., Awaitable[str]]]:
        """What may be asked for, by its first word."""
        return {
            "status": self.status,
            "power": self.power,
            "run": self.run_on,
            "system": self.system,
            "cable": self.cable,
            "switch": self.switch,
            "address": self.address,
            "console": self.console,
            "text": self.text,
            "deliver": self.deliver,
            "keep": self.keep,
            "events": self.events,
            "hears": self.hears,
            "hang-up": self.hang_up,
            "trunk": self.trunk,
            "esme": self.esme,
            "invites": self.invites,
            "down": self.down,
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            words = json.loads(await reader.readline())
            answer = {"good": True, "text": await self._do(words)}
        except (PartError, TypeError, KeyError, OSError) as error:
            answer = {"good": False, "text": str(error) or repr(error)}
        writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    async def _do(self, words: list[str]) -> str:
        command = self.commands().get(words[0])
        if command is None:
            raise PartError(f"the lab knows: {', '.join(self.commands())}")
        return await command(*words[1:])

    async def status(self) -> str:
        """Which nodes have power."""
        return "\n".join(f"usn-{name} {'on' if node.on else 'off'}" for name, node in self.nodes.items())

    async def power(self, name: str, wish: str = "get") -> str:
        """on, off (at once), shut-down (orderly), panic (the system dies, the power stays), get."""
        node = self.nodes[name]
        if wish == "on":
            node.switch_on()
        elif wish == "off":
            node.cut()
        elif wish == "shut-down":
            await node.shut_down()
        elif wish == "panic":
            node.panic()
        return "on" if node.on else "off"

    async def run_on(self, name: str, *words: str) -> str:
        """What a program prints when root runs it on the node, also when no cable leads there."""
        return await asyncio.to_thread(self.nodes[name].command, *words)

    async def system(self, name: str) -> str:
        """The process number of the node's init; nothing while its system does not run."""
        return " ".join(map(str, self.nodes[name].systems()))

    async def cable(self, name: str, cable: str, wish: str) -> str:
        """bond0 or xover of the node: out or in."""
        (net.cut if wish == "out" else net.mend)(name, cable)
        return wish

    async def switch(self, name: str, wish: str) -> str:
        """The switch that the node's cable is in: out (it has power, and forwards nothing) or in."""
        (net.stop_switch if wish == "out" else net.start_switch)(name)
        return wish

    async def address(self, address: str, wish: str) -> str:
        """Of somebody outside: out (nothing answers there) or in."""
        (net.vanish if wish == "out" else net.appear)(address)
        return wish

    async def console(self, name: str, wish: str, delay: str = "0.3") -> str:
        """The node's remote console: off, on, or slow: `delay` seconds for each of its datagrams."""
        console = next(one for one in self.consoles if one.node == name)
        await console.stop()
        console.delay = float(delay) if wish == "slow" else 0.0
        if wish != "off":
            await console.start()
        return wish

    async def text(self, sender: str, *words: str) -> str:
        """The sender texts the words; the answer."""
        return await self.outside.text(EVERYBODY.get(sender, sender), " ".join(words))

    async def deliver(self, sender: str, *words: str) -> str:
        """The sender texts the words; the status that the USN took them with."""
        return str(await self.outside.deliver(EVERYBODY.get(sender, sender), " ".join(words)))

    async def keep(self, sender: str, patience: str, *words: str) -> str:
        """The SMSC keeps the text for so long until the USN takes it; the status, and how often sent."""
        number = EVERYBODY.get(sender, sender)
        status, sent = await self.outside.keep(number, " ".join(words), float(patience))
        return f"{status} {sent}"

    async def events(self, first: str = "0") -> str:
        """What the SMSC saw from the event of that number on, as JSON."""
        return json.dumps(self.outside.smsc.events[int(first) :])

    async def hears(self) -> str:
        """How many ways between all handsets are heard."""
        return str(await self.outside.until_all_hear())

    async def hang_up(self) -> str:
        """All handsets."""
        await self.outside.hang_up_all()
        return "done"

    async def trunk(self) -> str:
        """The switch's UDP port of SIP."""
        return str(self.outside.switch.port)

    async def esme(self) -> str:
        """Where the last bind came from."""
        return self.outside.esme()

    async def invites(self) -> str:
        """Each call that reached the switch: from where, whom, when (seconds since the epoch)."""
        calls = self.outside.switch.invites
        return "\n".join(f"{one.usn[0]} {one.calling} {one.called} {one.at:.3f}" for one in calls)

    async def down(self) -> str:
        """The end."""
        self.ended.set()
        return "going down"


async def keep(places: Places) -> None:
    """Runs a lab."""
    await Lab(places).run()


def main() -> None:
    """`argv[1]`: the places, as JSON."""
    run(keep(Places.from_json(sys.argv[1])))


if __name__ == "__main__":
    main()
