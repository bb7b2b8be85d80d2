"""A PostgreSQL with a synchronous standby beside it, as a pair has them: a commit waits for both disks.

Both on this machine, by Unix sockets: without what a pair has beside it, a network and a second machine.
"""

import asyncio
from collections.abc import Mapping

import psycopg
from sqlalchemy import make_url

from workbench.parts.postgres import ROLE, Postgres, Programs
from workbench.parts.process import Part, PartError, until

_STANDBY = "standby"
_PATIENCE = 20.0
_BOTH = {"fsync": "on", "max_connections": "150", "wal_level": "replica", "max_wal_senders": "4"}


class _Standby(Postgres):
    """A copy of the primary, that follows it."""

    def __init__(self, programs: Programs, primary: Postgres, settings: Mapping[str, str]) -> None:
        super().__init__(programs, _STANDBY, {**settings, "cluster_name": _STANDBY})
        self._primary = primary

    async def create(self) -> None:
        """By pg_basebackup. Raises PartError."""
        source = ("-h", str(self._primary.home), "-U", ROLE)
        await self._run("pg_basebackup", *source, "-D", str(self._data), "-R", "-X", "stream", "-c", "fast")


class PostgresPair(Part):
    """`async with` makes both. `primary` is the one to be used."""

    def __init__(self, programs: Programs, settings: Mapping[str, str] | None = None) -> None:
        """`settings`: of both."""
        both = {**_BOTH, **(settings or {})}
        self.primary = Postgres(programs, "primary", both)
        self.standby = _Standby(programs, self.primary, both)

    async def start(self) -> None:
        """Returns when each commit waits for the standby. Raises PartError."""
        await self.primary.create()
        await self.primary.start()
        await self.standby.create()
        await self.standby.start()
        await asyncio.to_thread(self._ask, f"ALTER SYSTEM SET synchronous_standby_names = '{_STANDBY}'")
        await asyncio.to_thread(self._ask, "SELECT pg_reload_conf()")
        if not await until(self._is_synchronous, _PATIENCE, 0.1):
            raise PartError(f"the standby does not follow:\n{self.standby.log()}")

    async def stop(self) -> None:
        """Stops both and removes their files."""
        try:
            await self.primary.stop()
        finally:
            await self.standby.stop()

    def _is_synchronous(self) -> bool:
        return self._ask("SELECT sync_state FROM pg_stat_replication") == [("sync",)]

    def _ask(self, statement: str) -> list[tuple[str, ...]]:
        address = make_url(self.primary.url()).set(drivername="postgresql").render_as_string()
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []
