"""An SMSC on loopback for demo, play, bench and tests: subscribers' handsets on one side, binds on the other.

It has a listening socket, the binds and what was texted. It speaks with the product's own codec, so it proves
nothing about that one: node-smpp does.
"""

import asyncio
import itertools
import ssl
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from msgspec.structs import replace

from usnd.smpp.link.write_buffer import Outbox
from usnd.smpp.pdu.pdus import (
    RESPONSES,
    Bind,
    BindReceiver,
    BindReceiverResp,
    BindResp,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    DeliverSm,
    EnquireLink,
    EnquireLinkResp,
    Framer,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    decode,
    encode,
)
from usnd.smpp.pdu.status import CommandStatus, FramingError, PduError
from usnd.smpp.text.alphabets import Alphabet, alphabet_of
from usnd.smpp.text.segments import join, split, take_udh
from workbench.parts.listening import end
from workbench.parts.process import SLACK

_BIND_RESPONSES: Mapping[type[Bind], type[BindResp]] = {
    BindTransceiver: BindTransceiverResp,
    BindTransmitter: BindTransmitterResp,
    BindReceiver: BindReceiverResp,
}
_UDHI = 0x40
_INTERNATIONAL = 1
_READ_OCTETS = 64 * 1024


@dataclass(frozen=True)
class Sms:
    """An MT text as the handset shows it, its parts joined; numbers as `+` and digits if international."""

    sender: str
    recipient: str
    body: str


@dataclass
class Faults:
    """drop: that many submit_sm lose the connection instead of being answered, mute: or just get no answer.

    messages_per_second: above it ESME_RTHROTTLED; None is no limit.
    """

    drop: int = 0
    mute: int = 0
    messages_per_second: int | None = None


class Smsc:
    """clock: seconds. `texts`: all that was accepted for handsets, in order; `refused`: how many binds."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        system_id: str = "usn",
        password: str = "secret",  # noqa: S107 # of the simulator
        alphabet: Alphabet = Alphabet.GSM7,
    ) -> None:
        self.faults = Faults()
        self.texts: list[Sms] = []
        self.port = 0
        self.refused = 0
        self._clock = clock
        self._account = (system_id, password)
        self._alphabet = alphabet
        self._unread: defaultdict[str, deque[Sms]] = defaultdict(deque)
        self._parts: dict[tuple[str, str, int], dict[int, bytes]] = {}
        self._message_ids = itertools.count(1)
        self._references = itertools.count()
        self._second, self._this_second = 0, 0
        self._connections: list[_Connection] = []
        self._changed = asyncio.Condition()
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Closes everything; the port is free again."""
        if self._server is not None:
            await end(self._server)
            self.drop_connections()
            async with self._changed:
                await self._changed.wait_for(lambda: not self._connections)
            await self._server.wait_closed()

    def drop_connections(self) -> None:
        for connection in self._connections:
            connection.drop()

    async def bound(self, timeout: float = 10.0) -> None:  # noqa: ASYNC109 # seconds until TimeoutError
        """Waits until an ESME is bound. `timeout`: see `until` of workbench/parts/process.py."""
        async with asyncio.timeout(timeout * SLACK), self._changed:
            await self._changed.wait_for(lambda: any(each.bound for each in self._connections))

    async def deliver(self, sender: str, recipient: str, text: str) -> int:
        """A handset texts: the ESME's command_status, of several parts the first that is not ESME_ROK."""
        for segment in split(text, self._alphabet, next(self._references)):
            request = DeliverSm(
                source_addr_ton=_ton(sender),
                source_addr=sender.removeprefix("+"),
                dest_addr_ton=_ton(recipient),
                destination_addr=recipient.removeprefix("+"),
                esm_class=_UDHI if segment.has_udh else 0,
                data_coding=segment.data_coding,
                short_message=segment.octets,
            )
            status = await self.deliver_pdu(request)
            if status != CommandStatus.ESME_ROK:
                return status
        return CommandStatus.ESME_ROK

    async def deliver_pdu(self, request: DeliverSm) -> int:
        """The command_status of the response. ConnectionError: no ESME is bound, or the bind was lost."""
        for connection in self._connections:
            if connection.bound and connection.receives:
                return (await connection.request(request)).status
        raise ConnectionError("no ESME is bound")

    async def next_text(self, recipient: str, timeout: float = 10.0) -> Sms:  # noqa: ASYNC109 # as above
        """The oldest text for that handset that this has not given yet. TimeoutError."""
        async with asyncio.timeout(timeout * SLACK), self._changed:
            await self._changed.wait_for(lambda: self._unread[recipient])
            return self._unread[recipient].popleft()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(self, writer)
        self._connections.append(connection)
        try:
            await connection.read(reader)
        finally:
            self._connections.remove(connection)
            connection.lost()
            await self.notify()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def admits(self, request: Bind) -> bool:
        admitted = (request.system_id, request.password) == self._account
        self.refused += not admitted
        return admitted

    async def accept(self, request: SubmitSm) -> SubmitSmResp:
        """Throttles, or takes the message to its handset."""
        second = int(self._clock())
        self._this_second = self._this_second + 1 if second == self._second else 1
        self._second = second
        limit = self.faults.messages_per_second
        if limit is not None and self._this_second > limit:
            return SubmitSmResp(request.sequence, CommandStatus.ESME_RTHROTTLED)
        sms = self._whole(request)
        if sms is not None:
            self.texts.append(sms)
            self._unread[sms.recipient].append(sms)
            await self.notify()
        return SubmitSmResp(request.sequence, message_id=f"{next(self._message_ids):x}")

    def _whole(self, request: SubmitSm) -> Sms | None:
        sender = _number(request.source_addr_ton, request.source_addr)
        recipient = _number(request.dest_addr_ton, request.destination_addr)
        alphabet = alphabet_of(request.data_coding, self._alphabet)
        found, octets = take_udh(request.short_message) if request.esm_class & _UDHI else (None, b"")
        if found is None:
            return Sms(sender, recipient, join([request.short_message], alphabet))
        key = (sender, recipient, found.reference)
        parts = self._parts.setdefault(key, {})
        parts[found.number] = octets
        if len(parts) < found.total:
            return None
        del self._parts[key]
        return Sms(sender, recipient, join([parts[number] for number in sorted(parts)], alphabet))


class _Connection:
    def __init__(self, smsc: Smsc, writer: asyncio.StreamWriter) -> None:
        self.bound = self.receives = self.transmits = False
        self._smsc = smsc
        self._writer = writer
        self._outbox = Outbox(writer)
        self._sequences = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Pdu]] = {}

    async def read(self, reader: asyncio.StreamReader) -> None:
        framer = Framer()
        with suppress(OSError, FramingError):
            while data := await reader.read(_READ_OCTETS):
                for frame in framer.feed(data):
                    await self._receive(frame)
                await self._outbox.drain()

    async def request(self, request: Pdu) -> Pdu:
        """The response. ConnectionError: the connection was lost before it came."""
        sequence = next(self._sequences)
        future: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = future
        self._send(replace(request, sequence=sequence))
        return await future

    def drop(self) -> None:
        self._writer.transport.abort()

    def lost(self) -> None:
        self.bound = False
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("the bind was lost"))

    def _send(self, pdu: Pdu) -> None:
        self._outbox.put(encode(pdu))

    async def _receive(self, frame: bytes) -> None:
        try:
            pdu = decode(frame)
        except PduError:
            self.drop()  # our own codec on both ends: this is a fault to be seen
            raise
        if isinstance(pdu, Bind):
            await self._bind(pdu)
        elif isinstance(pdu, SubmitSm) and self.bound and self.transmits:
            await self._submit(pdu)
        elif isinstance(pdu, EnquireLink):
            self._send(EnquireLinkResp(pdu.sequence))
        elif isinstance(pdu, Unbind):
            self.bound = False
            self._send(UnbindResp(pdu.sequence))
        elif type(pdu) in RESPONSES:
            self._send(RESPONSES[type(pdu)](pdu.sequence, CommandStatus.ESME_RINVBNDSTS))
        elif (future := self._waiting.pop(pdu.sequence, None)) and not future.done():
            future.set_result(pdu)

    async def _bind(self, request: Bind) -> None:
        self.bound = self._smsc.admits(request)
        status = CommandStatus.ESME_ROK if self.bound else CommandStatus.ESME_RINVPASWD
        self.receives = not isinstance(request, BindTransmitter)
        self.transmits = not isinstance(request, BindReceiver)
        self._send(_BIND_RESPONSES[type(request)](request.sequence, status, system_id="workbench"))
        await self._smsc.notify()

    async def _submit(self, request: SubmitSm) -> None:
        faults = self._smsc.faults
        if faults.drop > 0:
            faults.drop -= 1
            self.drop()
        elif faults.mute > 0:
            faults.mute -= 1
        else:
            self._send(await self._smsc.accept(request))


def _ton(number: str) -> int:
    return _INTERNATIONAL if number.startswith("+") else 0


def _number(ton: int, digits: str) -> str:
    return "+" + digits if ton == _INTERNATIONAL else digits
