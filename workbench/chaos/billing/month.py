"""A month of calls through the real engine, by a clock that is set, and what arrives of it at the receivers.

Real are: usnd's services on their store, the export, rsync, ssh and sshd. In place of Asterisk is a scripted
switch. The engine's processes are killed, servers take each other's place, a destination is away for days.
Nothing here judges the files: checker.py has awk and sqlite3 do it, beside the switch's own log.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from workbench.chaos.billing.check import checker
from workbench.chaos.billing.exporters import NEVER, PRODUCT_STEPS, Death, Run, product
from workbench.chaos.billing.life import live
from workbench.chaos.billing.month_plan import (
    CALL_IN,
    DAY,
    GOES_AWAY,
    HOUR,
    LONG_TALKERS,
    MINUTE,
    NODES,
    SECOND,
    SUBSCRIBERS,
    ZONE,
    ExportPlan,
    Fault,
    Kind,
    MonthPlan,
)
from workbench.chaos.billing.nodes import Servers, collect
from workbench.chaos.billing.orders import (
    Cut,
    Die,
    Happening,
    LifeSettings,
    Order,
    Pause,
    SwitchDies,
    load,
    save,
)
from workbench.chaos.billing.processes import Child
from workbench.chaos.billing.scripted_switch import moment
from workbench.chaos.billing.switchboard import Board, Switchboard
from workbench.parts.process import PartError
from workbench.parts.receiver import Receiver

Say = Callable[[str], None]
_LAST_HOURS = 40
_TRIES = 3


class Destination(Enum):
    """What becomes of the one that goes away."""

    AWAY = "away"
    BACK = "back"


Stop = ExportPlan | Fault | Destination
"""What is done at a moment at which the engine waits."""


@dataclass
class MonthOutcome:
    """struck: faults by kind. hours: full ones. counts: the checker's. alarms: each that was ever raised."""

    struck: Counter[str] = field(default_factory=Counter)
    hours: int = 0
    exports: int = 0
    exports_killed: int = 0
    exports_that_left_something: int = 0
    alarms: set[str] = field(default_factory=set)
    litter: list[str] = field(default_factory=list)
    counts: Mapping[str, int] = field(default_factory=dict)


class Month:
    """home: a directory of ours, for all that is written."""

    def __init__(
        self, plan: MonthPlan, home: Path, url: str, receivers: Mapping[str, Receiver], say: Say
    ) -> None:
        self._plan, self._home, self._receivers, self._say = plan, home, receivers, say
        self._servers = Servers(home, url, NODES)
        self._work = home / "check"
        self._work.mkdir()
        self._board, self._legs = home / "board.json", self._work / "legs.csv"
        self._node, self._now = NODES[0], plan.begins
        self._life: Child | None = None
        self._back_at: int | None = plan.begins
        self._armed: Fault | None = None
        self._lost = False
        self._live = 0
        self._gaps: list[tuple[int, int, str]] = []
        self._out = MonthOutcome()

    async def run(self) -> MonthOutcome:
        """All of it. Raises PartError."""
        self._servers.set_up(self._receivers, zone=ZONE, call_in=CALL_IN)
        self._servers.register(SUBSCRIBERS, moment(self._plan.begins))
        save(Board(self._now, self._plan.seed, list(LONG_TALKERS), CALL_IN), self._board)
        self._legs.touch()
        try:
            for at, what in sorted(self._stops(), key=lambda stop: stop[0]):
                await self._go_to(at)
                await self._do(what)
            await self._finish()
        finally:
            if self._life is not None:
                self._life.end()
        self._out.litter = [*self._servers.litter(), *self._litter_there()]
        self._write_gaps()
        delivered = collect(self._receivers, self._home / "delivered")
        queries = [checker.ARCHIVE, checker.MONTH]
        self._out.counts = await asyncio.to_thread(checker.check, delivered, self._work, queries, zone=ZONE)
        return self._out

    # What is done when.

    def _stops(self) -> Iterator[tuple[int, Stop]]:
        for export in self._plan.exports:
            yield export.at, export
        for fault in self._plan.faults:
            if fault.kind in (Kind.USND, Kind.SERVER) and fault.moment is None:
                yield fault.at, fault
        gone, back = self._plan.away
        yield gone, Destination.AWAY
        yield back, Destination.BACK

    async def _do(self, what: Stop) -> None:
        match what:
            case ExportPlan():
                await self._export(what)
            case Fault():
                if self._life is not None:
                    self._armed = what
                    self._life.kill(whole=True)
                    self._died()
            case Destination():
                receiver = self._receivers[GOES_AWAY]
                await (receiver.start() if what is Destination.BACK else receiver.end())
                self._say(f"{_day(self._now)}: {GOES_AWAY} is {what.value}")

    async def _go_to(self, at: int) -> None:
        """Time goes on until then, over deaths and new lives."""
        while self._now < at:
            if self._life is None:
                if self._back_at is None or self._back_at > at:
                    self._now = at
                    return
                await self._begin_life(self._back_at)
                continue
            self._life.send(Order(at, tuple(self._happenings(at))))
            if await self._hear():
                if _day(at) != _day(self._now):
                    self._say(f"{_day(at)}: {dict(self._out.struck)}")
                self._now = at
            else:
                self._died()

    def _happenings(self, until: int) -> Iterator[Happening]:
        """From now until then, for a life to let come true."""
        for launch in self._plan.launches:
            if self._now < launch.at <= until:
                yield launch
        for fault in self._plan.faults:
            if not self._now < fault.at <= until:
                continue
            match fault.kind, fault.moment:
                case Kind.LINK, _:
                    self._out.struck[fault.kind.value] += 1
                    yield Cut(fault.at, fault.at + fault.lasts)
                case Kind.SWITCH, _:
                    self._out.struck[fault.kind.value] += 1
                    yield SwitchDies(fault.at, fault.at + fault.lasts)
                case _, within if within is not None:
                    self._armed = fault
                    yield Die(fault.at, within)

    # Lives.

    async def _begin_life(self, at: int) -> None:
        settings = LifeSettings(
            self._servers.config(self._node), self._node, at, self._board, self._legs, self._home / "journal"
        )
        self._life = Child(live, settings)
        self._now, self._back_at, self._lost = max(at, self._now), None, False
        if not await self._hear():
            raise PartError(f"the engine did not begin:\n{self._journal()}")

    async def _hear(self) -> bool:
        """It came to its time. False: it died."""
        assert self._life is not None
        try:
            pause: Pause = await asyncio.to_thread(self._life.hear)
        except EOFError:
            return False
        self._live = pause.live
        self._out.alarms |= set(pause.alarms)
        return True

    def _died(self) -> None:
        """Who goes on, and when. A server that is lost has its calls lost."""
        fault, life = self._armed, self._life
        assert life is not None
        if fault is None or not life.was_killed:
            raise PartError(f"the engine ended by itself ({life.exit_status}):\n{self._journal()}")
        life.end()
        self._life = self._armed = None
        board = load(self._board)
        died = board.now
        self._out.struck[fault.kind.value] += 1
        if fault.kind is Kind.SERVER:
            with self._legs.open("a", encoding="ascii") as log:
                Switchboard(board, self._node, lambda line: print(line, file=log)).all_die(died)
            board.started[self._node] = died
            save(board, self._board)
            self._node = NODES[1 - NODES.index(self._node)]
            self._lost = True
        self._back_at = died + fault.lasts
        self._gaps.append((died - SECOND, self._back_at, fault.kind.value))
        self._now = max(self._now, died)

    def _write_gaps(self) -> None:
        """For the checker: when usnd could not hear the switch."""
        for fault in self._plan.faults:
            if fault.kind in (Kind.LINK, Kind.SWITCH):
                self._gaps.append((fault.at, fault.at + fault.lasts, fault.kind.value))
        rows = [f"{since},{until},{kind}\n" for since, until, kind in self._gaps]
        (self._work / "gaps.csv").write_text("".join(rows))

    # Files.

    async def _export(self, planned: ExportPlan, *, patient: bool = True) -> bool:
        """Once, as the timer does it. Whether nothing is left to do."""
        if self._lost:
            return False  # nobody is active
        death = NEVER
        if planned.kill is not None:
            death = Death(steps=1 + int(planned.kill * PRODUCT_STEPS))
        config = self._servers.config(self._node)
        child = Child(product, Run(config, planned.at, self._home / "journal", death, patient=patient))
        self._out.exports += 1
        try:
            while not isinstance(said := await asyncio.to_thread(child.hear), bool):
                pass
        except EOFError:
            if not child.was_killed:
                raise PartError(f"the export ended by itself:\n{self._journal()}") from None
            self._out.exports_killed += 1
            return False
        finally:
            child.end()
        self._out.exports_that_left_something += not said
        return said

    async def _finish(self) -> None:
        """Until the last call is over and the last file is there."""
        hour = (self._plan.ends // HOUR) * HOUR
        for _ in range(_LAST_HOURS):
            hour += HOUR
            await self._go_to(hour + SECOND)
            await self._export(ExportPlan(hour + SECOND))
            if not self._live and self._life is not None:
                break
        else:
            raise PartError(f"{self._live} conferences do not end")
        hour += HOUR
        await self._go_to(hour + SECOND)
        for once in range(_TRIES):
            if await self._export(ExportPlan(hour + SECOND + once * MINUTE), patient=False):
                break
        else:
            raise PartError(f"not all is delivered:\n{self._journal()}")
        self._out.hours = (hour - self._plan.begins) // HOUR
        assert self._life is not None
        self._life.send(None)
        with suppress(EOFError):
            await asyncio.to_thread(self._life.hear)

    def _litter_there(self) -> list[str]:
        return [path for receiver in self._receivers.values() for path in receiver.litter()]

    def _journal(self) -> str:
        path = self._home / "journal"
        return "\n".join(path.read_text(errors="replace").splitlines()[-30:]) if path.exists() else ""


def _day(at: int) -> str:
    return f"{moment(at - at % DAY):%Y-%m-%d}"
