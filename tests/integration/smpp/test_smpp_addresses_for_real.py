"""Two addresses of one SMSC on loopback, the first of which is silent: the bind is made at the second."""

import asyncio
import socket
from contextlib import ExitStack

from node_smsc import NodeSmsc
from smpp_daemon import StartLink

from usnd.smpp.link.addresses import Addresses
from usnd.smpp.link.session import Timers
from usnd.smpp.link.settings import LinkSettings


async def names(_host: str, _port: int) -> list[str]:
    return ["127.0.0.2", "127.0.0.3"]


async def test_a_real_silent_address_is_passed_over() -> None:
    """127.0.0.2 has a full backlog, so that its TCP answers nobody; 127.0.0.3 serves."""
    with ExitStack() as sockets:
        silent = sockets.enter_context(socket.create_server(("127.0.0.2", 0), backlog=0))
        port = silent.getsockname()[1]
        for _ in range(4):
            filler = sockets.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(("127.0.0.2", port))
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.3", port)

        own = LinkSettings("north", "smsc.example", port, "usn", "secret", connect_timeout=1)
        address, (_, writer) = await Addresses(own, names).connect()
        assert address == "127.0.0.3"
        writer.close()
        server.close()
        await server.wait_closed()


async def test_an_address_that_takes_connections_and_never_binds_is_passed_over(started: StartLink) -> None:
    async with NodeSmsc(host="127.0.0.3") as node:

        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(mute, "127.0.0.2", node.port)
        timers = Timers(enquire_interval=0.2, bind=2)
        async with started(node.port, host="smsc.example", timers=timers) as daemon:
            daemon.link.addresses = Addresses(daemon.link.settings, names)
            await daemon.bound()
            await asyncio.sleep(0.5)  # the bind lasts: it is remembered
            await node.tell("drop")
            await daemon.bound("bind-2")
            assert daemon.link.addresses.in_order()[0] == "127.0.0.3"
            await node.until(lambda event: event["event"] == "connected" and event["session"] == 2)
            assert len([event for event in node.events if event["event"] == "connected"]) == 2
        server.close()
        await server.wait_closed()
