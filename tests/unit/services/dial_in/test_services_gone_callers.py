"""A caller may hang up while the database is asked: then nothing is begun for them (REQUIREMENTS C1, C4)."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from usnd.asterisk.progress import IncomingCall, PinEntered
from usnd.domain.dial_in.admission import DialInNumbers, Pin, PinKind
from usnd.domain.dial_in.wrong_pins import GuessRules
from usnd.domain.sms.decision import TextRules
from usnd.domain.trunks.trunk import Routing, Trunk
from usnd.services.alarms.alarms import Alarms
from usnd.services.conference.launch import Dropped, LaunchRequest
from usnd.services.dial_in.admission import DialIn, DialInRules
from usnd.services.dial_in.wrong_pins import WrongPins
from usnd.services.trunks.trunks import Trunks

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN, COMMON = "+447700900001", "+443001234500"
PIN = Pin("1234567", PinKind.ACTIVATION, 42, 3)


class Desk:
    """Ann calls with her PIN; `meanwhile` happens while the database is asked for it, or for the launch."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.asked: list[LaunchRequest] = []
        self.in_look_up: Callable[[], object] = lambda: None
        self.in_launch: Callable[[], object] = lambda: None
        calls = SimpleNamespace(ask_pin=self._asks, turn_away=self._turns_away)
        rules = GuessRules()
        parts: tuple[Any, ...] = (
            SimpleNamespace(run=self._looks_up),
            SimpleNamespace(live=(), until_voice=self._at_once, apply=lambda *event: self.done.append(event)),
            calls,
            Trunks(Routing((Trunk("a"),)), Alarms(lambda: NOW)),
            SimpleNamespace(texts=TextRules("GB"), launch=self._launches),
            DialInRules(DialInNumbers(COMMON), rules),
            SimpleNamespace(narrow=False),
            WrongPins(rules, Alarms(lambda: NOW), NOW),
            lambda: NOW,
        )
        self.dial_in = DialIn(*parts)

    async def _at_once(self) -> None:
        """Asterisk is surveyed."""

    async def _asks(self, *_: object, **__: object) -> bool:
        return True

    async def _turns_away(self, _call: str, why: str) -> bool:
        self.done.append(why)
        return True

    async def _looks_up(self, unit: Callable[[Any], Any]) -> Any:
        self.in_look_up()
        pins = SimpleNamespace(by_digits=lambda _: PIN)
        return unit(
            SimpleNamespace(
                pins=pins, subscribers=SimpleNamespace(by_id=lambda _: SimpleNamespace(number=ANN))
            )
        )

    async def _launches(self, request: LaunchRequest) -> Dropped:
        self.asked.append(request)
        assert request.by.waits()
        self.in_launch()
        return Dropped()

    def hangs_up(self) -> None:
        self.dial_in.gone("in-1")

    async def call(self) -> None:
        self.dial_in.came(IncomingCall("in-1", "PJSIP/a-0000002a", ANN, COMMON))
        await self.dial_in.receive("in-1")
        await self.dial_in.entered(PinEntered("in-1", PIN.digits))


async def test_who_hangs_up_while_the_pin_is_looked_up_launches_nothing() -> None:
    desk = Desk()
    desk.in_look_up = desk.hangs_up
    await desk.call()
    assert (desk.asked, desk.done) == ([], [])


@pytest.mark.parametrize(("leaves", "hears"), [(True, []), (False, ["busy"])])
async def test_a_launch_is_asked_for_while_the_caller_is_there(*, leaves: bool, hears: list[str]) -> None:
    """One that took too long is dropped: a caller who is still there hears so."""
    desk = Desk()
    if leaves:
        desk.in_launch = desk.hangs_up
    await desk.call()
    (request,) = desk.asked
    assert not request.by.waits(), "the call is over, or was turned away"
    assert desk.done == hears
