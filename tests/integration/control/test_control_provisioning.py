"""The provisioning site at the control socket: its own right, its own places, its long lines, its answers."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from crm.orders import CRM, NOW, designate, nobody, order
from structlog.testing import capture_logs

from usnd.control.answers import Answer, Done, Live, RefusalCode
from usnd.control.client import NotDone, ask
from usnd.control.provisioning import ProvisioningActs
from usnd.control.requests import (
    LONGEST_COMMAND,
    MOST_ORDERS,
    Acknowledge,
    Lock,
    Look,
    Provision,
    Request,
    StartBulk,
)
from usnd.control.rights import ALL, OPERATORS, PROVISIONING, Row
from usnd.control.server import MOST_AT_ONCE, Act, ControlServer
from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.attributes import NodeOwn
from usnd.process.runtime_directory import RuntimeDirectory
from usnd.services.provisioning.provisioning import Provisioning
from usnd.store.core.writer import Store
from workbench.parts.process import until

ME = os.geteuid()
SITE_UID = 64_007


async def echo(request: Request, _by: str) -> Answer:
    return Live() if isinstance(request, Look) else Done(said="done")


@asynccontextmanager
async def serving(
    path: Path, act: Act, table: Sequence[Row], patience: float = 5
) -> AsyncIterator[ControlServer]:
    server = ControlServer(path, act, table, patience, to_all=True)
    running = asyncio.create_task(server.run(RuntimeDirectory()))
    assert await until(path.exists, 5, 0.01)
    yield server
    running.cancel()
    await asyncio.wait({running})


@pytest.fixture
async def acts(store: Store) -> Act:
    await store.run(designate)

    async def end(_conference: int) -> None:
        raise AssertionError("none runs")

    provisioning = ProvisioningActs(Provisioning(store, NodeOwn("en"), nobody, end, lambda: NOW))

    async def act(request: Request, _by: str) -> Answer:
        if isinstance(request, Provision | StartBulk | Acknowledge):
            return await provisioning.act(request)
        return await echo(request, _by)

    return act


async def test_orders_bulks_and_acknowledgements_are_answered_by_their_codes(
    tmp_path: Path, acts: Act
) -> None:
    path = tmp_path / "control.sock"
    async with serving(path, acts, [Row(PROVISIONING, user=ME)]):
        with capture_logs() as told:
            orders = (order("a", name="Ann Example"), order("b"))
            answer = await asyncio.to_thread(ask, path, Provision(orders=orders))
        assert [one.result.code for one in answer.results] == [Code.DONE, Code.SUBSCRIBER_EXISTS]
        assert [one.server for one in answer.results] == ["server-of-a", "server-of-b"]
        assert "Ann" not in repr(told)
        (line,) = told
        assert line["terminal"] == "crm-1"
        assert line["orders"] == "a create +447700900001 1000; b create +447700900001 2201"
        bulk = StartBulk(serial="1a", issuer=CRM.issuer, request="k", digest="d" * 64, server="s", rows=9)
        started = await asyncio.to_thread(ask, path, bulk)
        assert (started.code, started.server) == (Code.DONE, "s")
        unknown = Acknowledge(serial="1a", issuer=CRM.issuer, change=99)
        (result,) = (await asyncio.to_thread(ask, path, unknown)).results
        assert result.result.code == Code.NO_SUCH_CHANGE
        with pytest.raises(NotDone, match="may not launch and control conferences"):
            await asyncio.to_thread(ask, path, Lock(conference=1))


async def test_only_who_may_provision_sends_long_lines(tmp_path: Path, acts: Act) -> None:
    path = tmp_path / "control.sock"
    full = Provision(orders=tuple(order(f"r{nth}", nth, name="n" * 90) for nth in range(MOST_ORDERS)))
    async with serving(path, acts, [Row(PROVISIONING, user=ME)]):
        assert len((await asyncio.to_thread(ask, path, full)).results) == MOST_ORDERS
    async with serving(path, acts, [Row(OPERATORS, user=ME)]):
        with pytest.raises(NotDone, match=f"one line of at most {LONGEST_COMMAND} octets") as refused:
            await asyncio.to_thread(ask, path, full)
        assert refused.value.code is RefusalCode.NOT_UNDERSTOOD
        with pytest.raises(NotDone, match="may not provision subscribers"):
            await asyncio.to_thread(ask, path, Provision(orders=(order("a"),)))
        assert isinstance(await asyncio.to_thread(ask, path, Look()), Live)


CROWD = """
import os, socket, sys, time
path, uid, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.setgroups([])
os.setgid(uid)
os.setuid(uid)
held = [socket.socket(socket.AF_UNIX) for _ in range(count)]
for one in held:
    one.connect(path)
time.sleep(0.2)
print(held[-1].recv(1000).decode(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A path that every user may go to."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        yield Path(home) / "control.sock"


@pytest.mark.skipif(ME != 0, reason="only root can be somebody else")
async def test_a_site_that_takes_all_its_places_leaves_the_operators_theirs(reachable: Path) -> None:
    command = [sys.executable, "-c", CROWD, str(reachable), str(SITE_UID), str(MOST_AT_ONCE + 1)]
    table = [Row(ALL, user=ME), Row(PROVISIONING, user=SITE_UID)]
    async with serving(reachable, echo, table, patience=60):
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as crowd:  # noqa: ASYNC220 # waited for in threads
            assert crowd.stdout is not None
            assert "too many" in await asyncio.to_thread(crowd.stdout.readline)
            for _ in range(MOST_AT_ONCE + 1):
                assert isinstance(await asyncio.to_thread(ask, reachable, Look()), Live)
            crowd.communicate()
