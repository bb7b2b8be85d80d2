"""What the arbiter sees and does on a server: gathers evidence beside the loop, knows how each act is done.

Owns how often each thing is looked at. What was not measured keeps its age, and counts as unknown when old.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from usnd.domain.pair.evidence import NEVER, Database, Do, Evidence, Power, Reading
from usnd.pair import console, network
from usnd.pair.commands import run
from usnd.pair.config import PairConfig
from usnd.pair.postgres import Postgres

EVERY = 0.5
GATEWAY_EVERY = 0.2
ODD = 0.4
"""Seconds without a word of a peer that speaks ten times a second."""
CONSOLES_EVERY = 1.0
CONSOLES_CALM = 10.0
"""Seconds from question to question, while the peer is heard: each costs a fifth of a processor's second."""
PATIENCE = 3.0
STEP_PATIENCE = 10.0
MAY_HOLD, MAY_NOT = "0\n", "1\n"
"""For keepalived's `track_file` with weight 0: anything but 0 is a fault of the instance."""


class Machine:
    """`evidence` is the newest; `run` keeps it new."""

    def __init__(
        self,
        config: PairConfig,
        database: Postgres,
        clock: Callable[[], float],
        silence: Callable[[], float],
        *,
        booted: bool,
    ) -> None:
        """`silence`: seconds since the peer was heard.

        `booted`: the machine was started since the last arbiter, so that nothing of that one is held.
        """
        self._config, self._database, self._clock, self._silence = config, database, clock, silence
        cross = next((path for path in config.paths if path.cross), None)
        self._cross = cross.interface if cross is not None else ""
        own = config.network
        self._gateway = network.Neighbour(own.interface, own.gateway)
        self._floating = network.Neighbour(own.interface, own.floating)
        self._serving = not booted  # until all was let go of once: a former arbiter may have left it running
        self._holds = False
        self._fresh = config.settings().fresh
        self._answered: dict[tuple[str, ...], float] = {}
        self.evidence = Evidence()
        self._log = structlog.get_logger("usnd.pair")

    async def run(self) -> None:
        """Until cancelled: each look on its own, so that a slow one delays no other."""
        try:
            async with asyncio.TaskGroup() as looks:
                for look, every in (
                    (self._look_at_database, EVERY),
                    (self._look_at_gateway, GATEWAY_EVERY),
                    (self._look_at_floating, EVERY),
                    (self._look_at_links, EVERY),
                    (self._look_at_service, EVERY),
                ):
                    looks.create_task(self._repeat(look, every))
                for look in (self._look_at_peers_console, self._look_at_own_console):
                    looks.create_task(self._repeat_always(look))
        finally:
            self._gateway.close()
            self._floating.close()

    def hands(self) -> Mapping[Do, Callable[[], Awaitable[None]]]:
        """How each act is done; what it changed is looked at at once."""
        database, power = self._look_at_database, self._look_at_peers_console
        return {
            Do.RELEASE: lambda: self._then(self._release, self._look_at_links, database),
            Do.OPEN: lambda: self._then(self._database.open, database),
            Do.SERVE: lambda: self._then(self._serve, self._look_at_links),
            Do.FOLLOW: lambda: self._then(self._follow, database),
            Do.WAIT_ON: lambda: self._then(lambda: self._database.wait_for_standby(on=True), database),
            Do.WAIT_OFF: lambda: self._then(lambda: self._database.wait_for_standby(on=False), database),
            Do.POWER_OFF: lambda: self._then(lambda: self._switch(on=False), power),
            Do.POWER_ON: lambda: self._then(lambda: self._switch(on=True), power),
            Do.REBOOT: lambda: self._each((self._config.reboot,)),
        }

    async def _then(self, act: Callable[[], Awaitable[None]], *looks: Callable[[], Awaitable[None]]) -> None:
        await act()
        for look in looks:
            await look()

    async def _repeat(self, look: Callable[[], Awaitable[None]], every: float) -> None:
        while True:
            await self._once(look)
            await asyncio.sleep(every)

    async def _repeat_always(self, look: Callable[[], Awaitable[None]]) -> None:
        """Begun again whatever became of the former ones: that a console is dead must be known anew, too.

        A peer that begins to be silent is asked about at once.
        """
        async with asyncio.TaskGroup() as asks:
            asked = NEVER
            while True:
                every = CONSOLES_EVERY if self._silence() > ODD else CONSOLES_CALM
                if self._clock() - asked >= every:
                    asked = self._clock()
                    asks.create_task(self._once(look))
                await asyncio.sleep(ODD / 4)

    async def _once(self, look: Callable[[], Awaitable[None]]) -> None:
        try:
            await look()
        except Exception as error:  # noqa: BLE001 - what cannot be seen ages, and then permits nothing
            self._log.error("cannot look", at=look.__name__, reason=str(error))

    def _saw(self, **changes: Any) -> None:
        """A look that took long does not put what it saw over what was seen later."""
        for name, new in changes.items():
            if not isinstance(new, Reading) or _is_later(new, getattr(self.evidence, name)):
                self.evidence = replace(self.evidence, **{name: new})

    async def _look_at_database(self) -> None:
        at = self._clock()
        store = await self._database.read()
        if store is not None:
            self._saw(store=Reading(store, at))

    async def _look_at_gateway(self) -> None:
        at = self._clock()
        if await self._gateway.answers():
            self._saw(gateway_at=at)

    async def _look_at_floating(self) -> None:
        at = self._clock()
        taken = await self._floating.answers()
        if taken is not None:
            self._saw(silent=Reading(not taken, at))

    async def _look_at_links(self) -> None:
        at, own = self._clock(), self._config.network
        self._holds = await asyncio.to_thread(network.has_address, own.interface, own.floating)
        self._saw(serving=Reading(self._holds or self._serving, at))
        if self._cross:
            link = await asyncio.to_thread(network.carrier, self._cross)
            self._saw(carrier=Reading(bool(link), at))

    async def _look_at_service(self) -> None:
        """The first thing found ill, and since when anything is."""
        ill = await self._illness()
        now = self._clock()
        self._saw(ill=ill, ill_at=(self.evidence.ill_at if self.evidence.ill else now))

    async def _illness(self) -> str:
        service = self._config.service
        usage = shutil.disk_usage(service.disk)
        if usage.free < usage.total * service.least_free:
            return "disk"
        if not self._serving:  # a standby's voice is out of service on purpose
            return ""
        if not self._holds:
            return "address"
        store = self.evidence.store.fresh(self._clock(), self._fresh)
        if store is None or store.database is not Database.PRIMARY:
            return "database"
        for name, command in service.well.items():
            status, _ = await run(command, PATIENCE)
            if status:
                return name
        return ""

    async def _look_at_peers_console(self) -> None:
        if self._config.fencing is not None:
            told = await self._ask(self._config.fencing.peer)
            if told is not None:
                self._saw(power=told)

    async def _look_at_own_console(self) -> None:
        if self._config.fencing is not None:
            told = await self._ask(self._config.fencing.own)
            if told is not None:
                self._saw(console=Reading(told.value is not Power.SILENT, told.at))

    async def _ask(self, agent: tuple[str, ...]) -> Reading[Power] | None:
        """An answer is as old as its question, a silence lasts until now; None: a later one was answered."""
        began = self._clock()
        told = await console.power(agent)
        ended = self._clock()
        if told is not Power.SILENT:
            self._answered[agent] = ended
            return Reading(told, began)
        return None if self._answered.get(agent, began) > began else Reading(told, ended)

    async def _switch(self, *, on: bool) -> None:
        if self._config.fencing is not None:
            await console.switch(self._config.fencing.peer, on=on)

    async def _serve(self) -> None:
        self._serving = True
        await asyncio.to_thread(_put, self._config.network.track_file, MAY_HOLD)
        await self._each(self._config.service.start)

    async def _follow(self) -> None:
        """What waits is loaded last: the peer needs what the two share, if only a hypervisor, to begin."""
        await self._database.follow()
        await self._each(self._config.service.wait)

    async def _release(self) -> None:
        """Trunks and usnd, then the address, then the database: what comes last has seen all that came in."""
        failures = await self._failures(self._config.service.stop)
        await asyncio.to_thread(_put, self._config.network.track_file, MAY_NOT)
        await self._database.stop()
        if failures:
            raise OSError(failures)
        self._serving = False

    async def _each(self, commands: tuple[tuple[str, ...], ...]) -> None:
        if failures := await self._failures(commands):
            raise OSError(failures)

    async def _failures(self, commands: tuple[tuple[str, ...], ...]) -> str:
        """Runs all, also behind one that fails; what the failed ones said."""
        failures = []
        for command in commands:
            status, said = await run(command, STEP_PATIENCE)
            if status:
                failures.append(f"{' '.join(command)} ended with {status}: {said[-300:]}")
        return "; ".join(failures)


def _is_later(new: Reading[Any], old: Reading[Any] | None) -> bool:
    return old is None or new.at >= old.at


def _put(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)
