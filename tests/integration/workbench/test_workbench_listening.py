"""A server that ends leaves no socket to the collector."""

import asyncio
import gc
import socket

from workbench.parts.listening import end
from workbench.parts.ports import HOST


async def test_a_connection_accepted_at_the_end_has_its_handler() -> None:
    """The order of one pass of the loop: the connection comes in, then the server ends."""
    served = asyncio.Event()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.set()
        writer.transport.abort()

    server = await asyncio.start_server(serve, HOST, 0)
    with socket.create_connection(server.sockets[0].getsockname()):
        asyncio.get_running_loop().call_soon(lambda: ending.append(asyncio.create_task(end(server))))
        ending: list[asyncio.Task[None]] = []
        await asyncio.wait_for(served.wait(), 60)
        await asyncio.gather(*ending)
    assert not server.is_serving()
    await asyncio.sleep(0)
    gc.collect()  # a socket left behind is an error of this test
