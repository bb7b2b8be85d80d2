"""What the arbiter sees and does on a server: gathers evidence beside the loop, and does the actions.

main.py gives its newest evidence and its actions to the loop in runner.py. Each thing is looked at in its own
time; what was not measured keeps its age, and counts as unknown when old.
"""

import asyncio
import json
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import structlog

from usnd.domain.monitoring.liveness import LastWork, has_begun, idle_part
from usnd.domain.pair.address_claim import noted
from usnd.domain.pair.bond import BondTimes
from usnd.domain.pair.evidence import NEVER, Database, Evidence, MachineAction, Power, Reading, Store
from usnd.pair.ability import Ability
from usnd.pair.config import PairConfig
from usnd.pair.console import Console
from usnd.pair.database.directory import PostgresError
from usnd.pair.database.kept_aside import NotKeptError
from usnd.pair.database.postgres import Postgres
from usnd.pair.network import bond, links
from usnd.pair.run_program import run
from usnd.pair.threads import Threads

EVERY = 0.5
GATEWAY_EVERY = 0.2
ODD = 0.4
"""Seconds without a heartbeat of a peer that sends ten a second."""
CONSOLES_EVERY = 1.0
CONSOLES_CALM = 10.0
"""Seconds from question to question, while the peer is heard: each costs a fifth of a processor's second."""
PATIENCE = 3.0
STEP_PATIENCE = 10.0
DISK_EVERY = 1.0
FIREWALL_EVERY = 10.0
ROUND = 30.0
"""Seconds in which each look comes round, however slow what it looks at; else the arbiter hangs."""
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
        alone_since: Callable[[], int] = lambda: 0,
    ) -> None:
        """`silence`: seconds since the peer was heard. `alone_since`: the record's place, in bytes.

        `booted`: the machine was started since the last arbiter, so that nothing of that one is held.
        """
        self._config, self._database, self._clock, self._silence = config, database, clock, silence
        self._alone_since = alone_since
        cross = next((path for path in config.paths if path.cross), None)
        self._cross = cross.interface if cross is not None else ""
        own = config.network
        self._gateway = links.Neighbour(own.interface, own.gateway)
        self._floating = links.Neighbour(own.interface, own.floating)
        self._serving = not booted  # until all was let go of once: a former arbiter may have left it running
        self._holds = False
        self._role_taken = NEVER
        self._fresh = config.settings().fresh
        self._witnesses = [links.Neighbour(own.interface, address) for address in own.witnesses]
        self._bond = bond.Bond(own.interface, own.bond_targets, own.bond_interval, BondTimes())
        self._consoles = self._made_consoles()
        self._ability = Ability(config.service, clock, run)
        self._threads = Threads()
        self._disk_ill = False
        self._linked = True
        self._rounds: dict[str, float] = {}
        self.evidence = Evidence(unable=self._ability.unable)
        self._log = structlog.get_logger("usnd.pair")

    async def run(self) -> None:
        """Until cancelled: each look on its own, so that a slow one delays no other."""
        try:
            async with asyncio.TaskGroup() as looks:
                for look, every in (
                    (self._look_at_database, EVERY),
                    (self._look_at_gateway, GATEWAY_EVERY),
                    (self._look_at_witnesses, EVERY),
                    (self._look_at_floating, EVERY),
                    (self._look_at_links, EVERY),
                    (self._look_at_bond, bond.EVERY),
                    (self._look_at_firewall, FIREWALL_EVERY),
                    (self._look_at_disk, DISK_EVERY),
                    (self._look_at_service, EVERY),
                ):
                    self._rounds[look.__name__] = self._clock()
                    looks.create_task(self._repeat(look, every))
                looks.create_task(self._repeat(self._look_at_ability, EVERY))
                for console_ in self._consoles.values():
                    looks.create_task(self._repeat_always(console_.ask))
        finally:
            for neighbour in (self._gateway, self._floating, *self._witnesses):
                neighbour.close()
            self._bond.close()

    def turns(self) -> bool:
        """Each look came round lately: what the watchdog is told besides that the loop turns."""
        now = self._clock()
        return all(now - at < ROUND for at in self._rounds.values())

    def _made_consoles(self) -> dict[str, Console]:
        fencing = self._config.fencing
        if fencing is None:
            return {}
        return {
            "peer": Console(fencing.peer, fencing.answer, self._clock, self._saw_peers_power),
            "own": Console(fencing.own, fencing.answer, self._clock, self._saw_own_console),
        }

    def hands(self) -> Mapping[MachineAction, Callable[[], Awaitable[None]]]:
        """How each action is done; what it changed is looked at at once."""
        database, power = self._look_at_database, self._ask_peers_console
        return {
            MachineAction.RELEASE: lambda: self._then(self._release, self._look_at_links, database),
            MachineAction.OPEN: lambda: self._then(self._database.open, database),
            MachineAction.SERVE: lambda: self._then(self._serve, self._look_at_links),
            MachineAction.FOLLOW: lambda: self._then(self._follow, database),
            MachineAction.FOLLOW_ANEW: lambda: self._then(self._follow_anew, database),
            MachineAction.WAIT_ON: lambda: self._then(
                lambda: self._database.wait_for_standby(on=True), database
            ),
            MachineAction.WAIT_OFF: lambda: self._then(
                lambda: self._database.wait_for_standby(on=False), database
            ),
            MachineAction.POWER_OFF: lambda: self._then(lambda: self._switch(on=False), power),
            MachineAction.POWER_ON: lambda: self._then(lambda: self._switch(on=True), power),
            MachineAction.MEND: self._mend,
            MachineAction.REBOOT: lambda: self._each((self._config.reboot,)),
        }

    async def _then(
        self, action: Callable[[], Awaitable[None]], *looks: Callable[[], Awaitable[None]]
    ) -> None:
        await action()
        for look in looks:
            await look()

    async def _repeat(self, look: Callable[[], Awaitable[None]], every: float) -> None:
        while True:
            await self._once(look)
            if look.__name__ in self._rounds:
                self._rounds[look.__name__] = self._clock()
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
            self._log.error("cannot measure", what=look.__name__.removeprefix("_look_at_"), reason=str(error))

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

    async def _look_at_witnesses(self) -> None:
        at = self._clock()
        if any(await asyncio.gather(*(witness.answers() for witness in self._witnesses))):
            self._saw(witness_at=at)

    async def _look_at_floating(self) -> None:
        at = self._clock()
        taken = await self._floating.answers()
        if taken is not None:
            claim = noted(self.evidence.claim, self._floating.by if taken else "", at, held=self._holds)
            self._saw(silent=Reading(not taken, at), claim=claim)

    async def _look_at_links(self) -> None:
        at, own = self._clock(), self._config.network
        self._holds = await asyncio.to_thread(links.has_address, own.interface, own.floating)
        self._linked = bool(await asyncio.to_thread(links.carrier, own.interface))
        self._saw(serving=Reading(self._holds or self._serving, at))
        if self._cross:
            link = await asyncio.to_thread(links.carrier, self._cross)
            self._saw(carrier=Reading(bool(link), at))

    async def _look_at_bond(self) -> None:
        await self._bond.step(self._clock())
        self._saw(by_links=self._bond.by_links)

    async def _look_at_firewall(self) -> None:
        if command := self._config.service.firewall:
            status, _ = await run(command, PATIENCE)
            self._saw(firewall_ok=not status)

    async def _look_at_service(self) -> None:
        """The first thing found ill, and whether it can be restarted."""
        ill = await self._illness()
        running = self.evidence.store.value.database is not Database.STOPPED
        begun = has_begun(self._role_taken, self._clock())
        remedy = ill in self._config.service.mend and (
            begun if ill != "database" else running and self._database.silent
        )
        self._saw(ill=ill, remedy=remedy)

    async def _look_at_disk(self) -> None:
        """Room, and that it takes what is written: one that hangs refuses nothing, and takes nothing."""
        try:
            free = await self._threads.run("the disk", self._write_to_disk, PATIENCE)
            self._disk_ill = free < self._config.service.least_free
        except (OSError, TimeoutError) as error:
            self._disk_ill = True
            self._log.error("the disk cannot be written", reason=str(error) or f"not within {PATIENCE:g} s")

    def _write_to_disk(self) -> float:
        """Gives the part that is free."""
        disk = self._config.service.disk
        probe = disk / ".usn-arbiter"
        with probe.open("wb") as file:
            file.write(b"written each second\n")
            file.flush()
            os.fsync(file.fileno())
        usage = shutil.disk_usage(disk)
        return usage.free / usage.total

    async def _look_at_ability(self) -> None:
        """Of a standby; who serves shows it by serving."""
        if self._serving:
            self._ability.begin()
            self._saw(unable="")
        else:
            self._saw(unable=self._ability.unable)
            await self._ability.look()
            self._saw(unable="" if self._serving else self._ability.unable)

    async def _illness(self) -> str:
        service = self._config.service
        if self._disk_ill:
            return "disk"
        if not self._serving:  # a standby's voice is out of service on purpose
            return "" if self._linked else "network"
        if not self._holds:
            return "address"
        store = self.evidence.store.fresh(self._clock(), self._fresh)
        if store is None or store.database is not Database.PRIMARY:
            return "database"
        if service.health is not None and (part := await self._idle_part(service.health, store)):
            return part
        for name, command in service.well.items():
            status, _ = await run(command, PATIENCE)
            if status:
                return name
        return ""

    async def _idle_part(self, notes: Path, store: Store) -> str:
        """What did no work lately, by usnd's own notes; who leaves none did none."""
        waits = store.synchronous and not store.in_step
        try:
            said = json.loads(await asyncio.to_thread(notes.read_bytes))
            work = msgspec.convert({key: said[key] for key in LastWork.__slots__}, LastWork)
        except (OSError, ValueError, KeyError, msgspec.ValidationError):
            return "usnd"
        return idle_part(work, self._clock(), waits=waits)

    def _saw_peers_power(self, power: Power, at: float, took: float) -> None:
        """The console tells in the order of the questions that it answered."""
        self.evidence = replace(self.evidence, power=Reading(power, at), console_took=took)

    def _saw_own_console(self, power: Power, at: float, _took: float) -> None:
        self._saw(console=Reading(power is not Power.SILENT, max(at, self.evidence.console.at)))

    async def _ask_peers_console(self) -> None:
        if (peer := self._consoles.get("peer")) is not None:
            await peer.ask()

    async def _switch(self, *, on: bool) -> None:
        fencing, peer = self._config.fencing, self._consoles.get("peer")
        if fencing is not None and peer is not None:
            await peer.switch(on=on, patience=fencing.switch)

    async def _mend(self) -> None:
        await self._each((self._config.service.mend[self.evidence.ill],))

    async def _serve(self) -> None:
        if not self._serving:
            self._role_taken = self._clock()
        self._serving = True
        await asyncio.to_thread(_put, self._config.network.track_file, MAY_HOLD)
        await self._each(self._config.service.start)

    async def _follow(self) -> None:
        """What waits is loaded last: the peer needs what the two share, if only a hypervisor, to begin."""
        await self._database.follow()
        await self._each(self._config.service.wait)

    async def _follow_anew(self) -> None:
        try:
            await self._database.follow(alone_since=self._alone_since())
        except PostgresError as error:
            self._saw(unkept=str(error) if isinstance(error, NotKeptError) else "")
            raise
        self._saw(unkept="")
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
