"""Callers who withhold their number, as `DialIn` takes them: who guesses PINs slows those of one trunk."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from usnd.asterisk.progress import IncomingCall, PinEntered
from usnd.domain.dial_in.admission import Denial, DialInNumbers, Pin, PinKind
from usnd.domain.dial_in.wrong_pins import GuessRules
from usnd.domain.sms.decision import TextRules
from usnd.domain.trunks.trunk import Routing, Trunk
from usnd.services.alarms.alarms import Alarms
from usnd.services.dial_in.admission import DialIn, DialInRules
from usnd.services.dial_in.wrong_pins import WrongPins
from usnd.services.trunks.trunks import Trunks
from usnd.store.core.transaction import Transaction

if TYPE_CHECKING:
    from usnd.asterisk.calls import Calls
    from usnd.services.conference.conferences import Conferences
    from usnd.services.conference.launch import Launches
    from usnd.services.dial_in.pin_space import PinCensus
    from usnd.store.core.writer import Store

T = TypeVar("T")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
COMMON = "+443001234500"
ACTIVATION = Pin("4812736", PinKind.ACTIVATION, 42, 3)
OWNER = SimpleNamespace(number="+447700900001")
RULES = GuessRules()
BARRED = Denial.WRONG_PIN.value


class Launched(Exception):
    """A PIN was right: its conference would be launched now."""


@dataclass
class Asterisk:
    """What callers hear: that a PIN is wanted, or why they are turned away."""

    heard: dict[str, str] = field(default_factory=dict)

    async def ask_pin(self, call: str, *, again: bool) -> bool:
        self.heard[call] = "again" if again else "pin"
        return True

    async def turn_away(self, call: str, why: str) -> bool:
        self.heard[call] = why
        return True


class Rows:
    """The store, with one PIN."""

    async def run(self, unit: Callable[[Transaction], T]) -> T:
        pins = SimpleNamespace(by_digits=lambda digits: ACTIVATION if digits == ACTIVATION.digits else None)
        subscribers = SimpleNamespace(by_id=lambda _: OWNER)
        return unit(cast("Transaction", SimpleNamespace(pins=pins, subscribers=subscribers)))


class Desk:
    """Calls that come in on the trunks `a` and `b`, by a clock of our own."""

    def __init__(self) -> None:
        self.now = NOW
        self.asterisk = Asterisk()
        self._count = 0
        alarms = Alarms(lambda: self.now)
        trunks = Trunks(Routing((Trunk("a"), Trunk("b"))), alarms)
        conferences = SimpleNamespace(live=(), voice_up=True, until_voice=_at_once)
        self.dial_in = DialIn(
            cast("Store", Rows()),
            cast("Conferences", conferences),
            cast("Calls", self.asterisk),
            trunks,
            cast("Launches", SimpleNamespace(texts=TextRules("GB"), launch=_launch)),
            DialInRules(DialInNumbers(COMMON), RULES),
            cast("PinCensus", SimpleNamespace(narrow=False)),
            WrongPins(RULES, alarms, NOW),
            lambda: self.now,
        )

    async def call(self, trunk: str, cli: str | None = None) -> str:
        self._count += 1
        call = f"in-{self._count}"
        self.dial_in.came(IncomingCall(call, f"PJSIP/{trunk}-0000002a", cli, COMMON))
        await self.dial_in.receive(call)
        return call

    async def hears(self, trunk: str, cli: str | None = None) -> str:
        call = await self.call(trunk, cli)
        self.dial_in.gone(call)
        return self.asterisk.heard[call]

    async def guess(self, trunk: str, times: int, cli: str | None = None) -> None:
        for _ in range(times):
            call = await self.call(trunk, cli)
            await self.dial_in.entered(PinEntered(call, "0000000"))
            self.dial_in.gone(call)

    async def opens(self, trunk: str, cli: str | None = None) -> bool:
        call = await self.call(trunk, cli)
        try:
            await self.dial_in.entered(PinEntered(call, ACTIVATION.digits))
        except Launched:
            return True
        assert self.asterisk.heard[call] in ("again", BARRED)
        return False


async def _at_once() -> None:
    """Asterisk is surveyed."""


async def _launch(*_: Any, **__: Any) -> None:
    raise Launched


def test_withheld_callers_are_barred_for_a_minute_on_the_trunk_of_who_guesses() -> None:
    async def work() -> None:
        desk = Desk()
        await desk.guess("a", RULES.free)
        assert await desk.hears("a") == "pin"
        await desk.guess("a", 1)
        assert await desk.hears("a") == BARRED
        assert await desk.hears("b") == "pin"
        assert await desk.hears("a", "+447700900002") == "pin"
        for _ in range(3):  # never longer, however often
            desk.now += RULES.longest_withheld
            assert await desk.hears("a") == "pin"
            await desk.guess("a", 1)
            assert await desk.hears("a") == BARRED

    asyncio.run(work())


def test_a_shown_number_that_guesses_bars_nobody_who_withholds_theirs() -> None:
    async def work() -> None:
        desk = Desk()
        await desk.guess("a", RULES.free + 1, "+447700900002")
        assert await desk.hears("a", "+447700900002") == BARRED
        assert await desk.hears("b", "+447700900002") == BARRED
        assert await desk.hears("a") == "pin"

    asyncio.run(work())


def test_while_it_goes_on_an_activation_pin_opens_nothing_for_a_withheld_number_of_that_trunk() -> None:
    async def work() -> None:
        desk = Desk()
        assert await desk.opens("a")
        await desk.guess("a", RULES.free + 1)
        desk.now += RULES.longest_withheld
        assert not await desk.opens("a")
        assert await desk.opens("b")
        assert await desk.opens("a", "+447700900002")
        desk.now += timedelta(days=1, minutes=2)
        assert await desk.opens("a")

    asyncio.run(work())
