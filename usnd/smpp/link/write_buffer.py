"""What is to be written in one turn of the loop, as one write: a system call per PDU costs more than the PDU.

connection.py puts frames into it. It knows only octets that are not yet given to the stream.
"""

import asyncio


class Outbox:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._octets = bytearray()

    def put(self, frame: bytes) -> None:
        if not self._octets:
            asyncio.get_running_loop().call_soon(self.flush)
        self._octets += frame

    def flush(self) -> None:
        if self._octets:
            self._writer.write(bytes(self._octets))
            self._octets.clear()

    async def drain(self) -> None:
        """Returns when the peer has read enough of it."""
        self.flush()
        await self._writer.drain()

    def close(self) -> None:
        """Closes the stream behind what is yet to be written."""
        self.flush()
        self._writer.close()
