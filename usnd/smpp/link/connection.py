"""One TCP connection to an SMSC: carries out what the session decides, until it closes.

link.py makes a new one each time that it connects. It reads and writes the stream, looks at the clock, and
gives each response to whoever waits for it. It does not reconnect, and does not read what a message says.
Nothing survives it but the deliveries in progress.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from usnd.smpp.link.arrival import Arrival
from usnd.smpp.link.intake import Intake
from usnd.smpp.link.repeats_on_bind import Repeats
from usnd.smpp.link.session import (
    Answered,
    BindRefused,
    Bound,
    Close,
    Dropped,
    Overdue,
    Send,
    SessionAction,
    SessionState,
    SmppSession,
    Take,
    Unanswered,
)
from usnd.smpp.link.settings import Counters, Late, LinkLost, NotBound
from usnd.smpp.link.write_buffer import Outbox
from usnd.smpp.pdu.lenient import read_leniently
from usnd.smpp.pdu.pdus import (
    Bind,
    DataSm,
    DeliverSm,
    Framer,
    GenericNack,
    Pdu,
    SubmitSm,
    decode,
    encode,
    with_sequence,
)
from usnd.smpp.pdu.status import CommandId, CommandStatus, FramingError, PduError

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Notice = Bound | BindRefused | Dropped
OnResponse = Callable[[Pdu | Late | LinkLost], None]

_READ_OCTETS = 64 * 1024
_CLOSE_SECONDS = 1.0
_DELIVERIES = (CommandId.DELIVER_SM, CommandId.DATA_SM)


@dataclass(frozen=True)
class ConnectionHooks:
    """What a connection uses of the link it serves."""

    counters: Counters
    intake: Intake
    clock: Callable[[], float]
    take: Callable[["Delivered"], None]
    notice: Callable[[Notice], None]
    odd: Callable[[Iterable[str]], None]
    repeats_after: float


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message to be settled, and answered by `answer` under the key that was asked for with `repeats`."""

    pdu: DeliverSm | DataSm
    came_at: float
    """By the host's clock, at the earliest: before, the stream was empty."""
    repeats: Callable[[str], bool]
    """Whether an equal one was answered on this bind, and the SMSC may not have read that in time."""
    answer: Callable[[str, CommandStatus], None]


class Connection:
    def __init__(self, streams: Streams, session: SmppSession, host: ConnectionHooks, tick: float) -> None:
        self._reader, self._writer = streams
        self._outbox = Outbox(self._writer)
        self._session = session
        self._host = host
        self._waiting: dict[int, OnResponse] = {}
        self._closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._listening = True
        self._repeats = Repeats(host.repeats_after)
        self._arrival = Arrival(tick, host.clock())
        self._tick = tick

    @property
    def bound(self) -> bool:
        return self._session.state is SessionState.BOUND

    async def serve(self, request: Bind) -> str:
        """Binds, and serves until the session is over; says why."""
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._watch())]
        for task in tasks:
            task.add_done_callback(self._fail)
        try:
            self._act(self._session.bind(request, self._host.clock()))
            return await asyncio.shield(self._closed)
        finally:  # first what needs no await: a second cancellation may cut the rest
            self.close("the link stopped")
            self._outbox.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._shut()

    def submit(self, request: SubmitSm | DataSm, done: OnResponse) -> None:
        """Writes it; `done` gets the response, or that none will come; perhaps before that, that it is late.

        Raises NotBound; PduError before anything is written: a field does not fit; RuntimeError: the window
        is full.
        """
        frame = encode(request)
        if not self.bound:
            raise NotBound("the session has ended")
        sequence = self._session.submit(type(request), self._host.clock())
        self._waiting[sequence] = done
        self._host.counters.submitted += 1
        self._write(with_sequence(frame, sequence))

    async def unbind(self, seconds: float) -> None:
        """Asks the SMSC to part and waits that long for its consent."""
        self._act(self._session.unbind(self._host.clock()))
        await asyncio.wait({self._closed}, timeout=seconds)
        self.close("unbind was not answered")

    def close(self, reason: str) -> None:
        self._act(self._session.close(reason))

    async def _read(self) -> None:
        framer = Framer()
        try:
            while data := await self._next():
                for frame in framer.feed(data):
                    await self._receive(frame)
                await self._outbox.drain()  # an SMSC that does not read is not read from
            self.close("the SMSC closed the connection")
        except FramingError as error:
            self._act([Send(GenericNack(status=CommandStatus.ESME_RINVCMDLEN))])
            self.close(str(error))
        except OSError as error:
            self.close(str(error))

    async def _next(self) -> bytes:
        self._arrival.waits()
        data = await self._reader.read(_READ_OCTETS)
        self._arrival.has_read(self._host.clock(), all_of_it=len(data) < _READ_OCTETS)
        return data

    async def _receive(self, frame: bytes) -> None:
        self._host.counters.pdus_in += 1
        try:
            actions = self._session.receive(self._decoded(frame), self._host.clock())
        except PduError as error:
            actions = self._session.receive_malformed(error, self._host.clock())
        self._repeats.read_up_to(self._session.answers_read, self._host.clock())
        for action in actions:
            if isinstance(action, Take):
                await self._room()
                self._host.take(self._delivered(action.pdu))
        self._act(actions)

    def _decoded(self, frame: bytes) -> Pdu:
        try:
            return decode(frame)
        except PduError as error:
            try:
                pdu, oddities = read_leniently(frame, error)
            except PduError:
                if error.command in _DELIVERIES:
                    self._host.odd([f"refused, {error}"])
                raise
        self._host.odd(oddities)
        return pdu

    def _delivered(self, pdu: DeliverSm | DataSm) -> Delivered:
        came_at = self._arrival.came_at

        def answer(key: str, status: CommandStatus) -> None:
            self._act(self._session.answer(pdu, status))
            if status == CommandStatus.ESME_ROK:
                number, now = self._session.answers, self._host.clock()
                self._repeats.answered(key, pdu.sequence, number, came_at, now)

        def repeats(key: str) -> bool:
            return self._repeats.is_repeat(key, pdu.sequence, self._host.clock())

        return Delivered(pdu, came_at, repeats, answer)

    async def _room(self) -> None:
        """Reading stops while too many deliveries are in progress; what the SMSC says then is not late."""
        if not self._host.intake.full:
            return
        since = self._host.clock()
        self._listening = False
        await self._host.intake.room()
        self._listening = True
        self._session.postpone(self._host.clock() - since)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._tick)
            self._arrival.ticks(self._host.clock())
            if self._listening:
                self._act(self._session.tick(self._host.clock()))

    def _act(self, actions: Iterable[SessionAction]) -> None:
        for action in actions:
            if isinstance(action, Send):
                self._host.counters.nacked += action.pdu.status != CommandStatus.ESME_ROK
                self._write(encode(action.pdu))
            elif isinstance(action, Answered):
                self._waiting.pop(action.sequence)(action.response)
            elif isinstance(action, Overdue):
                self._host.counters.overdue += 1
                self._waiting[action.sequence](Late())
            elif isinstance(action, Unanswered):
                self._waiting.pop(action.sequence)(LinkLost("no response came: the SMSC may have taken it"))
            elif isinstance(action, Close):
                if not self._closed.done():  # _fail may have been first
                    self._closed.set_result(action.reason)
            elif not isinstance(action, Take):
                self._host.notice(action)

    def _write(self, frame: bytes) -> None:
        if not self._closed.done():
            self._host.counters.pdus_out += 1
            self._outbox.put(frame)

    def _fail(self, task: asyncio.Task[None]) -> None:
        """A reader that dies takes the connection with it, loudly."""
        if not task.cancelled() and (error := task.exception()) and not self._closed.done():
            self._closed.set_exception(error)

    async def _shut(self) -> None:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._writer.wait_closed()
        except OSError:  # TimeoutError is one
            self._writer.transport.abort()
