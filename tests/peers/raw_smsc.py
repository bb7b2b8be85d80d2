"""An SMSC of its own make, from SMPP 3.4's tables: no codec of ours or of a library, so it can say anything.

It keeps each text until it is answered with status 0, and repeats it, as carriers' SMSCs do, when no answer
came in its own time-out; an answer that comes later is thrown away. Owns a listening socket; knows no test.
"""

import asyncio
import itertools
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

_HEADER = struct.Struct(">IIII")
_DELIVER, _DELIVER_RESP, _SUBMIT, _ENQUIRE, _UNBIND = 0x05, 0x80000005, 0x04, 0x15, 0x06
_BIND_RECEIVER, _BIND_TRANSMITTER, _BIND_TRANSCEIVER = 0x01, 0x02, 0x09
_RESPONSE = 0x80000000
_SECONDS = 30.0
_SLICE = 0.05


def deliver_sm(  # noqa: PLR0913 # as many as the table has
    text: bytes,
    *,
    sender: bytes = b"447700900001",
    ton: int = 1,
    npi: int = 1,
    recipient: bytes = b"52272",
    esm_class: int = 0,
    data_coding: int = 0,
    service_type: bytes = b"",
    tail: bytes = b"",
    length: int | None = None,
) -> bytes:
    """The body of a deliver_sm (§4.6.1); `tail` is what stands behind short_message."""
    source = bytes((ton, npi)) + sender + b"\0"
    destination = b"\0\1" + recipient + b"\0"
    middle = bytes((esm_class, 0, 0)) + b"\0\0" + bytes((0, 0, data_coding, 0))
    size = len(text) if length is None else length
    return service_type + b"\0" + source + destination + middle + bytes((size,)) + text + tail


def tlv(tag: int, value: bytes) -> bytes:
    """§3.2.4.1."""
    return struct.pack(">HH", tag, len(value)) + value


@dataclass
class Submitted:
    """A submit_sm: the receiver's address and the text's octets."""

    recipient: str
    octets: bytes


@dataclass
class RawSmsc:
    """patience: its time-out for an answer. lag: it reads what comes so many seconds late (delay on the way).

    `statuses`: of each deliver_sm_resp that came in time; `sent`: how many deliver_sm went out.
    """

    patience: float = 5.0
    lag: float = 0.0
    port: int = 0
    submits: list[Submitted] = field(default_factory=list)
    enquiries: int = 0
    sent: int = 0
    binds: int = 0

    async def __aenter__(self) -> Self:
        self._numbers = itertools.count(1)
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._bound = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.drop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def bound(self) -> None:
        async with asyncio.timeout(_SECONDS):
            await self._bound.wait()

    def drop(self) -> None:
        """Loses the connection."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def ask(self, body: bytes, sequence: int | None = None, command: int = _DELIVER) -> int:
        """Sends it once; the status of the answer, however late. ConnectionError."""
        async with asyncio.timeout(_SECONDS):
            return await self._send(body, sequence, command)

    async def deliver(self, body: bytes, *, same_sequence: bool = False) -> int:
        """Repeats it until status 0, over whichever bind there is; how often it went out."""
        sequence = next(self._numbers) if same_sequence else None
        for tried in itertools.count(1):
            await self.bound()
            with suppress(TimeoutError, ConnectionError):
                if await self._within_patience(body, sequence) == 0:
                    return tried
                await asyncio.sleep(0.2)  # refused for now
        raise AssertionError

    async def _within_patience(self, body: bytes, sequence: int | None) -> int:
        """The answer's status. TimeoutError.

        Time in which this process got no processor does not count: an answer that has come by then would be
        thrown away, and its text sent again, for no fault of who answered.
        """
        sending = asyncio.ensure_future(self._send(body, sequence))
        try:
            for _ in range(round(self.patience / _SLICE)):
                await asyncio.wait({sending}, timeout=_SLICE)
                if sending.done():
                    return sending.result()
            raise TimeoutError
        finally:
            sending.cancel()

    async def until_submitted(self, count: int) -> None:
        async with asyncio.timeout(_SECONDS):
            while len(self.submits) < count:  # noqa: ASYNC110 - the other end is another process
                await asyncio.sleep(0.02)

    def bodies(self) -> list[str]:
        return [one.octets.decode("latin-1") for one in self.submits]

    async def _send(self, body: bytes, sequence: int | None = None, command: int = _DELIVER) -> int:
        if self._writer is None:
            raise ConnectionError
        number = next(self._numbers) if sequence is None else sequence
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answered
        self._writer.write(_HEADER.pack(16 + len(body), command, 0, number) + body)
        self.sent += 1
        try:
            return await answered
        finally:
            self._waiting.pop(number, None)  # what comes now is of no request that waits

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        queue: asyncio.Queue[tuple[float, int, int, int, bytes]] = asyncio.Queue()
        hearing = asyncio.create_task(self._hear(queue, writer))
        self._tasks.add(hearing)
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                length, command, status, number = _HEADER.unpack(await reader.readexactly(16))
                body = await reader.readexactly(length - 16)
                queue.put_nowait((time.monotonic() + self.lag, command, status, number, body))
        hearing.cancel()
        if self._writer is writer:
            self._writer = None
            self._bound.clear()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError())
        writer.close()

    async def _hear(
        self, queue: "asyncio.Queue[tuple[float, int, int, int, bytes]]", writer: asyncio.StreamWriter
    ) -> None:
        while True:
            due, command, status, number, body = await queue.get()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if command & _RESPONSE:
                waiting = self._waiting.get(number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(status)
                continue
            answer = b""
            if command in (_BIND_RECEIVER, _BIND_TRANSMITTER, _BIND_TRANSCEIVER):
                answer = b"raw\0"
                self.binds += 1
                if command != _BIND_TRANSMITTER:
                    self._writer = writer
                    self._bound.set()
            elif command == _SUBMIT:
                self.submits.append(_submitted(body))
                answer = b"%d\0" % next(self._ids)
            elif command == _ENQUIRE:
                self.enquiries += 1
            writer.write(_HEADER.pack(16 + len(answer), command | _RESPONSE, 0, number) + answer)


def _submitted(body: bytes) -> Submitted:
    """§4.4.1."""
    _, rest = body.split(b"\0", 1)
    _, rest = rest[2:].split(b"\0", 1)
    recipient, rest = rest[2:].split(b"\0", 1)
    _, _, rest = rest[3:].split(b"\0", 2)
    return Submitted(recipient.decode(), rest[5 : 5 + rest[4]])
