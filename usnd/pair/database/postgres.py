"""The own PostgreSQL, beside the peer's: what it is, and how it is opened, made to wait, or made to follow.

machine.py reads its figures, and calls its actions when the arbiter wants them; what lies on the disk is
directory.py's. The database is only ever started as a standby, and opened by promotion, so that who is
primary is never what a restart happens to find. Every action is idempotent and bounded in time; errors mean
"unknown", never "no".
"""

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from psycopg import sql

from usnd.domain.pair.evidence import Database, Store
from usnd.pair.config import DatabaseConfig
from usnd.pair.database.directory import DataDirectory, PostgresError, process
from usnd.pair.database.kept_aside import Aside
from usnd.pair.threads import Threads
from usnd.process.postgres_connection import connect

SETTLED = 1.0
"""Seconds from switching waits on until the checkpointer is asked whether it has told all others."""
ANSWERS_WITHIN = 3.0
STUCK = 15.0
"""Seconds in which a standby that does not stream gets no further: it cannot follow as it is."""
GIVEN_UP = 2.0
"""Seconds for a statement to end that nobody waits for any more."""
_WAITS = """
select current_setting('synchronous_standby_names'), pid,
  wait_event in ('CheckpointerMain', 'CheckpointWriteDelay')
from (select) one left join pg_stat_activity on backend_type = 'checkpointer'
"""
_STATE = """
select pg_is_in_recovery(),
  (select timeline_id from pg_control_checkpoint()),
  case when pg_is_in_recovery() then coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(), '0/0')
    else pg_current_wal_flush_lsn() end - '0/0'::pg_lsn,
  coalesce(pg_last_wal_replay_lsn() >= coalesce(pg_last_wal_receive_lsn(), '0/0'), false)
    or not receives and exists (select from pg_stat_activity where backend_type = 'startup'
      and wait_event in ('RecoveryWalStream', 'RecoveryRetrieveRetryInterval')),
  receives,
  case when pg_is_in_recovery() then pg_is_wal_replay_paused() else false end
from (select exists (select from pg_stat_wal_receiver where status = 'streaming') as receives) receiver
"""
"""The fourth: all that can be replayed is. A primary that dies may have sent half a record, which never is:
then the startup process waits though the receiver is gone. Promotion itself replays whatever else has come.
"""
_STANDBY = """
select sync_state in ('sync', 'quorum'), flush_lsn - '0/0'::pg_lsn from pg_stat_replication
where application_name = %s and state = 'streaming' order by flush_lsn desc nulls last limit 1
"""


class Postgres:
    """Of this server. `clock`: seconds."""

    def __init__(self, config: DatabaseConfig, clock: Callable[[], float]) -> None:
        self._config, self._clock = config, clock
        self._directory = DataDirectory(config, clock)
        self._waits_since: float | None = None
        self._confirmed = 0
        self._line: int | None = None
        self._copies_next = False
        self._threads = Threads()
        self.silent = False
        """It runs, takes connections, and does not answer: it hangs."""
        self._log = structlog.get_logger("usnd.pair")

    async def read(self) -> Store | None:
        """The figures; None when it runs and does not answer in time."""
        try:
            store = await self._threads.run("the database", self._look, ANSWERS_WITHIN)
        except (TimeoutError, psycopg.errors.ConnectionTimeout, psycopg.errors.QueryCanceled):
            self.silent = True
            return None
        except (psycopg.Error, OSError):  # refused, or starting: that is an answer
            store = None
        self.silent = False
        return store

    def _look(self) -> Store:
        if not self._directory.running:
            self._waits_since = self._line = None
            return Store(Database.HALF if self._directory.half else Database.STOPPED)
        return self._read()

    async def wait_for_standby(self, *, on: bool) -> None:
        """Commits wait for the standby, or no longer. Raises PostgresError."""
        # ANY: of two connections of the standby, one of which hangs, the other one counts.
        names = f'ANY 1 ("{self._config.peer_name}")' if on else ""
        self._waits_since = self._line = None
        statement = sql.SQL("alter system set synchronous_standby_names = {}").format(sql.Literal(names))
        await self._execute(statement, sql.SQL("select pg_reload_conf()"))

    def keep_closed(self) -> None:
        """However it was left: whoever starts it, starts a standby. Of a disk that refuses this is said."""
        try:
            self._directory.keep_closed()
        except OSError as error:
            self._log.error("the database cannot be kept closed", reason=str(error))

    async def open(self) -> None:
        """Read-write: started as a standby if it does not run, then promoted. Raises PostgresError."""
        if not self._directory.running:
            await self._directory.start()
        await self._execute(sql.SQL("select case when pg_is_in_recovery() then pg_promote(false) end"))

    async def stop(self) -> None:
        """Cleanly, all sent to the standby; any next start is a standby's. Raises PostgresError."""
        await self._directory.stop()

    async def follow(self, *, alone_since: int | None = None) -> None:
        """Becomes the peer's standby, and streams (R6).

        alone_since: what only this server has, from that place in the log on (0: unknown), is kept aside.
        Raises PostgresError, also when it gets no further: the next time begins with a base backup.
        """
        copied, self._copies_next = self._copies_next, False
        if alone_since is not None:
            await Aside(self._config, self._directory).keep(alone_since)
        await self._directory.become_the_peers(copied=copied)
        await self._streams()
        self._directory.fruitless = 0

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
                raise PostgresError("the database does not follow: the other server lacks the log it needs")
            await asyncio.sleep(SETTLED)

    def _is_peer_open(self) -> bool:
        try:
            with connect(self._config.peer, connect_timeout=2, autocommit=True) as link:
                return link.execute("select not pg_is_in_recovery()").fetchone() == (True,)
        except psycopg.Error:
            return False

    def _read(self) -> Store:
        config = self._config
        with connect(config.own, connect_timeout=2, autocommit=True) as link:
            link.execute("set statement_timeout = 2000")
            waits = link.execute(_WAITS).fetchone()
            assert waits is not None
            names, checkpointer, rests = waits
            told = bool(rests) and process(checkpointer)[1] == "S"
            row = link.execute(_STATE).fetchone()
            peer = link.execute(_STANDBY, (config.peer_name,)).fetchone()
            assert row is not None
            recovers, timeline, lsn, replayed, receives, paused = row
            if paused:  # nobody but a person does that, and what is not replayed keeps it from taking over
                link.execute("select pg_wal_replay_resume()")
                self._log.warning("replay of the other server's changes was paused; it has been resumed")
        if recovers:
            self._waits_since = self._line = None
            self._confirmed = 0
            return Store(
                Database.STANDBY, following=receives, replayed=replayed, timeline=timeline, lsn=int(lsn)
            )
        if peer is not None and peer[1] is not None:
            self._confirmed = int(peer[1])
        return Store(
            Database.PRIMARY,
            synchronous=bool(names),
            streaming=peer is not None,
            confirmed=self._confirmed,
            in_step=self._in_step(peer, int(lsn), waits=bool(names), told=told),
            timeline=timeline,
            lsn=int(lsn),
        )

    def _in_step(self, peer: tuple[Any, ...] | None, lsn: int, *, waits: bool, told: bool) -> bool:
        """Waits hold for every commit, and the standby has all that was written before they did.

        told: the checkpointer has handled the reload, which tells all others: a session that knows of it was
        begun after the checkpointer got its signal, and since then it was seen asleep where it rests. While
        it syncs a checkpoint on a slow disk, or has no processor, commits do not wait, whatever the settings
        say. lsn was read after that.
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
            with connect(self._config.own, connect_timeout=2, autocommit=True) as link:
                link.execute("set statement_timeout = 5000")
                for statement in statements:
                    link.execute(statement)

        work = asyncio.ensure_future(asyncio.to_thread(execute))
        try:
            await asyncio.wait_for(asyncio.shield(work), 10)
        except asyncio.CancelledError:
            # What a thread has begun it does: nobody goes on before, if it can end.
            await asyncio.wait({work}, timeout=GIVEN_UP)
            raise
        except (psycopg.Error, TimeoutError) as error:
            raise PostgresError(str(error)) from error
