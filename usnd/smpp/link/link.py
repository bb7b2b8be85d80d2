"""The link to one SMSC: a bind made again for ever, texts in, messages out (REQUIREMENTS S1).

daemon.py runs one for each bind, and services/messaging takes and gives the texts. It reconnects, gives each
bind its id, and says what a response means. It stores nothing, sends no message again and judges no text: an
MO text is answered when `on_text` returns, an MT message is the caller's until its outcome is known.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial

import structlog

from usnd.domain.messaging.smsc_refusals import Refusal, refusal_of
from usnd.process.os_errors import reason
from usnd.smpp.link.addresses import Addresses
from usnd.smpp.link.connection import Connection, ConnectionHooks, Delivered, Notice
from usnd.smpp.link.intake import Intake
from usnd.smpp.link.session import BindRefused, Bound, SmppSession
from usnd.smpp.link.settings import (
    BindKind,
    Counters,
    Late,
    LinkLost,
    LinkSettings,
    LinkState,
    NotBound,
    Postponed,
    Rejected,
    Submitted,
    Throttled,
)
from usnd.smpp.pdu.pdus import (
    Bind,
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    Pdu,
    SubmitSm,
    SubmitSmResp,
)
from usnd.smpp.pdu.status import CommandStatus, PduError, status_name
from usnd.smpp.received import Receipt, ReceivedText, read_delivery
from usnd.smpp.text.segments import Segment

OnText = Callable[[ReceivedText], Awaitable[CommandStatus]]
OnReceipt = Callable[[Receipt], Awaitable[CommandStatus | None]]
"""None: it fits no message, so it is the text that it may be `otherwise`."""
SubmitOutcome = Submitted | Throttled | Postponed | Rejected | Late | LinkLost
OnOutcome = Callable[[SubmitOutcome], None]
OnState = Callable[[str, LinkState], None]

_BINDS: Mapping[BindKind, type[Bind]] = {
    BindKind.TRANSCEIVER: BindTransceiver,
    BindKind.TRANSMITTER: BindTransmitter,
    BindKind.RECEIVER: BindReceiver,
}
_UDHI = 0x40
_RECEIPT_WANTED = 0x01
_INTERNATIONAL = (1, 1)
_TICKS_PER_TIMER = 5
_LONGEST_TICK = 0.5
_FINISH_SECONDS = 2.0
_MOST_DOUBLINGS = 32
_REFUSED = "smsc refused the bind"
_UNREACHED = "smsc cannot be reached"


class SmscLink:
    """new_session: gives a unique id for each bind; clock: seconds, never backwards; rng: jitter only."""

    def __init__(
        self,
        settings: LinkSettings,
        *,
        on_text: OnText,
        on_receipt: OnReceipt,
        on_state: OnState,
        new_session: Callable[[], str],
        clock: Callable[[], float],
        rng: random.Random,
    ) -> None:
        self.settings = settings
        self.counters = Counters()
        self.state = LinkState.DOWN
        self._on_text, self._on_receipt, self._on_state = on_text, on_receipt, on_state
        self._new_session, self._rng = new_session, rng
        self._log = structlog.get_logger("usnd.smpp").bind(
            smsc=settings.name,
            bind=None if settings.bind is BindKind.TRANSCEIVER else settings.bind.value,
        )
        self._intake = Intake(settings.deliveries)
        self.addresses = Addresses(settings)
        self._host = ConnectionHooks(
            self.counters, self._intake, clock, self._take, self._notice, self._odd, settings.repeats_after
        )
        self._connection: Connection | None = None
        self._session: str | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._bound_at = 0.0
        self._told: set[str] = set()  # why there is no bind: once, not at each attempt
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()

    @property
    def session(self) -> str | None:
        """The id of the present bind, as long as it may send."""
        return self._session if self._renewing is None else None

    async def run(self) -> None:
        """Connects, binds and serves, again and again, until `stop`."""
        self._ended.clear()
        serving = asyncio.create_task(self._serve_for_ever())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if self._connection and self._connection.bound:
                self._enter(LinkState.UNBINDING)
                await self._connection.unbind(self.settings.timers.unbind)
                await asyncio.wait({serving}, timeout=_FINISH_SECONDS)
        finally:
            serving.cancel()
            stopping.cancel()
            await asyncio.gather(serving, stopping, return_exceptions=True)
            await self._intake.finish(_FINISH_SECONDS)
            self._ended.set()

    async def stop(self) -> None:
        """Unbinds, waits at most Timers.unbind for the answer, closes; returns when `run` has ended."""
        self._stopping.set()
        await self._ended.wait()

    def submit(
        self,
        sender: str,
        recipient: str,
        segment: Segment,
        done: OnOutcome,
        *,
        receipt: bool = False,
        validity_period: str = "",
    ) -> None:
        """Sends one segment; `done` gets its outcome: Submitted, or the error Throttled, Postponed, Rejected,
        LinkLost; before any of these perhaps Late.

        sender, recipient: `+` and digits, or digits with the TON and NPI of the settings. validity_period: as
        SMPP 3.4 §7.1.1 writes it. Raises NotBound, and Rejected for what SMPP cannot carry: nothing was
        written. Not more than `settings.window` at once (RuntimeError).
        """
        connection, session = self._connection, self.session
        if connection is None or session is None:
            raise NotBound(f"{self.settings.name} is {self.state.value}")
        request = self._request(sender, recipient, segment, receipt=receipt, validity_period=validity_period)
        try:
            connection.submit(request, lambda response: done(self._outcome(response, session)))
        except PduError as error:
            raise Rejected(error.status) from error

    # Outgoing -----------------------------------------------------------------------------------------------

    def _request(
        self, sender: str, recipient: str, segment: Segment, *, receipt: bool, validity_period: str
    ) -> SubmitSm:
        own = self.settings
        source_ton, source_npi = _INTERNATIONAL if sender[:1] == "+" else (own.source_ton, own.source_npi)
        dest_ton, dest_npi = _INTERNATIONAL if recipient[:1] == "+" else (own.dest_ton, own.dest_npi)
        return SubmitSm(
            source_addr_ton=source_ton,
            source_addr_npi=source_npi,
            source_addr=sender.removeprefix("+"),
            dest_addr_ton=dest_ton,
            dest_addr_npi=dest_npi,
            destination_addr=recipient.removeprefix("+"),
            esm_class=_UDHI if segment.has_udh else 0,
            validity_period=validity_period,
            registered_delivery=_RECEIPT_WANTED if receipt else 0,
            data_coding=segment.data_coding,
            short_message=segment.octets,
        )

    def _outcome(self, response: Pdu | Late | LinkLost, session: str) -> SubmitOutcome:
        if isinstance(response, Late | LinkLost):
            return response
        if response.status == CommandStatus.ESME_ROK and isinstance(response, SubmitSmResp):
            return Submitted(response.message_id, session)
        meaning = refusal_of(status_name(response.status), self.settings.refusals)
        if meaning is Refusal.BIND:
            self._renew(session, response.status)
        if meaning is Refusal.THROTTLE:
            return Throttled(response.status)
        return (Rejected if meaning is Refusal.FINAL else Postponed)(response.status)

    def _renew(self, session: str, status: int) -> None:
        """Unbinds, so that a new bind is made: the SMSC does not hold us for bound."""
        if self._session != session or self._connection is None or self._renewing is not None:
            return
        self._log.warning("smsc forgot the bind, it is made again", status=status_name(status))
        self._renewing = asyncio.create_task(self._connection.unbind(self.settings.timers.unbind))

    # Incoming -----------------------------------------------------------------------------------------------

    def _take(self, delivered: Delivered) -> None:
        own, waited = self.settings, self._host.clock() - delivered.came_at
        delivery = read_delivery(
            delivered.pdu,
            own.name,
            self._session or "",
            own.mo_alphabet or own.alphabet,
            waited,
            delivered.repeats,
            ends_with_nul=own.mo_ends_with_nul,
        )
        if delivery.oddities:
            self._odd(delivery.oddities)
        key = delivery.fingerprint
        if isinstance(delivery, Receipt):
            self.counters.receipts += 1
            work = partial(self._settled, delivery, partial(self._receipt, delivery))
        else:
            self.counters.texts += 1
            work = partial(self._settled, delivery, partial(self._on_text, delivery))
        self._intake.take(key, work, partial(delivered.answer, key))

    async def _receipt(self, receipt: Receipt) -> CommandStatus:
        status = await self._on_receipt(receipt)
        if status is None and receipt.otherwise is not None:
            return await self._on_text(receipt.otherwise)
        return CommandStatus.ESME_ROK if status is None else status

    def _odd(self, oddities: Iterable[str]) -> None:
        """Counts each, and says the first of its kind: an SMSC that does so once does so always."""
        for name in oddities:
            refused = name.startswith("refused")
            kind = name.partition(":")[0]
            seen = self.counters.oddities.get(kind, 0)
            self.counters.oddities[kind] = seen + 1
            if not seen:
                told = "a delivery cannot be read" if refused else "odd deliveries are read all the same"
                self._log.warning(told, oddity=name, session=self._session)

    async def _settled(
        self, delivery: ReceivedText | Receipt, settle: Callable[[], Awaitable[CommandStatus]]
    ) -> CommandStatus:
        try:
            return await settle()
        except Exception:  # noqa: BLE001 # whatever it is, the SMSC must hear that we failed, and deliver again
            self._log.exception(
                "A delivery failed", session=delivery.session, fingerprint=delivery.fingerprint
            )
            return CommandStatus.ESME_RSYSERR

    # The connection -----------------------------------------------------------------------------------------

    async def _serve_for_ever(self) -> None:
        own, failures = self.settings, 0
        while not self._stopping.is_set():
            self._bound_at = self._host.clock()
            try:
                await self._serve_once()
            except Exception:  # noqa: BLE001 # a fault of ours: loud, and not the end of the link
                self._log.exception("The connection failed")
            failures = 0 if self._lasted else min(failures + 1, _MOST_DOUBLINGS)
            if not self._stopping.is_set():
                await asyncio.sleep(self._rng.uniform(0, own.longest_wait(failures)))

    @property
    def _lasted(self) -> bool:
        """A bind that does not outlive one enquiry is no better than none: it must not end the backoff."""
        return self._host.clock() - self._bound_at > self.settings.timers.enquire_interval

    async def _serve_once(self) -> None:
        own = self.settings
        self._enter(LinkState.CONNECTING)
        reason = "cancelled"
        try:
            address, streams = await self.addresses.connect()
            session = SmppSession(own.timers, own.window)
            self._connection = Connection(streams, session, self._host, self._tick())
            self._enter(LinkState.BINDING)
            try:
                reason = await self._connection.serve(self._bind())
            finally:
                good = self._session is not None and self._lasted
                (self.addresses.served if good else self.addresses.failed)(address)
        except OSError as error:  # TimeoutError is one
            reason = _in_words(error)
        finally:
            self._down(reason)

    def _down(self, reason: str) -> None:
        ended, self._connection, self._session, self._renewing = self._session, None, None, None
        if ended is not None:
            self._log.info("smsc link down", reason=reason, session=ended)
        elif _REFUSED not in self._told:
            self._tell(_UNREACHED, host=self.settings.host, port=self.settings.port, reason=reason)
        self._enter(LinkState.DOWN)

    def _tell(self, trouble: str, **facts: object) -> None:
        if trouble not in self._told and not self._stopping.is_set():
            self._told.add(trouble)
            self._log.warning(trouble, **facts)

    def _bind(self) -> Bind:
        own = self.settings
        return _BINDS[own.bind](
            system_id=own.system_id,
            password=own.password,
            system_type=own.system_type,
            interface_version=own.interface_version,
        )

    def _tick(self) -> float:
        timers = self.settings.timers
        shortest = min(timers.enquire_interval, timers.response, timers.bind, timers.unbind)
        return min(_LONGEST_TICK, shortest / _TICKS_PER_TIMER)

    def _notice(self, notice: Notice) -> None:
        if isinstance(notice, Bound):
            self.counters.binds += 1
            self._bound_at = self._host.clock()
            self._session = self._new_session()
            self._told.clear()
            self._log.info("smsc link bound", session=self._session, system_id=notice.system_id)
            self._enter(LinkState.BOUND)
        elif isinstance(notice, BindRefused):
            self._tell(_REFUSED, status=status_name(notice.status))
        else:
            self.counters.dropped += 1
            self._log.info("pdu dropped", reason=notice.reason, session=self._session)

    def _enter(self, state: LinkState) -> None:
        self.state = state
        self._on_state(self.settings.name, state)


def _in_words(error: OSError) -> str:
    """A refusal without the address that asyncio puts behind it."""
    if isinstance(error, ConnectionRefusedError):
        return "Connection refused"
    return reason(error) if error.args else "no connection in time"


def relative_time(left: timedelta) -> str:
    """A validity period: relative, so that no clock but the SMSC's own counts (SMPP 3.4 §7.1.1.2)."""
    days, seconds = divmod(max(1, int(left.total_seconds())), 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    return f"0000{min(days, 30):02}{hours:02}{minutes:02}{seconds:02}000R"
