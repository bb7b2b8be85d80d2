"""One TCP connection to an SMSC: carries out what the session decides, until it closes.

Owns the stream, the tasks that read it and look at the clock, and who waits for which response. Refuses to
reconnect and to read what a message says. Nothing survives it but the deliveries in progress.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from usnd.smpp.intake import Answer, Intake
from usnd.smpp.outbox import Outbox
from usnd.smpp.pdu import (
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
from usnd.smpp.session import (
    Action,
    Answered,
    BindRefused,
    Bound,
    Close,
    Dropped,
    Overdue,
    Send,
    Session,
    State,
    Take,
    Unanswered,
)
from usnd.smpp.settings import Counters, Late, LinkLost, NotBound
from usnd.smpp.status import CommandStatus, FramingError, PduError

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Notice = Bound | BindRefused | Dropped
OnResponse = Callable[[Pdu | Late | LinkLost], None]

_READ_OCTETS = 64 * 1024
_CLOSE_SECONDS = 1.0


@dataclass(frozen=True)
class Host:
    """What a connection uses of the link it serves."""

    counters: Counters
    intake: Intake
    clock: Callable[[], float]
    take: Callable[[DeliverSm | DataSm, Answer], None]
    notice: Callable[[Notice], None]


class Connection:
    def __init__(self, streams: Streams, session: Session, host: Host) -> None:
        self._reader, self._writer = streams
        self._outbox = Outbox(self._writer)
        self._session = session
        self._host = host
        self._waiting: dict[int, OnResponse] = {}
        self._closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._listening = True

    @property
    def bound(self) -> bool:
        return self._session.state is State.BOUND

    async def serve(self, request: Bind, tick: float) -> str:
        """Binds, and serves until the session is over; says why. tick: seconds between looks at the clock."""
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._watch(tick))]
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
            while data := await self._reader.read(_READ_OCTETS):
                for frame in framer.feed(data):
                    await self._receive(frame)
                await self._outbox.drain()  # an SMSC that does not read is not read from
            self.close("the SMSC closed the connection")
        except FramingError as error:
            self._act([Send(GenericNack(status=CommandStatus.ESME_RINVCMDLEN))])
            self.close(str(error))
        except OSError as error:
            self.close(str(error))

    async def _receive(self, frame: bytes) -> None:
        self._host.counters.pdus_in += 1
        try:
            actions = self._session.receive(decode(frame), self._host.clock())
        except PduError as error:
            actions = self._session.receive_malformed(error, self._host.clock())
        for action in actions:
            if isinstance(action, Take):
                await self._room()
                self._host.take(action.pdu, partial(self._answer, action.pdu))
        self._act(actions)

    async def _room(self) -> None:
        """Reading stops while too many deliveries are in progress; what the SMSC says then is not late."""
        if not self._host.intake.full:
            return
        since = self._host.clock()
        self._listening = False
        await self._host.intake.room()
        self._listening = True
        self._session.postpone(self._host.clock() - since)

    async def _watch(self, tick: float) -> None:
        while True:
            await asyncio.sleep(tick)
            if self._listening:
                self._act(self._session.tick(self._host.clock()))

    def _answer(self, request: DeliverSm | DataSm, status: CommandStatus) -> None:
        self._act(self._session.answer(request, status))

    def _act(self, actions: Iterable[Action]) -> None:
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
