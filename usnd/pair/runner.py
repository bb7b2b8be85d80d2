"""The arbiter's loop: gather evidence, decide, keep the record, act, send a heartbeat; ten times a second.

main.py starts it with the edges it needs; the control socket passes commands to it. usnd/domain/pair decides.
A late loop takes nothing it finds for fresh. Actions run beside the loop, one of each kind at a time, each
with its deadline: a slow fence agent does not stop the heartbeat.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from usnd.domain.pair import arbiter as arbiters
from usnd.domain.pair.alarms import PairAlarm, alarms, particulars
from usnd.domain.pair.assessment import Assessment
from usnd.domain.pair.evidence import (
    NEVER,
    Arbiter,
    Evidence,
    Heartbeat,
    MachineAction,
    OperatorCommand,
    PairSettings,
    Reading,
    Record,
    Write,
)
from usnd.domain.pair.states import STATE_WORDS
from usnd.pair.record import RecordError, RecordFile

EVERY = 0.1
PAUSE = 0.5
"""Seconds until an action that failed is done again."""
MOST_PAUSE = 60.0
"""Seconds to which the pause grows, doubled by each failure, for what costs much and may need a person."""
LATE = 1.0
"""Seconds: a longer gap between two steps means that we stood still."""
ROLE = frozenset(
    {
        MachineAction.RELEASE,
        MachineAction.OPEN,
        MachineAction.SERVE,
        MachineAction.FOLLOW,
        MachineAction.FOLLOW_ANEW,
    }
)
"""What changes what this server holds: one at a time, and letting go ends the others first."""
FOLLOWS = frozenset({MachineAction.FOLLOW, MachineAction.FOLLOW_ANEW})
"""Stops and starts the database, reads all of it or copies the peer's. Tried anew after a transition."""
LEAVING = 10.0
"""Seconds for handing over, or for giving up the grant, when told to stop."""


class Peer(Protocol):
    """What the loop needs of `Heartbeats`."""

    peer: Heartbeat | None
    heard: dict[str, float]

    def receive(self) -> None: ...
    def send(self, heartbeat: Heartbeat) -> None: ...
    def forget(self) -> None: ...


@dataclass
class Runner:
    """One server's arbiter. hands: how each action is done.

    gather: all evidence but of heartbeats, the record and the operator.
    """

    settings: PairSettings
    file: RecordFile
    heartbeats: Peer
    gather: Callable[[], Evidence]
    hands: Mapping[MachineAction, Callable[[], Awaitable[None]]]
    clock: Callable[[], float]
    alive: Callable[[], None]
    me: Arbiter
    seen: Evidence
    command: OperatorCommand | None = None
    record_ok: bool = True

    def __post_init__(self) -> None:
        self._log = structlog.get_logger("usnd.pair")
        self._busy: dict[MachineAction, asyncio.Task[None]] = {}
        self._pauses: dict[MachineAction, float] = {}
        self._not_before: dict[MachineAction, float] = {}
        self._raised: set[str] = set()
        self._started = self._listens_since = self.clock()
        self._stepped: float | None = None
        self._leaving_since: float | None = None

    def obey(self, command: OperatorCommand, *, by: str, seen_off: bool = False) -> None:
        """With the next step. The journal keeps who gave it, and what they said that they had seen."""
        self._log.warning("operator command", command=command.value, by=by, seen_off=seen_off)
        self.command = command

    def leave(self) -> None:
        """Told to stop: `run` ends when the peer no longer counts on this server, at most LEAVING later."""
        if self._leaving_since is None:
            self._leaving_since = self.clock()

    async def run(self) -> None:
        """Until `leave`. What is held then stays held; the next start lets go of it first (R4)."""
        try:
            while not self._may_end():
                self.step()
                await asyncio.sleep(EVERY)
        finally:
            for task in self._busy.values():
                task.cancel()

    def _may_end(self) -> bool:
        if self._leaving_since is None:
            return False
        now = self.clock()
        over = now - self._leaving_since >= LEAVING
        decided = self.seen.leaving and arbiters.may_end(self.assessment())
        return over or decided

    def assessment(self) -> Assessment:
        """Of what was last seen, as of now."""
        return Assessment(self.me, self.seen, self.clock(), self.settings)

    def step(self) -> None:
        """One decision, and what follows from it."""
        now = self.clock()
        if self._stepped is not None and now - self._stepped > LATE:
            self._log.warning("the arbiter stood still", seconds=round(now - self._stepped, 1))
            self.heartbeats.forget()
            self._listens_since = now
            self.me = arbiters.stood_still(self.me, now - self._stepped)
        self._stepped = now
        self.heartbeats.receive()
        command, self.command = self.command, None
        gathered = self.gather()
        # What is about to be held counts as held.
        if self._is_busy(MachineAction.OPEN, MachineAction.SERVE):
            gathered = replace(gathered, serving=Reading(value=True, at=now))
        # Nor is anybody in step whom commits are about to leave behind.
        if self._is_busy(MachineAction.WAIT_OFF):
            store = gathered.store
            gathered = replace(gathered, store=replace(store, value=replace(store.value, in_step=False)))
        self.seen = replace(
            gathered,
            peer=self.heartbeats.peer,
            heard=dict(self.heartbeats.heard),
            record_ok=self.record_ok,
            command=command,
            leaving=self._leaving_since is not None,
        )
        after, actions = arbiters.decide(self.me, self.seen, now, self.settings)
        for action in actions:
            if not isinstance(action, Write):
                self._start(action)
            elif not self._keep(action.record):
                return
        self._adopt(after)
        self.heartbeats.send(arbiters.heartbeat(Assessment(after, self.seen, now, self.settings)))
        self._tell()
        self.alive()

    def _keep(self, record: Record) -> bool:
        """On the disk before anything else is done. Blocks the loop: nothing may overtake it."""
        try:
            self.file.write(record)
        except RecordError as error:
            self.record_ok = False
            self._log.error("alarm raised: the record cannot be written", reason=str(error))
            return False
        self.record_ok = True
        return True

    def _adopt(self, after: Arbiter) -> None:
        if after.state is not self.me.state:
            self._log.warning(
                "the pair changes state",
                state=after.state.value,
                was=self.me.state.value,
                epoch=after.record.grant.epoch,
                means=STATE_WORDS[after.state],
            )
            self._pauses.clear()
            self._not_before.clear()
        self.me = after

    def _start(self, action: MachineAction) -> None:
        others = [other for other in ROLE - {action} if self._is_busy(other)] if action in ROLE else []
        if action is MachineAction.RELEASE:
            for other in others:
                self._busy[other].cancel()
        paused = self.clock() < self._not_before.get(action, NEVER)
        if not (others or paused or self._is_busy(action)):
            self._busy[action] = asyncio.create_task(self._do(action))

    def _is_busy(self, *actions: MachineAction) -> bool:
        return any(action in self._busy and not self._busy[action].done() for action in actions)

    async def _do(self, action: MachineAction) -> None:
        self._log.info("the arbiter acts", action=action.value)
        try:
            await self.hands[action]()
        except Exception as error:  # noqa: BLE001 - whatever fails is asked for again, and seen by its evidence
            pause = self._put_off(action) if action in FOLLOWS else PAUSE
            self._log.error(
                "an action of the arbiter failed", action=action.value, reason=str(error), again_s=pause
            )
            if action not in FOLLOWS:  # those leave the way free for what is more urgent
                await asyncio.sleep(PAUSE)
        else:
            self._pauses.pop(action, None)

    def _put_off(self, action: MachineAction) -> float:
        """Seconds until an action that has just failed is done again."""
        pause = self._pauses[action] = min(2 * self._pauses.get(action, PAUSE / 2), MOST_PAUSE)
        self._not_before[action] = self.clock() + pause
        return pause

    def silence(self) -> float:
        """Seconds since the peer was heard; never heard: since this arbiter began, or last stood still."""
        return self.clock() - max(self.seen.heard_at, self._listens_since)

    def alarms(self) -> tuple[PairAlarm, ...]:
        """What is raised now."""
        return alarms(self.assessment(), self._started)

    def _tell(self) -> None:
        raised = {alarm.value: alarm for alarm in self.alarms()}
        for name in sorted(raised.keys() - self._raised):
            self._log.error(f"alarm raised: {name}", **particulars(raised[name], self.seen))
        for name in sorted(self._raised - raised.keys()):
            self._log.info(f"alarm cleared: {name}")
        self._raised = set(raised)
