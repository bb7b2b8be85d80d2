"""The own database's directory: started and stopped as a standby's, and made into the peer's (R6).

postgres.py calls it. What stands beside `main` meanwhile tells after a crash at any moment how far it was.

    beside `main` | says                                | then
    --------------+-------------------------------------+-------------------------------------------------
    main.new      | a base backup is under way          | thrown away
    main.whole    | it is complete                      | takes the place of `main` before anything is started
    main.aside    | what only it has is being kept aside | that is done before anything else (kept_aside.py)
    main.kept-…   | it was                              | a person's
    main.unsure   | pg_rewind was changing `main`       | never opened; a base backup
"""

import os
from collections.abc import Callable
from pathlib import Path

import structlog

from usnd.pair.config import DatabaseConfig
from usnd.pair.run_program import run

PATIENCE = 60.0
"""Seconds for PostgreSQL to start, stop and tell."""
COPY_PATIENCE = 6 * 3600.0
"""Seconds for a base backup or pg_rewind; a connection that is dead ends them sooner."""
SLOW_DISK = "options='-c wal_sender_timeout=60s'"
"""Of a base backup's connections: the active, which gives up a silent peer after 3 s, bears with its disk."""
COPY_PAUSE = 60.0
MOST_PAUSE = 3600.0
SIGNAL = "standby.signal"
_SHUT_DOWN = {"shut down", "shut down in recovery"}
_STANDBY = {"shut down in recovery", "in archive recovery"}
_PRIMARY_CRASHED = {"in production", "in crash recovery"}
"""Of pg_controldata. Only pg_rewind's server is ever "in crash recovery": all others start as standbys."""
_PRIMARY = _PRIMARY_CRASHED | {"shut down", "shutting down"}
_NOTHING_REWOUND, _SAME_TIMELINE, _REWINDS = "no rewind required", "on the same timeline", "rewinding from"
_OURS = ("primary_conninfo", "synchronous_standby_names")


class PostgresError(Exception):
    """An action on the database failed; the text ends with what the program said."""


class DataDirectory:
    """`clock`: seconds. fruitless: base backups since the database last streamed."""

    def __init__(self, config: DatabaseConfig, clock: Callable[[], float]) -> None:
        self._config, self._clock = config, clock
        self._data = config.data
        self._new, self._whole, self._unsure = (
            config.data.with_suffix(f".{what}") for what in ("new", "whole", "unsure")
        )
        self.fruitless = 0
        self._copied_at = 0.0
        self._log = structlog.get_logger("usnd.pair")

    @property
    def running(self) -> bool:
        """postmaster.pid names a living PostgreSQL."""
        try:
            pid = int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return False
        name, state = process(pid)
        return name == "postgres" and state != "Z"

    @property
    def half(self) -> bool:
        """Half this server's, half the other's: to be copied, never to be opened."""
        return self._unsure.exists() and not self._whole.exists()

    def keep_closed(self) -> None:
        """However it was left: whoever starts it, starts a standby. Raises OSError."""
        if not self.running:
            self._signal()

    async def start(self) -> None:
        """As a standby. Raises PostgresError."""
        if self.half:
            raise PostgresError("pg_rewind was cut off: half of this database is the other server's")
        await self._finish()
        self._signal()
        await self._run(self._config.start, PATIENCE)

    async def stop(self) -> None:
        """Cleanly, all sent to the standby; any next start is a standby's. Raises PostgresError.

        Told to stop even where nothing runs: a start that was given up may go on.
        """
        status, said = await run(self._config.stop, PATIENCE)
        if self.running:
            raise PostgresError(f"PostgreSQL does not stop ({status}): {said[-500:]}")
        self._signal()

    async def become_the_peers(self, *, copied: bool) -> None:
        """Stopped, made into a copy of the peer's, and started: as it is, else by pg_rewind, else by a copy.

        copied: at once. Raises PostgresError.
        """
        await self.stop()
        await self._finish()
        if copied or self.half or not (self._data / "PG_VERSION").exists():
            await self._copy()
        else:
            status, said = await self._rewind()
            if status:
                self._log.warning("pg_rewind failed: making a base backup instead", said=said[-500:])
                await self._copy()
        self._connect_to_peer()
        await self.start()

    async def _rewind(self) -> tuple[int, str]:
        """pg_rewind wants a clean shutdown, and there are two ways to one.

        A crashed primary is recovered by pg_rewind's single-user server, which refuses `standby.signal`. A
        crashed standby, or a base backup that never started, is not: the checkpoint at the end is not in the
        peer's WAL, on the peer's own timeline, and nobody would notice until the next promotion fails. It is
        started and stopped as a standby.
        """
        left = await self._left_as()
        was_primary = left in _PRIMARY and not (self._data / "backup_label").exists()
        crashed = was_primary and left in _PRIMARY_CRASHED
        status, said = await (self._rewind_for_good() if crashed else self._rewind_if_needed(left))
        overlooked = _is_other_history(said, was_primary=was_primary, crashed=crashed)
        return (status or int(overlooked)), said

    async def _rewind_if_needed(self, left: str) -> tuple[int, str]:
        """Most often there is nothing to do; then nothing is put at risk."""
        try:
            if left not in _SHUT_DOWN:
                await self.start()
                await self.stop()
        except PostgresError as error:
            return 1, str(error)
        status, said = await self._pg_rewind("--dry-run")
        return (status, said) if status or _REWINDS not in said else await self._rewind_for_good()

    async def _rewind_for_good(self) -> tuple[int, str]:
        _touch(self._unsure)
        (self._data / SIGNAL).unlink(missing_ok=True)
        try:
            status, said = await self._pg_rewind()
        finally:
            self._signal()
        if status == 0 or (status > 0 and _REWINDS not in said):
            self._unsure.unlink()
        return status, said

    async def _pg_rewind(self, *options: str) -> tuple[int, str]:
        rewind = ("env", "LC_ALL=C", self._program("pg_rewind"), *options)
        servers = (f"--target-pgdata={self._data}", f"--source-server={self._config.peer}")
        return await run((*self._config.as_user, *rewind, *servers), COPY_PATIENCE)

    async def _left_as(self) -> str:
        """The cluster's state in its control file, in pg_controldata's English; empty when unreadable."""
        return await self._control("Database cluster state")

    async def _control(self, wanted: str) -> str:
        read = ("env", "LC_ALL=C", self._program("pg_controldata"), str(self._data))
        _, said = await run((*self._config.as_user, *read), PATIENCE)
        lines = (line.partition(":") for line in said.splitlines())
        return next((value.strip() for name, _, value in lines if name == wanted), "")

    async def was_primary(self) -> bool:
        """It was written here, so that it may have what no other has. One that cannot be read may, too."""
        left = await self._left_as()
        return left not in _STANDBY and not (self._data / "backup_label").exists()

    async def timeline(self) -> int:
        """That of the last checkpoint, or of a promotion after it. Raises ValueError when unreadable."""
        checkpointed = int(await self._control("Latest checkpoint's TimeLineID"))
        histories = (int(path.stem, 16) for path in (self._data / "pg_wal").glob("????????.history"))
        return max(checkpointed, *histories, 0)

    async def _copy(self) -> None:
        """A base backup, in the end, takes the place of what is there.

        Raises PostgresError, also when the last one did not help and is too young: each costs the active a
        checkpoint and all that it has.
        """
        pause = min(COPY_PAUSE * 2 ** (self.fruitless - 1), MOST_PAUSE) if self.fruitless else 0.0
        wait = self._copied_at + pause - self._clock()
        if wait > 0:
            raise PostgresError(f"the last base backup did not help; the next one starts in {wait:.0f} s")
        await self._remove(self._new)
        peer = f"{self._config.peer} {SLOW_DISK}"
        copy = (self._program("pg_basebackup"), "-D", str(self._new), "-d", peer, "-c", "fast")
        await self._run((*self._config.as_user, *copy), COPY_PATIENCE)
        self.fruitless += 1
        self._copied_at = self._clock()
        self._new.rename(self._whole)
        _sync(self._whole.parent)
        await self._finish()

    async def _finish(self) -> None:
        """A whole copy takes its place, whenever it was made."""
        if self._whole.exists():
            await self._remove(self._data)
            self._whole.rename(self._data)
            self._unsure.unlink(missing_ok=True)

    async def _remove(self, directory: Path) -> None:
        await self._run(("rm", "-rf", str(directory)), COPY_PATIENCE)

    def _connect_to_peer(self) -> None:
        """pg_rewind brings the peer's own settings, and a full disk half a line: only whole others stay."""
        self._connect(f"{self._config.peer} application_name={self._config.own_name}".replace("'", "''"))

    def connect_nowhere(self) -> None:
        """Started then, it can be read, and follows nobody."""
        self._connect("")

    def _connect(self, peer: str) -> None:
        """In place: the file must stay its owner's, who is not us."""
        with (self._data / "postgresql.auto.conf").open("r+") as file:
            lines = [line for line in file if line.endswith("\n") and not line.startswith(_OURS)]
            file.seek(0)
            file.writelines((*lines, f"primary_conninfo = '{peer}'\nsynchronous_standby_names = ''\n"))
            file.truncate()
            file.flush()
            os.fsync(file.fileno())

    def _signal(self) -> None:
        if self._data.exists():
            (self._data / SIGNAL).touch()

    def _program(self, name: str) -> str:
        return str(self._config.programs / name)

    async def _run(self, command: tuple[str, ...], patience: float) -> None:
        status, said = await run(command, patience)
        if status:
            raise PostgresError(f"{command[0]} ended with {status}: {said[-500:]}")


def process(pid: int) -> tuple[str, str]:
    """The name of its program and its state, a letter of proc_pid_stat(5); empty when there is none.

    After a power cut the number in postmaster.pid may be any other process'.
    """
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - a path of the kernel
            name, _, rest = file.read().rpartition(")")
    except OSError:
        return "", ""
    return name.partition("(")[2], rest.split()[0]


def _is_other_history(said: str, *, was_primary: bool, crashed: bool) -> bool:
    """pg_rewind found nothing to do, and there is.

    Two servers that were primary may have made a timeline of the same number. Into a crashed one pg_rewind
    has just written a recovery; before release 16 it overlooks a promotion until the next checkpoint.
    """
    return (was_primary and _SAME_TIMELINE in said) or (crashed and _NOTHING_REWOUND in said)


def _touch(path: Path) -> None:
    """On the disk when it returns."""
    path.touch()
    _sync(path.parent)


def _sync(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
