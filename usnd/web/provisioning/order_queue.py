"""Orders of many requests share commits: those that wait go to usnd together, in one line of its control
socket.

at_once.py gives it each order, all in one event loop. What waits goes at most 100 at a time, with few lines
in flight; while these wait for a commit, the next orders gather. So the more come at once, the fewer commits
each of them costs.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

import structlog

from usnd.control.answers import ProvisioningResult
from usnd.control.requests import MOST_ORDERS
from usnd.domain.provisioning.codes import Code
from usnd.web.control_line import MOST_OCTETS, NoResult, NotUnderstood, provision_soon

IN_FLIGHT = 4
"""Lines at once."""
MOST_WAITING = 400
PATIENCE = 15.0
"""Seconds that one order may take in all."""
_WORTH_A_LINE = 32
"""So many that wait get a line beside those in flight; fewer wait for one of these to come back."""
_LONGEST_WAIT = 0.02
"""Seconds until they get one all the same."""
_LINE_PATIENCE = 25.0
"""Longer than usnd takes for anything; an order that is awaited no more may still be under way."""
_LOOK = 0.2
"""Seconds between two looks whether somebody has waited too long."""

Carry = Callable[[Path, Sequence[bytes], float], Awaitable[tuple[ProvisioningResult, ...]]]
Told = Callable[[ProvisioningResult | NoResult], None]


class _Order:
    """One that somebody waits for, until they are `told`."""

    __slots__ = ("came", "line", "told")

    def __init__(self, line: bytes, told: Told, came: float) -> None:
        self.line = line
        self.told: Told | None = told
        self.came = came

    def tell(self, outcome: ProvisioningResult | NoResult) -> None:
        """Once."""
        told, self.told = self.told, None
        if told is not None:
            told(outcome)


_Lot = Sequence[_Order]


class OrderQueue:
    """For one event loop. `path`: usnd's control socket."""

    def __init__(self, path: Path, carry: Carry = provision_soon, patience: float = PATIENCE) -> None:
        self._path = path
        self._carry = carry
        self._patience = patience
        self._waiting = deque[_Order]()
        self._in_flight = dict[asyncio.Task[None], _Lot]()
        self._watching: asyncio.Task[None] | None = None
        self._soon: asyncio.Handle | None = None
        self._closed = False
        self._log = structlog.get_logger("usnd.web")

    def start(self) -> None:
        """Orders are taken from now on."""
        self._loop = asyncio.get_running_loop()
        self._watching = asyncio.create_task(self._watch())

    def close(self) -> None:
        """What is in flight ends by itself; who still waits for a line is told that nothing was done."""
        self._closed = True
        if self._watching is not None:
            self._watching.cancel()
        left, self._waiting = self._waiting, deque()
        for one in left:
            one.tell(NoResult(Code.NOT_ACTIVE, "the site stops"))

    def put(self, line: bytes, told: Told) -> None:
        """A ProvisioningOrder in JSON; `told` is called with what became of it. Raises NoResult."""
        if self._closed:
            raise NoResult(Code.NOT_ACTIVE, "the site stops")
        if len(self._waiting) >= MOST_WAITING:
            raise NoResult(Code.TOO_MANY_REQUESTS, "too many orders wait")
        self._waiting.append(_Order(line, told, self._loop.time()))
        if len(self._waiting) == 1:
            self._look_at(self._loop.time() + (_LONGEST_WAIT if self._in_flight else 0))
        elif len(self._waiting) == _WORTH_A_LINE:
            self._look_at(self._loop.time())

    def result_of(self, line: bytes) -> ProvisioningResult:
        """The same, for a thread: blocks; raises NoResult."""
        found: Future[ProvisioningResult | NoResult] = Future()

        def ask() -> None:
            try:
                self.put(line, found.set_result)
            except NoResult as error:
                found.set_result(error)

        self._loop.call_soon_threadsafe(ask)
        outcome = found.result()
        if isinstance(outcome, NoResult):
            raise outcome
        return outcome

    def _look_at(self, when: float) -> None:
        """Goes on then; what else comes in this turn of the loop goes with it."""
        if self._soon is not None:
            self._soon.cancel()
        self._soon = self._loop.call_at(when, self._go_on)

    def _go_on(self) -> None:
        """Sends what is worth a line; looks again, if something stays behind."""
        while len(self._in_flight) < IN_FLIGHT and self._is_worth_it():
            lot = self._next_lot()
            sending = self._loop.create_task(self._send(lot))
            self._in_flight[sending] = lot
            sending.add_done_callback(self._is_back)
        if self._waiting and len(self._in_flight) < IN_FLIGHT:
            self._look_at(self._waiting[0].came + _LONGEST_WAIT)

    def _is_back(self, sending: asyncio.Task[None]) -> None:
        del self._in_flight[sending]
        self._go_on()

    def _is_worth_it(self) -> bool:
        """Whether a line is to be sent now."""
        if not self._waiting:
            return False
        if not self._in_flight or len(self._waiting) >= _WORTH_A_LINE:
            return True
        return self._loop.time() - self._waiting[0].came >= _LONGEST_WAIT

    def _next_lot(self) -> list[_Order]:
        """What waits, as much as one line takes."""
        lot = list[_Order]()
        octets = 0
        while self._waiting and len(lot) < MOST_ORDERS:
            octets += len(self._waiting[0].line) + 1
            if lot and octets > MOST_OCTETS:
                break
            lot.append(self._waiting.popleft())
        return lot

    async def _send(self, lot: _Lot) -> None:
        try:
            results = await self._carry(self._path, [order.line for order in lot], _LINE_PATIENCE)
        except NotUnderstood as error:
            if len(lot) > 1:  # one of them is at fault, the others are not
                for order in lot:
                    await self._send([order])
                return
            self._log.error("usnd does not understand an order", error=str(error))
            lot[0].tell(error)
        except NoResult as error:
            self._log.warning("no results from usnd", orders=len(lot), code=error.code, error=str(error))
            for order in lot:
                order.tell(error)
        except Exception as error:  # noqa: BLE001 # told to whoever asked
            self._log.error("unforeseen error with orders", exc_info=True)
            for order in lot:
                order.tell(NoResult(Code.FAULT, str(error)))
        else:
            for order, result in zip(lot, results, strict=True):
                order.tell(result)

    async def _watch(self) -> None:
        """Tells those whose time is over. Whom no line has yet will never be done."""
        while True:
            await asyncio.sleep(min(_LOOK, self._patience))
            last = self._loop.time() - self._patience
            while self._waiting and self._waiting[0].came <= last:
                late = NoResult(Code.TOO_MANY_REQUESTS, "no line to usnd became free in time")
                self._waiting.popleft().tell(late)
            for lot in tuple(self._in_flight.values()):
                for order in lot:
                    if order.came > last:
                        break
                    order.tell(NoResult(Code.NO_ANSWER_IN_TIME, "usnd did not answer in time"))
