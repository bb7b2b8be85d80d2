"""Takes calls in: the subscriber's own, and those with a PIN (REQUIREMENTS C1, C3, C4, C5).

call_router.py gives each call that comes in, and its keys while it is in no conference. What it may do is
decided in domain/dial_in/admission.py: it joins a live conference, launches one as the text `ICx` would
(services/conference/launch.py), is asked for a PIN, or is turned away.
"""

from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from usnd.asterisk.ami import AmiError
from usnd.asterisk.calls import Calls
from usnd.asterisk.progress import Digit, IncomingCall, PinEntered
from usnd.domain.conference.dtmf_menu import Typed
from usnd.domain.conference.events import CallIn, JoinIn
from usnd.domain.conference.launch import InstantConference
from usnd.domain.conference.model import LaunchedBy
from usnd.domain.dial_in.admission import (
    AskPin,
    Denial,
    Deny,
    DialInNumbers,
    Join,
    LaunchInstant,
    Pin,
    PinKind,
    Rejoin,
    Way,
    as_configured,
    counts,
    enter,
    route,
)
from usnd.domain.dial_in.pin_entry import asked_anew, press_pin
from usnd.domain.dial_in.wrong_pins import GuessRules, after_wrong_pin
from usnd.domain.trunks.number_format import TrunkNumbers, read
from usnd.domain.trunks.sip_uri import called_number, calling_number
from usnd.services.asker import Asker
from usnd.services.conference.conferences import Conferences
from usnd.services.conference.launch import (
    Dropped,
    Launched,
    Launches,
    LaunchRequest,
    NotLaunched,
    Running,
)
from usnd.services.dial_in.pin_space import PinCensus
from usnd.services.dial_in.wrong_pins import WrongPins, withheld_on
from usnd.services.figures import DialInFigures
from usnd.services.trunks.trunks import Trunks
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreBusy
from usnd.store.core.writer_connection import StoreTaken


@dataclass(slots=True)
class _Caller:
    """A call that is not in a conference yet."""

    call: str
    cli: str | None
    dnis: str
    trunk: str
    wrong: int = 0
    asked: bool = False
    """For a PIN that is not complete yet."""
    typed: Typed = field(default_factory=Typed)

    @property
    def guesser(self) -> str:
        """To whom wrong PINs are counted."""
        return self.cli or withheld_on(self.trunk)


@dataclass(frozen=True, slots=True)
class DialInRules:
    """How calls that come in are read: the numbers that lead here, and how each trunk writes numbers."""

    numbers: DialInNumbers
    guesses: GuessRules
    trunks: Mapping[str, TrunkNumbers] = field(default_factory=dict)


@dataclass
class DialIn:
    """The calls that come in, until each is in a conference or turned away.

    pin_space says whether PINs are too many, wrong_pins who guesses them; clock gives the time in UTC.
    """

    store: Store
    conferences: Conferences
    calls: Calls
    trunks: Trunks
    launches: Launches
    rules: DialInRules
    pin_space: PinCensus
    wrong_pins: WrongPins
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        self._callers: dict[str, _Caller] = {}
        self._came = 0
        self._refused: Counter[str] = Counter()
        self._log = structlog.get_logger("usnd.calls_in")

    def knows(self, call: str) -> bool:
        """The call waits here, or types its PIN."""
        return call in self._callers

    def gone(self, *calls: str) -> None:
        """The calls are over."""
        for call in calls:
            self._callers.pop(call, None)
            self.trunks.gone(call)

    @property
    def waiting(self) -> frozenset[str]:
        """All calls that came in and are in no conference, those that hear why not among them."""
        return self.trunks.waiting.union(self._callers)

    def came(self, incoming: IncomingCall) -> None:
        """Knows a call that rings, and counts it on its trunk, before anything else is heard of it."""
        self._came += 1
        trunk = self.trunks.came_in(incoming.call, incoming.channel)
        cli, dnis = self._numbers_of(incoming, self.rules.trunks.get(trunk, TrunkNumbers()))
        self._callers[incoming.call] = _Caller(incoming.call, cli, dnis, trunk)

    def _numbers_of(self, incoming: IncomingCall, writing: TrunkNumbers) -> tuple[str | None, str]:
        """The calling number as E.164, and the one called as the configuration has it."""
        calling, called, said = incoming.cli, incoming.dnis, incoming.signalling
        if said is not None:
            calling = calling_number(said, writing.trusted)
            called = called_number(said, in_to=writing.called_in_to) or ""
        region = self.launches.texts.home_region
        cli = read(calling, writing.calling_in, region)[1] if calling else None
        return cli, as_configured(*read(called, writing.called_in, region), self.rules.numbers, region)

    def figures(self, now: datetime) -> DialInFigures:
        """All of them; counts are since the start."""
        running = sum(one.instant is not None for one in self.conferences.live)
        return DialInFigures(
            calls=self._came,
            waiting=len(self._callers),
            refused=dict(self._refused),
            wrong=self.wrong_pins.figures(now),
            pins=self.pin_space.figures(running),
        )

    async def receive(self, call: str) -> None:
        """Takes a call that came, unless it is gone; one that is heard before the survey is done waits."""
        await self.conferences.until_voice()
        caller = self._callers.get(call)
        if caller is None:
            return
        barred = self.wrong_pins.barred(caller.guesser, self.clock())
        way = route(caller.cli, caller.dnis, self.rules.numbers, self.conferences.live, barred=barred)
        await self._go(caller, way)

    async def pressed(self, pressed: Digit) -> None:
        """Takes one key of a caller; with the last of a PIN, the PIN."""
        caller = self._callers.get(pressed.call)
        if caller is None:
            return
        now = pressed.at or self.clock()
        caller.typed, digits = press_pin(caller.typed, pressed.digit, now, begun=pressed.begun)
        if not caller.asked:
            caller.typed = asked_anew(caller.typed)
        elif digits is not None:
            await self._enter(caller, digits)

    async def entered(self, entry: PinEntered) -> None:
        """Takes what a caller typed who stopped before the last digit, or pressed `#`."""
        caller = self._callers.get(entry.call)
        if caller is not None and caller.asked:
            await self._enter(caller, caller.typed.digits or entry.pin)

    async def _enter(self, caller: _Caller, digits: str) -> None:
        caller.asked, caller.typed = False, asked_anew(caller.typed)
        try:
            pin, owner = await self.store.run(lambda tx: _look_up(tx, digits))
        except (StoreBusy, StoreTaken):
            await self._go(caller, Deny(Denial.BUSY))
            return
        live = self.conferences.live
        guessed = caller.cli is None and self.wrong_pins.go_on(caller.guesser, self.clock())
        narrow = self.pin_space.narrow or guessed
        if pin is None or not counts(pin, caller.cli, owner, live, narrow=narrow):
            await self._go(caller, self._wrong(caller))
            return
        await self._go(caller, enter(pin, live), pin)

    def _wrong(self, caller: _Caller) -> Way:
        now = self.clock()
        caller.wrong += 1
        guesses = self.wrong_pins.wrong(caller.guesser, now)
        tell = self._log.error if guesses.barred(now) else self._log.warning
        tell("wrong pin", call=caller.call, cli=caller.cli, wrong=guesses.wrong, barred=guesses.barred(now))
        return after_wrong_pin(caller.wrong, guesses, self.rules.guesses, now)

    async def _go(self, caller: _Caller, way: Way, pin: Pin | None = None) -> None:
        if not self.knows(caller.call):
            return  # hung up while the database was asked
        activation = pin.digits if pin is not None and pin.kind is PinKind.ACTIVATION else ""
        match way:
            case Rejoin(conference):
                self._rejoin(caller, conference, activation)
            case Join(conference):
                self._callers.pop(caller.call, None)
                self._log.info("participant calls in", conference=conference, call=caller.call)
                join = JoinIn(caller.call, caller.dnis, caller.cli or "", activation, caller.trunk)
                self.conferences.apply(conference, join)
            case LaunchInstant():
                await self._launch(caller, way, activation)
            case AskPin(again):
                caller.asked = True
                await self._act(self.calls.ask_pin(caller.call, again=again))
            case Deny(why):
                self._callers.pop(caller.call, None)
                self._refused[why.value] += 1
                who = {"call": caller.call, "cli": caller.cli, "dnis": caller.dnis}
                self._log.info("incoming call refused", **who, reason=why.value)
                await self._act(self.calls.turn_away(caller.call, why.value))

    def _rejoin(self, caller: _Caller, conference: int, activation: str) -> None:
        self._callers.pop(caller.call, None)
        self._log.info("subscriber calls in", conference=conference, call=caller.call)
        self.conferences.apply(conference, _call_in(caller, activation))

    async def _launch(self, caller: _Caller, way: LaunchInstant, activation: str) -> None:
        subscriber = (caller.cli or "") if way.subscriber_id is None else way.subscriber_id
        call_in = _call_in(caller, activation)
        whom, asker = InstantConference(way.instant), Asker("dial-in", lambda: self.knows(caller.call))
        by = LaunchedBy.PIN if activation else LaunchedBy.CALL
        asked = LaunchRequest(subscriber, whom, asker, call_in, tells=True, means=by)
        try:
            result = await self.launches.launch(asked)
        except (StoreBusy, StoreTaken):
            await self._go(caller, Deny(Denial.BUSY))
            return
        match result:
            case Running(conference):
                self._rejoin(caller, conference, activation)
            case NotLaunched(busy=busy):
                await self._go(caller, Deny(Denial.BUSY if busy else Denial.UNKNOWN))
            case Dropped():
                await self._go(caller, Deny(Denial.BUSY))
            case Launched():
                self._callers.pop(caller.call, None)

    async def _act(self, action: Coroutine[None, None, bool]) -> None:
        try:
            await action
        except AmiError as error:
            self._log.warning("incoming call not answered", error=str(error))


def _look_up(tx: Transaction, digits: str) -> tuple[Pin | None, str]:
    """The PIN of these digits, and the number of its subscriber."""
    pin = tx.pins.by_digits(digits)
    owner = tx.subscribers.by_id(pin.subscriber_id) if pin is not None else None
    return pin, owner.number if owner is not None else ""


def _call_in(caller: _Caller, activation: str) -> CallIn:
    return CallIn(caller.call, caller.dnis, activation, caller.trunk, caller.cli or "")
