"""Two arbiters' loops with real datagrams, records and control sockets; their actions only set variables."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from usnd.domain.pair.alarms import PairAlarm
from usnd.domain.pair.evidence import (
    Arbiter,
    Database,
    Evidence,
    Heartbeat,
    LastRole,
    MachineAction,
    OperatorCommand,
    PairSettings,
    Power,
    Reading,
    Record,
    Store,
)
from usnd.domain.pair.states import PairState
from usnd.pair import console, control
from usnd.pair.database.directory import process
from usnd.pair.network.heartbeats import Heartbeats, opened, sealed
from usnd.pair.network.heartbeats import Path as HeartbeatPath
from usnd.pair.record import RecordError, RecordFile
from usnd.pair.run_program import run
from usnd.pair.runner import EVERY, Runner
from usnd.process.runtime_directory import RuntimeDirectory
from workbench.parts.ports import HOST, PortBlock
from workbench.parts.process import until

NOT_HERE = ("198.51.100.77", 7412)
"""A path whose address no interface has: a cross-over without carrier at boot."""
SECRET = "a secret of both servers"
QUICK = PairSettings(boot_patience=0.5, suspect_after=5, fence_delay=0.2, deadline=40)


class Server:
    """Its database and its address are variables, which the actions set."""

    def __init__(self, home: Path, name: str, last_role: LastRole) -> None:
        home.mkdir()
        self.file = RecordFile(home)
        self.file.write(Record(last_role))
        self.heartbeats = Heartbeats(SECRET, name, time.monotonic)
        self.database, self.waits, self.serving = Database.STOPPED, False, False
        self.power = Power.ON
        self.peer: Server | None = None
        me = Arbiter(0, self.file.begin(), int(name == "B"), time.monotonic())
        self.runner = Runner(
            QUICK, self.file, self.heartbeats, self.gather, self.hands(), time.monotonic, lambda: None,
            replace(me, boot=self.file.boot), Evidence(),
        )  # fmt: skip

    def gather(self) -> Evidence:
        now = time.monotonic()
        streams = self.peer is not None and self.peer.database is Database.STANDBY
        standby = self.database is Database.STANDBY
        follows = standby and self.peer is not None and self.peer.database is Database.PRIMARY
        primary = self.database is Database.PRIMARY
        step = primary and streams and self.waits
        store = Store(
            self.database,
            synchronous=primary and self.waits,
            following=follows,
            replayed=True,
            streaming=primary and streams,
            in_step=step,
        )
        return Evidence(
            power=Reading(self.power, now), gateway_at=now, silent=Reading(value=True, at=now),
            store=Reading(store, now), serving=Reading(self.serving, now),
        )  # fmt: skip

    def hands(self) -> dict[MachineAction, Callable[[], Awaitable[None]]]:
        def puts(**values: Any) -> Callable[[], Awaitable[None]]:
            async def put() -> None:
                self.__dict__.update(values)

            return put

        return {
            MachineAction.OPEN: puts(database=Database.PRIMARY),
            MachineAction.FOLLOW: puts(database=Database.STANDBY),
            MachineAction.RELEASE: puts(database=Database.STOPPED, serving=False),
            MachineAction.SERVE: puts(serving=True),
            MachineAction.WAIT_ON: puts(waits=True),
            MachineAction.WAIT_OFF: puts(waits=False),
        }

    async def comes(self, state: PairState) -> None:
        assert await until(lambda: self.runner.me.state is state, 8), (state, self.runner.me)


@dataclass
class Two:
    """Both servers with their loops running."""

    a: Server
    b: Server
    loops: list[asyncio.Task[None]]


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    a, b = Server(tmp_path / "a", "A", LastRole.SOLO), Server(tmp_path / "b", "B", LastRole.STANDBY)
    a.peer, b.peer = b, a
    block = PortBlock()
    ports = block.spare(0), block.spare(1)
    a.heartbeats.open({"bond": ((HOST, ports[0]), (HOST, ports[1])), "cross": (NOT_HERE, NOT_HERE)})
    b.heartbeats.open({"bond": ((HOST, ports[1]), (HOST, ports[0]))})
    loops = [asyncio.create_task(end.runner.run()) for end in (a, b)]
    try:
        yield Two(a, b, loops)
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        a.heartbeats.close()
        b.heartbeats.close()
        block.close()


async def test_a_pair_forms_hands_over_on_the_operators_word_and_forms_again(
    two: Two, tmp_path: Path
) -> None:
    a, b = two.a, two.b
    socket = tmp_path / "socket"
    listening = await control.serve(a.runner, socket)
    serving = asyncio.create_task(listening.keep(RuntimeDirectory()))
    try:
        await a.comes(PairState.ACTIVE_PAIRED)
        await b.comes(PairState.STANDBY)
        assert await until(lambda: a.heartbeats.peer is not None and a.heartbeats.peer.holds is not None, 2)
        await asyncio.sleep(2 * EVERY)
        found = await control.ask(socket, {})
        assert (found["state"], found["peer"], found["last_role"]) == ("active_paired", "standby", "paired")
        assert await control.ask(socket, {"command": "rejoin"}) == {
            "refused": "there is nothing to choose: the servers' histories agree"
        }
        dry = await control.ask(socket, {"command": "switch-over", "dry_run": True})
        assert dry == {"done": "switch-over", "dry_run": True}
        await control.ask(socket, {"command": OperatorCommand.SWITCH_OVER.value})
        await b.comes(PairState.ACTIVE_PAIRED)
        await a.comes(PairState.STANDBY)
        assert (a.serving, b.serving) == (False, True)
        assert b.file.begin().grant.epoch == 1
    finally:
        serving.cancel()


async def test_told_to_stop_the_active_hands_over_before_it_ends(two: Two) -> None:
    await two.a.comes(PairState.ACTIVE_PAIRED)
    await two.b.comes(PairState.STANDBY)
    assert await until(
        lambda: two.a.heartbeats.peer is not None and two.a.heartbeats.peer.holds is not None, 2
    )
    two.a.runner.leave()
    await asyncio.wait_for(two.loops[0], 60)
    assert (two.a.serving, two.a.database) == (False, Database.STOPPED)
    await two.b.comes(PairState.ACTIVE_SOLO)
    two.b.runner.leave()  # with nobody to hand over to, the role stays where it is
    await asyncio.wait_for(two.loops[1], 60)
    assert two.b.serving


async def test_letting_go_ends_what_would_take_hold_and_never_runs_beside_it(two: Two) -> None:
    runner, held = two.a.runner, asyncio.Event()
    begun: list[MachineAction] = []

    def hand(action: MachineAction) -> Callable[[], Awaitable[None]]:
        async def do() -> None:
            begun.append(action)
            await held.wait()

        return do

    two.loops[0].cancel()
    await asyncio.gather(two.loops[0], return_exceptions=True)
    await asyncio.sleep(0)
    runner.hands = {action: hand(action) for action in MachineAction}
    runner._start(MachineAction.OPEN)
    await asyncio.sleep(0)
    runner._start(MachineAction.SERVE)
    runner._start(MachineAction.RELEASE)
    await asyncio.sleep(0.01)
    runner._start(MachineAction.RELEASE)
    runner._start(MachineAction.OPEN)
    await asyncio.sleep(0.01)
    assert begun == [MachineAction.OPEN, MachineAction.RELEASE]
    held.set()


async def test_nobody_is_in_step_while_commits_are_told_to_wait_no_more(two: Two) -> None:
    """What was read before may say otherwise, and a grant would be given on it."""
    await two.a.comes(PairState.ACTIVE_PAIRED)
    runner, told = two.a.runner, asyncio.Event()

    async def tell() -> None:
        await told.wait()

    runner.hands = {**runner.hands, MachineAction.WAIT_OFF: tell}
    runner.step()
    assert runner.seen.store.value.in_step
    runner._start(MachineAction.WAIT_OFF)
    runner.step()
    assert not runner.seen.store.value.in_step
    told.set()


async def test_a_command_that_takes_too_long_ends_with_all_that_it_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    status, said = await run(["sh", "-c", f"sleep 60 & echo $! >{child}; wait"], 3)
    assert (status, said) == (-1, "did not end in 3 s")
    pid = int(child.read_text())
    assert await until(lambda: process(pid)[1] in ("", "Z"), 2)


async def test_told_to_stop_the_standby_says_so(two: Two) -> None:
    await two.a.comes(PairState.ACTIVE_PAIRED)
    await two.b.comes(PairState.STANDBY)
    two.b.runner.leave()
    await asyncio.wait_for(two.loops[1], 60)
    assert two.a.runner.me.state is PairState.ACTIVE_SOLO
    assert two.a.runner.me.off_at is None, "nobody was fenced"


async def test_an_arbiter_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(control.NoArbiter):
        await control.ask(tmp_path / "none", {})


def test_heartbeats_that_are_forged_late_or_our_own_are_nothing() -> None:
    heartbeat = Heartbeat(3, PairState.STANDBY, Record())
    heartbeats = Heartbeats(SECRET, "A", lambda: 5.0)
    heartbeats.take("bond", sealed(SECRET.encode(), "B", 9, heartbeat))
    assert (heartbeats.peer, heartbeats.heard) == (heartbeat, {"bond": 5.0})
    for datagram in (
        sealed(SECRET.encode(), "B", 8, replace(heartbeat, asks=True)),
        sealed(SECRET.encode(), "B", 99, replace(heartbeat, boot=2)),
        sealed(b"another", "B", 10, replace(heartbeat, asks=True)),
        b"short",
    ):
        heartbeats.take("bond", datagram)
    assert heartbeats.peer == heartbeat
    assert opened(SECRET.encode(), "A", sealed(SECRET.encode(), "A", 1, heartbeat)) is None


def test_a_record_outlives_and_a_broken_one_is_no_new_one(tmp_path: Path) -> None:
    file = RecordFile(tmp_path)
    assert file.begin() == Record()
    file.write(Record(LastRole.SOLO))
    again = RecordFile(tmp_path)
    assert (again.begin(), again.boot, again.booted) == (Record(LastRole.SOLO), 2, False)
    (tmp_path / "record.json").write_text("{")
    with pytest.raises(RecordError):
        RecordFile(tmp_path).begin()


def test_a_record_of_another_start_of_the_machine_is_known_as_such(tmp_path: Path) -> None:
    """And one that does not say which is of this one: then something may be held."""
    for machine, booted in (("", False), ("one", False), ("one", False), ("two", True), ("two", False)):
        file = RecordFile(tmp_path, machine)
        file.begin()
        assert file.booted is booted


async def test_a_console_is_believed_by_what_is_read_back(tmp_path: Path) -> None:
    """A small command in a fence agent's place."""
    agent, state = tmp_path / "agent", tmp_path / "power"
    state.write_text("on")
    agent.write_text(
        f'#!/bin/sh\ncase "$2" in status) grep -q on {state} || exit 2;; *) echo "$2" >{state};; esac\n'
    )
    agent.chmod(0o755)
    assert await console.power([str(agent)]) is Power.ON
    await console.switch([str(agent)], on=False)
    assert await console.power([str(agent)]) is Power.OFF
    assert await console.power([str(tmp_path / "missing")]) is Power.SILENT
    assert await console.power(["/bin/sleep", "9", ";"], patience=0.2) is Power.SILENT


def test_a_path_that_is_not_there_at_boot_is_used_as_soon_as_it_is() -> None:
    """Its address may come later, and its port may be somebody's for a moment: no other path waits for it."""
    now = [0.0]
    block = PortBlock()
    try:
        at, back = (HOST, block.spare(0)), (HOST, block.spare(1))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(at)
            path, peer = (
                HeartbeatPath("cross", at, back, lambda: now[0]),
                HeartbeatPath("back", back, at, lambda: now[0]),
            )
            path.send(b"lost")
        path.send(b"too early")
        now[0] += 1.0
        peer.open()
        path.send(b"heard")
        peer.send(b"answered")
        assert (list(peer.receive()), list(path.receive())) == ([b"heard"], [b"answered"])
        path.close()
        peer.close()
    finally:
        block.close()


async def test_a_path_that_was_never_heard_is_an_alarm(two: Two) -> None:
    await two.b.comes(PairState.STANDBY)
    for _ in range(600):
        if PairAlarm.PATH_SILENT.value in control.status(two.a.runner)["alarms"]:
            break
        await asyncio.sleep(EVERY)
    assert PairAlarm.PATH_SILENT.value in control.status(two.a.runner)["alarms"]
    assert control.status(two.a.runner)["heard_s"]["cross"] is None
