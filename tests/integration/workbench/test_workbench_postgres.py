"""Proves a private PostgreSQL: made, used, crashed, restarted and removed, as root and as another user."""

import os
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import text

from workbench.parts import postgres
from workbench.parts.postgres import Postgres, Programs
from workbench.parts.process import until

SOURCES = {"unpacked": postgres.unpacked, "installed": postgres.installed}
ON_THIS_HOST = list(SOURCES) if postgres.installed() else ["unpacked"]


@pytest.fixture(scope="session", params=ON_THIS_HOST)
def programs(request: pytest.FixtureRequest) -> Programs:
    found = SOURCES[request.param]()
    assert found is not None
    return found


def execute(url: str, statement: str) -> Any:
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        engine.dispose()


async def test_what_is_committed_outlives_a_crash_and_a_restart(programs: Programs) -> None:
    async with Postgres(programs) as server:
        url = await server.database("one")
        execute(url, "create table cdr as select 1 as number")
        server.kill()
        await server.start()
        assert execute(url, "select number from cdr") == 1
        await server.restart()
        assert execute(url, "select number from cdr") == 1
        assert execute(url, "show listen_addresses") == ""
    assert not server.home.exists()


async def test_two_run_side_by_side(programs: Programs) -> None:
    async with Postgres(programs, "a") as a, Postgres(programs, "b", {"max_connections": "7"}) as b:
        assert execute(a.url(), "show max_connections") == "50"
        assert execute(b.url(), "show max_connections") == "7"


async def test_it_never_runs_as_root(programs: Programs) -> None:
    async with Postgres(programs) as server:
        owner = (server.home / "data" / "postmaster.pid").stat().st_uid
        assert owner == (os.geteuid() or server.home.stat().st_uid)
        assert owner != 0


async def test_a_crash_leaves_no_shared_memory(programs: Programs) -> None:
    def segments() -> set[str]:
        return {line.split()[1] for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]}

    async with Postgres(programs) as server:
        segment = (server.home / "data" / "postmaster.pid").read_text().splitlines()[6].split()[1]
        assert segment in segments()
        server.kill()
    assert await until(lambda: segment not in segments(), 5)
