"""What the arbiter sees of its own server: which illness a restart can cure."""

from contextlib import suppress
from pathlib import Path

import pytest

from usnd.domain.monitoring.liveness import BEGINS_WITHIN
from usnd.domain.pair.address_claim import QUIET, Claim
from usnd.domain.pair.evidence import Database, Reading, Store
from usnd.pair.config import load
from usnd.pair.database.directory import PostgresError
from usnd.pair.database.kept_aside import NotKeptError
from usnd.pair.machine import Machine

CONFIG = """
server = "A"
secret = "the same on both servers"
state = "{place}"
socket = "{place}/control"
paths = [{{name = "network", local = "192.0.2.213", peer = "192.0.2.214", port = 7412}}]
[database]
own = "dbname=postgres"
peer = "host=192.0.2.214"
own_name = "usn_a"
peer_name = "usn_b"
data = "{place}/main"
programs = "/nowhere"
start = ["true"]
stop = ["true"]
[network]
interface = "bond0"
floating = "192.0.2.212"
gateway = "192.0.2.254"
track_file = "{place}/gate"
[service]
health = "{place}/health.json"
[service.mend]
usnd = ["true"]
"""


class FakeDatabase:
    """It is open, and answers; why: it does not follow."""

    silent = False
    why: Exception | None = None

    async def follow(self, *, alone_since: int) -> None:
        assert alone_since == 0
        if self.why is not None:
            raise self.why


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A server that has just taken the role; its usnd has left no notes yet."""
    file = tmp_path / "arbiter.toml"
    file.write_text(CONFIG.format(place=tmp_path))
    made = Machine(load(file), FakeDatabase(), lambda: made.now, lambda: 0.0, booted=True)
    made.now = 100.0
    made._holds = True
    return made


async def look(machine: Machine, now: float) -> tuple[str, bool]:
    machine.now = now
    machine._saw(store=Reading(Store(Database.PRIMARY), now))
    await machine._look_at_service()
    return machine.evidence.ill, machine.evidence.remedy


async def test_a_usnd_that_begins_on_a_new_active_is_ill_and_is_not_restarted(machine: Machine) -> None:
    await machine._serve()
    assert await look(machine, 101.2) == ("usnd", False)
    await machine._serve()  # asked for again, while the address is not seen yet: the role is not taken anew
    assert await look(machine, 100 + BEGINS_WITHIN) == ("usnd", True)


class FakeNeighbour:
    """Answers for the floating address, while the link can be used."""

    by = "02:00:00:00:00:02"
    taken: bool | None = True

    async def answers(self) -> bool | None:
        return self.taken


async def test_who_else_answers_for_the_floating_address_is_noted(machine: Machine) -> None:
    machine._floating = stranger = FakeNeighbour()
    for machine.now in (101.0, 102.0):
        await machine._look_at_floating()
    claim = Claim(stranger.by, 101.0, 102.0, held=True)
    assert (machine.evidence.claim, machine.evidence.silent) == (claim, Reading(value=False, at=102.0))
    stranger.taken, machine.now = None, 102.0 + 2 * QUIET
    await machine._look_at_floating()
    assert machine.evidence.claim == claim, "what cannot be asked ends no claim"
    stranger.taken = False
    await machine._look_at_floating()
    assert machine.evidence.claim is None
    stranger.taken, machine._holds = True, False
    await machine._look_at_floating()
    assert machine.evidence.claim == Claim(stranger.by, machine.now, machine.now, held=False)


async def test_a_role_that_was_held_before_this_arbiter_is_no_beginning(machine: Machine) -> None:
    machine._serving = True
    assert await look(machine, 100) == ("usnd", True)


async def test_why_what_only_this_server_has_is_not_put_aside_is_known_until_it_is(machine: Machine) -> None:
    for why, told in (
        (NotKeptError("main is a mount point"), "main is a mount point"),
        (PostgresError("the peer is not there"), ""),  # it is aside; the rest is an action that failed
        (NotKeptError("does not stop"), "does not stop"),
        (None, ""),
    ):
        machine._database.why = why
        with suppress(PostgresError):
            await machine._follow_anew()
        assert machine.evidence.unkept == told
