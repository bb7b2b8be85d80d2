"""The export killed at each of its steps, hundreds of times, on either server; so is one of the usual order.

Each hour has its records. A run of the export is killed, and the next one goes on, on the same server or the
other, until the hour is delivered; more records come meanwhile. The same records are exported without a kill,
too: what the receiver has must be the same, octet by octet. checker.py counts losses and doubles of all.
"""

import asyncio
import hashlib
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction
from workbench.chaos.billing.check import checker
from workbench.chaos.billing.exporters import (
    NEVER,
    PRODUCT_STEPS,
    Death,
    Exporter,
    Run,
    product,
    usual,
)
from workbench.chaos.billing.kill_plan import MOST_UNITS, Hour, Kill, Way, hours, kills
from workbench.chaos.billing.month_plan import CALL_IN, GOES_AWAY, NODES, STAYS
from workbench.chaos.billing.nodes import Servers
from workbench.chaos.billing.processes import Child
from workbench.chaos.billing.scripted_switch import milliseconds
from workbench.chaos.billing.usual_order import FIRST_HOUR, STEPS
from workbench.docs.cdr_samples import CDR
from workbench.parts.process import PartError
from workbench.parts.receiver import Receiver

Say = Callable[[str], None]
DESTINATIONS = (STAYS, GOES_AWAY)
_MOST_RUNS = 60
_TOLD_EACH = 25
_LEAST_TIME, _MOST_TIME = 0.2, 4.0


@dataclass(frozen=True)
class Subject:
    """An exporter that is put to the test. closes: its files are rows in the product's table."""

    name: str
    exporter: Exporter
    steps: int
    closes: bool


PRODUCT = Subject("product", product, PRODUCT_STEPS, closes=True)
USUAL = Subject("usual order", usual, len(STEPS), closes=False)


@dataclass
class KillsOutcome:
    """where: kills by the last step that was done before; counts: the checker's, by what was looked at."""

    killed: Counter[str] = field(default_factory=Counter)
    where: Counter[str] = field(default_factory=Counter)
    nodes: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    hours: int = 0
    records: int = 0
    came_again_changed: int = 0
    identical: bool = False
    litter: list[str] = field(default_factory=list)
    counts: dict[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def kills(self) -> int:
        """How many processes died."""
        return self.killed.total()


def added(outcomes: Iterable[KillsOutcome]) -> KillsOutcome:
    """Of some pairs together."""
    whole = KillsOutcome(identical=True)
    for one in outcomes:
        for counter in ("killed", "where", "nodes"):
            getattr(whole, counter).update(getattr(one, counter))
        for number in ("runs", "hours", "records", "came_again_changed"):
            setattr(whole, number, getattr(whole, number) + getattr(one, number))
        whole.identical = whole.identical and one.identical
        whole.litter += one.litter
        for view, counts in one.counts.items():
            so_far = whole.counts.get(view, {})
            whole.counts[view] = {name: count + so_far.get(name, 0) for name, count in counts.items()}
    return whole


class Killing:
    """One exporter on a database and a receiver of its own. home: a directory for all that is written."""

    def __init__(self, subject: Subject, home: Path, url: str, receiver: Receiver, say: Say) -> None:
        self._subject, self._home, self._receiver, self._say = subject, home, receiver, say
        self._servers = Servers(home, url, NODES)
        self._takes = home / "takes"
        self._taken: dict[str, tuple[int, str]] = {}
        self._usual_time = 1.0
        self._now = 0
        self._loose: list[Child] = []
        """Of which an rsync may be at work yet."""
        self._out = KillsOutcome()

    def set_up(self) -> None:
        """Servers and database."""
        self._servers.set_up(dict.fromkeys(DESTINATIONS, self._receiver), call_in=CALL_IN)
        (self._takes / "1").mkdir(parents=True)

    async def with_kills(self, seed: int, wanted: int) -> KillsOutcome:
        """Until so many have died, and one more hour in peace, on both servers. Raises PartError."""
        plan, due = kills(seed), hours(seed)
        try:
            while self._out.kills < wanted:
                await self._hour_with_kills(plan, next(due)[1], wanted)
            self._begin_hour(next(due)[1])
            for node in NODES:
                if not await self._run(None, node):
                    raise PartError(f"not all is delivered:\n{self._journal()}")
                self._take()
        finally:
            for child in self._loose:
                child.end()
        return self._out

    async def undisturbed(self, seed: int, most: int) -> None:
        """So many hours."""
        for number, hour in hours(seed):
            self._begin_hour(hour)
            if not await self._run(None):
                raise PartError(f"not all is delivered:\n{self._journal()}")
            if number == most:
                return
            self._add(hour.late)

    async def _hour_with_kills(self, plan: Iterator[Kill], hour: Hour, wanted: int) -> None:
        """Until its files are delivered."""
        self._begin_hour(hour)
        late = hour.late
        for _ in range(_MOST_RUNS):
            done = await self._run(next(plan) if self._out.kills < wanted else None)
            self._take()
            if late and self._is_closed():
                late -= 1
                self._add(1)
            if done:
                self._add(late)
                return
        raise PartError(f"an hour is not delivered in {_MOST_RUNS} runs:\n{self._journal()}")

    async def judge(self, reference: Path | None) -> KillsOutcome:
        """Asks the checker. reference: the receiver's directory of the undisturbed run."""
        inbox = self._receiver.inbox
        for name, files in (("there", inbox), ("taken-once", self._takes / "1"), ("taken", self._takes)):
            self._out.counts[name] = await asyncio.to_thread(
                checker.check,
                files,
                self._home / f"check-{name}",
                [checker.ARCHIVE],
                records=self._out.records,
            )
        self._out.identical = reference is not None and checker.same(inbox, reference)
        self._out.came_again_changed = sum(number - 1 for number, _ in self._taken.values())
        self._out.litter = [*self._servers.litter(), *self._receiver.litter()]
        return self._out

    # Hours and records.

    def _begin_hour(self, hour: Hour) -> None:
        self._add(hour.records)
        self._out.hours += 1
        self._now = milliseconds(FIRST_HOUR + timedelta(hours=self._out.hours, seconds=1))

    def _add(self, count: int) -> None:
        with engine_for(self._servers.url).begin() as connection:
            for _ in range(count):
                self._out.records += 1
                call = f"usn-7-{self._out.records}"
                Transaction(connection).cdrs.add(replace(CDR, call_id=call))

    def _is_closed(self) -> bool:
        """By both destinations: what comes now is for the next hour. Of the usual order nobody can say."""
        if not self._subject.closes:
            return True
        wanted = f"SELECT count(*) FROM cdr_files WHERE number = {self._out.hours}"  # noqa: S608 (a number)
        with engine_for(self._servers.url).connect() as connection:
            return bool(connection.execute(text(wanted)).scalar_one() == len(DESTINATIONS))

    # Runs.

    async def _run(self, kill: Kill | None, node: str = NODES[0]) -> bool:
        """One run of the export. Whether it came to its end, with nothing left to do."""
        config = self._servers.config(kill.node if kill is not None else node)
        child = Child(
            self._subject.exporter, Run(config, self._now, self._home / "journal", self._death(kill))
        )
        begun = time.monotonic()
        striking = None
        if kill is not None and kill.way in (Way.ALONE, Way.WHOLE):
            striking = asyncio.create_task(self._strike(child, kill))
        step = "nothing"
        self._out.runs += 1
        try:
            while not isinstance(said := await asyncio.to_thread(child.hear), bool):
                step = said
            if kill is None:
                self._usual_time = min(max(time.monotonic() - begun, _LEAST_TIME), _MOST_TIME)
        except EOFError:
            self._count(kill, step, child)
            return False
        finally:
            if striking is not None:
                striking.cancel()
            if kill is not None and kill.way is Way.ALONE:
                child.kill(whole=False)
                self._loose.append(child)
            else:
                child.end()
        return said

    def _death(self, kill: Kill | None) -> Death:
        if kill is None:
            return NEVER
        steps = 1 + int(kill.share * self._subject.steps)
        if kill.way is Way.STEP:
            return Death(steps=steps)
        if kill.way is Way.UNIT:
            units = int(kill.share * MOST_UNITS) if self._subject.closes else steps
            return Death(units=units, moment=kill.moment)
        return NEVER

    async def _strike(self, child: Child, kill: Kill) -> None:
        await asyncio.sleep(kill.share * self._usual_time)
        child.strike(whole=kill.way is Way.WHOLE)

    def _count(self, kill: Kill | None, step: str, child: Child) -> None:
        if kill is None or not child.was_killed:
            raise PartError(f"the export ended by itself ({child.exit_status}):\n{self._journal()}")
        self._out.killed[kill.way.value] += 1
        self._out.where[step] += 1
        self._out.nodes[kill.node] += 1
        if self._out.kills % _TOLD_EACH == 0:
            self._say(f"{self._out.kills} killed, {self._out.hours} hours")

    # The receiver's people.

    def _take(self) -> None:
        """They take each file once they see it, and once more if it has changed: as take 1, 2, …"""
        for path in self._receiver.inbox.glob("usn-*.csv"):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            number, before = self._taken.get(path.name, (0, ""))
            if digest != before:
                self._taken[path.name] = number + 1, digest
                place = self._takes / str(number + 1)
                place.mkdir(exist_ok=True)
                shutil.copyfile(path, place / path.name)

    def _journal(self) -> str:
        path = self._home / "journal"
        return "\n".join(path.read_text(errors="replace").splitlines()[-30:]) if path.exists() else ""
