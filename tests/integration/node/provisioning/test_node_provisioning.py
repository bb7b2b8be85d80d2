"""A running usnd that dies, or whose standby is away: each order of the CRM is done once (P2, P4)."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bare_node import Daemon, Node
from crm.orders import CRM, order
from sqlalchemy import text

from usnd.control.answers import Provisioned, ProvisioningResult
from usnd.control.requests import MOST_ORDERS, Provision, ProvisioningOrder, socket_of
from usnd.domain.provisioning.codes import Code
from usnd.store.core.engine import engine_for
from usnd.store.core.writer import Store
from workbench.parts.postgres import Postgres, programs
from workbench.parts.process import until

KEY = "ab" * 32
LONGEST = 16_000_000
Admin = Callable[[str, str], Any]
Results = Sequence[ProvisioningResult]


@dataclass(frozen=True)
class CrmNode(Node):
    """It has a control socket, gives first log-ins, and knows the terminal."""

    @property
    def config(self) -> Path:
        path = super().config
        written = path.read_text().replace("[node]\n", f'[node]\nruntime = "{self.home}"\n')
        path.write_text(f'{written}[provisioning]\ncredential_key = "{KEY}"\n')
        return path

    async def designated(self) -> "CrmNode":
        self.ready()
        now = datetime.now(UTC)
        terminal = replace(CRM, not_after=now + timedelta(days=1))
        store = Store.open(self.url, writer="test")
        try:
            await store.run(lambda tx: tx.terminals.designate(terminal, "root", now))
        finally:
            await store.close()
        return self

    async def asked(self, orders: Sequence[ProvisioningOrder]) -> Results:
        """The results. Raises OSError where usnd is not there, or goes away before it has answered."""
        reader, writer = await asyncio.open_unix_connection(str(socket_of(self.home)), limit=LONGEST)
        try:
            writer.write(msgspec.json.encode(Provision(orders=tuple(orders))) + b"\n")
            line = await reader.readline()
            if not line.endswith(b"\n"):
                raise ConnectionResetError
            return msgspec.json.decode(line, type=Provisioned).results
        finally:
            writer.close()

    async def up(self, daemon: Daemon) -> None:
        """Waits until usnd answers."""
        assert await until(socket_of(self.home).exists, 60, 0.05), daemon.process.tail()
        for _ in range(600):
            with suppress(OSError):  # the socket of one that was killed
                await self.asked([order("probe", check=True)])
                return
            await asyncio.sleep(0.1)
        raise AssertionError(daemon.process.tail())

    async def started(self, daemon: Daemon) -> None:
        daemon.process.start()
        await self.up(daemon)

    def counts(self) -> tuple[int, ...]:
        """Subscribers, answers, changes."""
        tables = ("subscribers", "provisioning_requests", "subscriber_changes")
        with engine_for(self.url).connect() as connection:
            return tuple(
                connection.execute(text(f"SELECT count(*) FROM {one}")).scalar_one() for one in tables
            )


@pytest.fixture
async def frail() -> AsyncIterator[Postgres]:
    async with Postgres(programs(), "crm") as server:
        yield server


STUCK = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
OURS = (
    "SELECT 1 FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid WHERE a.wait_event = 'SyncRep'"
    " AND l.relation = 'provisioning_requests'::regclass AND l.mode = 'RowExclusiveLock'"
)


async def standby_expected(node: CrmNode, admin: Admin, *, expected: bool) -> None:
    """From now on commits wait for a standby that is not there, or for none."""
    what = "SET synchronous_standby_names = 'nobody'" if expected else "RESET synchronous_standby_names"
    admin(node.url, f"ALTER SYSTEM {what}")
    admin(node.url, "SELECT pg_reload_conf()")
    shown = [("nobody" if expected else "",)]
    assert await until(lambda: admin(node.url, "SHOW synchronous_standby_names") == shown, 60, 0.02)


async def stuck(node: CrmNode, admin: Admin) -> tuple[list[ProvisioningOrder], asyncio.Task[Results]]:
    """Orders whose commit waits for the standby: neither one that was quicker, nor another of usnd's."""
    for nth in range(1, 40, 2):
        asked = [order(f"a{nth}", nth, name="Ann"), order(f"a{nth + 1}", nth + 1)]
        await standby_expected(node, admin, expected=True)
        waiting = asyncio.create_task(node.asked(asked))
        assert await until(lambda waiting=waiting: waiting.done() or bool(admin(node.url, STUCK)), 60, 0.05)
        if admin(node.url, OURS):
            return asked, waiting
        await standby_expected(node, admin, expected=False)
        await waiting
    raise AssertionError("another commit was always first")


async def test_what_the_standby_does_not_have_is_not_answered_and_a_repetition_tells(
    frail: Postgres, tmp_path: Path, admin: Admin
) -> None:
    """usnd is killed after the commit on this server and before any answer."""
    node = await CrmNode(tmp_path, frail.url()).designated()
    async with node.daemon() as daemon:
        await node.up(daemon)
        asked, waiting = await stuck(node, admin)
        done = node.counts()[0]
        assert [one.result.code for one in await node.asked(asked)] == [Code.REQUEST_RUNS] * 2
        assert not waiting.done()
        daemon.process.kill()
        with pytest.raises(OSError):  # noqa: PT011 # whichever the kernel says
            await waiting
        await standby_expected(node, admin, expected=False)
        await node.started(daemon)
        again = await node.asked(asked)
        assert [(one.result.code, one.repeated) for one in again] == [(Code.DONE, True)] * 2
        assert all(one.result.credentials for one in again), "with the password that nobody has seen yet"
        assert node.counts() == (done + 2, done + 2, done + 2)


async def test_kills_at_any_moment_do_nothing_twice_and_nothing_half(frail: Postgres, tmp_path: Path) -> None:
    node = await CrmNode(tmp_path, frail.url()).designated()
    dice, answered = random.Random(46), dict[str, ProvisioningResult]()
    lines = [[order(f"r{first + nth}", first + nth) for nth in range(10)] for first in range(0, 1200, 10)]

    async def client(mine: Sequence[Sequence[ProvisioningOrder]]) -> None:
        for line in mine:
            while True:  # as a CRM does: the same ids until there are answers
                with suppress(OSError):
                    results = await node.asked(line)
                    if all(one.result.code != Code.REQUEST_RUNS for one in results):
                        break
                await asyncio.sleep(0.05)
            answered.update({one.request: result for one, result in zip(line, results, strict=True)})

    async with node.daemon() as daemon:
        await node.up(daemon)
        crowd = asyncio.gather(*(client(lines[nth::4]) for nth in range(4)))
        for kill in range(1, 4):
            assert await until(lambda kill=kill: len(answered) >= 300 * kill or crowd.done(), 120, 0.005)
            await asyncio.sleep(dice.random() / 50)
            daemon.process.kill()
            await node.started(daemon)
        await crowd
        assert {one.result.code for one in answered.values()} == {Code.DONE}
        for line in lines:
            for one, again in zip(line, await node.asked(line), strict=True):
                assert again.repeated
                assert again.result == answered[one.request].result
    assert node.counts() == (1200, 1200, 1200)


def resident(daemon: Daemon) -> int:
    """Octets."""
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return 1024 * int(status.split("VmRSS:")[1].split()[0])


async def test_thousands_of_orders_leave_nothing_in_memory(tmp_path: Path) -> None:
    node = await CrmNode(tmp_path, f"sqlite:///{tmp_path}/usn.db").designated()

    async def bulk(lines: range) -> None:
        for line in lines:
            rows = range(line * MOST_ORDERS + 1, (line + 1) * MOST_ORDERS + 1)
            results = await node.asked([order("bulk", row, row=row, name="Ann") for row in rows])
            assert {one.result.code for one in results} == {Code.DONE}

    async with node.daemon() as daemon:
        await node.up(daemon)
        await bulk(range(20))
        before = resident(daemon)
        await bulk(range(20, 80))
        grown = resident(daemon) - before
        assert grown < 6_000 * 1024, "a kilobyte an order would be more"
        lines = [line for line in daemon.of("provisioning") if "bulk" in line["orders"]]
        assert len(lines) == 80, "one for each line, and not for each order"
    assert node.counts() == (8_000, 8_000, 8_000)
