"""The end of a server inside this process, without a socket left behind."""

import asyncio

_PASSES = 4  # of the loop: a connection is accepted, attached, told to its protocol, served


async def end(server: asyncio.Server) -> None:
    """Stops listening; whoever was accepted at this moment still gets the handler, which can then be closed.

    `Server.close` alone would lose that connection's socket: its task finds no server to attach to
    (CPython issue 109564, mended after 3.11).
    """
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        loop.remove_reader(listening.fileno())
    for _ in range(_PASSES):
        await asyncio.sleep(0)
    server.close()
