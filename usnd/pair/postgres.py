"""The own PostgreSQL: what it is, waits for the standby, opening, following, stopping.

Owns the only SQL of the pair. PostgreSQL never opens read-write by itself (R4): whenever it was stopped here,
`standby.signal` is left, so that any start is a standby's, and only `pg_promote` opens it. Everything is
idempotent and bounded in time; errors mean "unknown", never "no".
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import structlog
from psycopg import sql

from usnd.domain.pair.evidence import Database, Store
from usnd.pair.commands import run
from usnd.pair.config import DatabaseConfig

PATIENCE = 60.0
"""Seconds for PostgreSQL's own programs; a base backup has BACKUP_PATIENCE."""
BACKUP_PATIENCE = 6 * 3600.0
SETTLED = 1.0
"""Seconds from switching waits on until the checkpointer is asked whether it has told all others."""
STUCK = 15.0
"""Seconds in which a standby that does not stream gets no further: it cannot follow as it is."""
SIGNAL = "standby.signal"
_SHUT_DOWN = {"shut down", "shut down in recovery"}
_PRIMARY_CRASHED = {"in production", "in crash recovery"}
"""Of pg_controldata. Only pg_rewind's server is ever "in crash recovery": all others start as standbys."""
_PRIMARY = _PRIMARY_CRASHED | {"shut down", "shutting down"}
_NOTHING_REWOUND, _SAME_TIMELINE, _REWINDS = "no rewind required", "on the same timeline", "rewinding from"
_OURS = ("primary_conninfo", "synchronous_standby_names")
_STATE = """
select pg_is_in_recovery(), current_setting('synchronous_standby_names'),
  (select timeline_id from pg_control_checkpoint()),
  case when pg_is_in_recovery() then coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(), '0/0')
    else pg_current_wal_flush_lsn() end - '0/0'::pg_lsn,
  coalesce(pg_last_wal_replay_lsn() >= coalesce(pg_last_wal_receive_lsn(), '0/0'), false),
  exists (select from pg_stat_wal_receiver where status = 'streaming'),
  coalesce((select wait_event in ('CheckpointerMain', 'CheckpointWriteDelay') from pg_stat_activity
    where backend_type = 'checkpointer'), false)
"""
_STANDBY = """
select sync_state = 'sync', flush_lsn - '0/0'::pg_lsn from pg_stat_replication
where application_name = %s and state = 'streaming'
"""


class PostgresError(Exception):
    """An act on the database failed; the text ends with what the program said."""


class Postgres:
    """Of this server. `clock`: seconds."""

    def __init__(self, config: DatabaseConfig, clock: Callable[[], float]) -> None:
        self._config, self._clock = config, clock
        self._waits_since: float | None = None
        self._line: int | None = None
        self._copies_next = False
        self._log = structlog.get_logger("usnd.pair")

    async def read(self) -> Store | None:
        """The figures; None when it runs and does not answer in time."""
        if not await asyncio.to_thread(self._running):
            self._waits_since = self._line = None
            return Store()
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._read), 3)
        except (psycopg.Error, TimeoutError):
            return None

    async def wait_for_standby(self, *, on: bool) -> None:
        """Commits wait for the standby, or no longer. Raises PostgresError."""
        names = f'FIRST 1 ("{self._config.peer_name}")' if on else ""
        self._waits_since = self._line = None
        statement = sql.SQL("alter system set synchronous_standby_names = {}").format(sql.Literal(names))
        await self._execute(statement, sql.SQL("select pg_reload_conf()"))

    def keep_closed(self) -> None:
        """However it was left: whoever starts it, starts a standby."""
        if not self._running():
            self._signal()

    async def open(self) -> None:
        """Read-write: started as a standby if it does not run, then promoted. Raises PostgresError."""
        if self._unsure.exists():
            raise PostgresError(
                "a copy or pg_rewind was cut off: this database is half this server's, half the other's"
            )
        if not self._running():
            self._signal()
            await self._start()
        await self._execute(sql.SQL("select case when pg_is_in_recovery() then pg_promote(false) end"))

    async def stop(self) -> None:
        """Cleanly, all sent to the standby; any next start is a standby's. Raises PostgresError.

        Told to stop even where nothing runs: a start that was given up may go on.
        """
        status, said = await run(self._config.stop, PATIENCE)
        if self._running():
            raise PostgresError(f"does not stop ({status}): {said[-500:]}")
        self._signal()

    async def follow(self) -> None:
        """Becomes the peer's standby: as it is, else by pg_rewind, else by a base backup (R6).

        Raises PostgresError, also when it then gets no further: the next time begins with a base backup.
        """
        await self.stop()
        copies = self._copies_next or self._unsure.exists()
        if copies or not (self._config.data / "PG_VERSION").exists():
            await self._copy()
        else:
            status, said = await self._rewind()
            if status:
                self._log.warning("pg_rewind failed, a base backup follows", said=said[-500:])
                await self._copy()
        self._copies_next = False
        self._connect_to_peer()
        self._signal()
        await self._start()
        await self._streams()

    async def _streams(self) -> None:
        """Until it does; replaying what it has takes as long as it takes."""
        place, since = -1, self._clock()
        while True:
            store = await self.read()
            if store is not None and store.following:
                return
            if store is not None and store.lsn != place:
                place, since = store.lsn, self._clock()
            if self._clock() - since >= STUCK:
                self._copies_next = await asyncio.to_thread(self._is_peer_open)
                raise PostgresError("it does not follow: the peer has not, or no more, what it needs")
            await asyncio.sleep(SETTLED)

    def _is_peer_open(self) -> bool:
        try:
            with psycopg.connect(self._config.peer, connect_timeout=2, autocommit=True) as link:
                return link.execute("select not pg_is_in_recovery()").fetchone() == (True,)
        except psycopg.Error:
            return False

    async def _rewind(self) -> tuple[int, str]:
        """pg_rewind wants a clean shutdown, and there are two ways to one.

        A crashed primary is recovered by pg_rewind's single-user server, which refuses `standby.signal`. A
        crashed standby, or a base backup that never started, is not: the checkpoint at the end is not in the
        peer's WAL, on the peer's own timeline, and nobody would notice until the next promotion fails. It is
        started and stopped as a standby.
        """
        data, left = self._config.data, await self._left_as()
        was_primary = left in _PRIMARY and not (data / "backup_label").exists()
        crashed = was_primary and left in _PRIMARY_CRASHED
        if crashed:
            (data / SIGNAL).unlink(missing_ok=True)
        elif left not in _SHUT_DOWN:
            try:
                await self._start()
                await self.stop()
            except PostgresError as error:
                return 1, str(error)
        _touch(self._unsure)
        rewind = (
            *("env", "LC_ALL=C", self._program("pg_rewind")),
            f"--target-pgdata={data}",
            f"--source-server={self._config.peer}",
        )
        try:
            status, said = await run((*self._config.as_user, *rewind), PATIENCE)
        finally:
            self._signal()
        if status == 0 or (status > 0 and _REWINDS not in said):
            self._unsure.unlink()
        return (status or int(_is_other_history(said, was_primary=was_primary, crashed=crashed))), said

    async def _left_as(self) -> str:
        """The cluster's state in its control file, in pg_controldata's English; empty when unreadable."""
        read = ("env", "LC_ALL=C", self._program("pg_controldata"), str(self._config.data))
        _, said = await run((*self._config.as_user, *read), PATIENCE)
        states = (line.partition(":") for line in said.splitlines())
        return next((value.strip() for name, _, value in states if name == "Database cluster state"), "")

    async def _copy(self) -> None:
        """Into a directory beside, so that a half copy is never taken for a database."""
        data, new = self._config.data, self._config.data.with_suffix(".new")
        await self._remove(new)
        copy = (self._program("pg_basebackup"), "-D", str(new), "-d", self._config.peer, "-c", "fast")
        await self._run((*self._config.as_user, *copy), BACKUP_PATIENCE)
        _touch(self._unsure)
        await self._remove(data)
        new.rename(data)
        self._unsure.unlink()

    async def _remove(self, directory: Path) -> None:
        await self._run(("rm", "-rf", str(directory)), BACKUP_PATIENCE)

    @property
    def _unsure(self) -> Path:
        """There while the directory is rewound or replaced: what is left half done must not be used."""
        return self._config.data.with_suffix(".unsure")

    def _connect_to_peer(self) -> None:
        """pg_rewind brings the peer's own settings, and a full disk half a line: only whole others stay.

        In place: the file must stay its owner's, who is not us.
        """
        peer = f"{self._config.peer} application_name={self._config.own_name}".replace("'", "''")
        with (self._config.data / "postgresql.auto.conf").open("r+") as file:
            lines = [line for line in file if line.endswith("\n") and not line.startswith(_OURS)]
            file.seek(0)
            file.writelines((*lines, f"primary_conninfo = '{peer}'\nsynchronous_standby_names = ''\n"))
            file.truncate()
            file.flush()
            os.fsync(file.fileno())

    def _signal(self) -> None:
        if self._config.data.exists():
            (self._config.data / SIGNAL).touch()

    def _running(self) -> bool:
        """postmaster.pid names a living process."""
        try:
            pid = int((self._config.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return False
        return _alive(pid)

    def _read(self) -> Store:
        config = self._config
        with psycopg.connect(config.own, connect_timeout=2, autocommit=True) as link:
            link.execute("set statement_timeout = 2000")
            row = link.execute(_STATE).fetchone()
            peer = link.execute(_STANDBY, (config.peer_name,)).fetchone()
        assert row is not None
        recovers, names, timeline, lsn, replayed, receives, told = row
        if recovers:
            self._waits_since = self._line = None
            return Store(
                Database.STANDBY, following=receives, replayed=replayed, timeline=timeline, lsn=int(lsn)
            )
        return Store(
            Database.PRIMARY,
            synchronous=bool(names),
            streaming=peer is not None,
            in_step=self._in_step(peer, int(lsn), waits=bool(names), told=told),
            timeline=timeline,
            lsn=int(lsn),
        )

    def _in_step(self, peer: tuple[Any, ...] | None, lsn: int, *, waits: bool, told: bool) -> bool:
        """Waits hold for every commit, and the standby has all that was written before they did.

        told: the checkpointer rests, as it does only after it has told all others of a reload; while it
        syncs a checkpoint on a slow disk, commits do not wait yet, whatever the settings say.
        """
        now = self._clock()
        if not waits:
            self._waits_since = self._line = None
            return False
        self._waits_since = now if self._waits_since is None else self._waits_since
        if self._line is None and told and now - self._waits_since >= SETTLED:
            self._line = lsn
        if peer is None or self._line is None:
            return False
        waited_for, flushed = peer
        return bool(waited_for) and flushed is not None and int(flushed) >= self._line

    async def _execute(self, *statements: sql.SQL | sql.Composed) -> None:
        def execute() -> None:
            with psycopg.connect(self._config.own, connect_timeout=2, autocommit=True) as link:
                link.execute("set statement_timeout = 5000")
                for statement in statements:
                    link.execute(statement)

        work = asyncio.ensure_future(asyncio.to_thread(execute))
        try:
            await asyncio.wait_for(asyncio.shield(work), 10)
        except asyncio.CancelledError:  # what a thread has begun it does: nobody goes on before
            await asyncio.wait({work})
            raise
        except (psycopg.Error, TimeoutError) as error:
            raise PostgresError(str(error)) from error

    async def _start(self) -> None:
        await self._run(self._config.start, PATIENCE)

    def _program(self, name: str) -> str:
        return str(self._config.programs / name)

    async def _run(self, command: tuple[str, ...], patience: float) -> None:
        status, said = await run(command, patience)
        if status:
            raise PostgresError(f"{command[0]} ended with {status}: {said[-500:]}")


def _is_other_history(said: str, *, was_primary: bool, crashed: bool) -> bool:
    """pg_rewind found nothing to do for what was a primary, though the peer was promoted since.

    Before release 16 it overlooks a promotion until the next checkpoint; and two servers may have made a
    timeline of the same number.
    """
    return (crashed and _NOTHING_REWOUND in said) or (was_primary and _SAME_TIMELINE in said)


def _touch(path: Path) -> None:
    """On the disk when it returns."""
    path.touch()
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _alive(pid: int) -> bool:
    """A PostgreSQL of whatever user; not a dead one that nobody collected yet.

    After a power cut the number in postmaster.pid may name any other process.
    """
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - a path of the kernel
            name, _, rest = file.read().rpartition(")")
    except OSError:
        return False
    return name.endswith("(postgres") and rest.split()[0] != "Z"
