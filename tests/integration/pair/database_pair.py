"""Two real PostgreSQL, A and B, in a directory of their own."""

import asyncio
import os
import pwd
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from usnd.domain.pair.evidence import Database, Store
from usnd.pair.config import DatabaseConfig
from usnd.pair.database.postgres import Postgres
from usnd.pair.run_program import run
from workbench.parts.postgres import Programs
from workbench.parts.process import private_directory

NOBODY = 2**22 + 1  # above the kernel's highest process number


SETTINGS = (
    "listen_addresses=''\nfsync=off\njit=off\ntimezone='GMT'\nlog_timezone='GMT'\n"
    "dynamic_shared_memory_type=mmap\nwal_log_hints=on\nwal_retrieve_retry_interval=100ms\n"
    "wal_receiver_status_interval=1s\nwal_keep_size=64MB\n"
)


def as_user() -> tuple[str, ...]:
    """PostgreSQL refuses root."""
    if os.geteuid():
        return ()
    return ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--")


class Pair:
    """Servers A and B, each in a directory of its own, reached by Unix sockets."""

    def __init__(self, found: Programs) -> None:
        self.home = private_directory("usn-pair-")
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.home, nobody.pw_uid, nobody.pw_gid)
        environment = tuple(f"{key}={value}" for key, value in found.environment.items())
        self.user = (*as_user(), "env", *environment)
        self.programs = found.directory
        self.a, self.b = (Postgres(self.config(*names), time.monotonic) for names in (("a", "b"), ("b", "a")))

    def own(self, name: str) -> str:
        return f"host={self.home}/{name}s user=usnd dbname=postgres"

    def config(self, name: str, peer: str) -> DatabaseConfig:
        control = (*self.user, str(self.programs / "pg_ctl"), "-D", f"{self.home}/{name}", "-w")
        options = f"-k {self.home}/{name}s"
        return DatabaseConfig(
            own=self.own(name),
            peer=self.own(peer),
            own_name=name,
            peer_name=peer,
            data=self.home / name,
            programs=self.programs,
            start=(*control, "-l", f"{self.home}/{name}.log", "-o", options, "start"),
            stop=(*control, "-m", "fast", "stop"),
            as_user=self.user,
        )

    async def create(self) -> None:
        sockets = [*self.user, "mkdir", f"{self.home}/as", f"{self.home}/bs"]
        initdb = [*self.user, str(self.programs / "initdb"), "-D", f"{self.home}/a", "-U", "usnd"]
        for command in (sockets, [*initdb, "--locale=C", "-A", "trust", "--no-sync"]):
            status, said = await run(command, 60)
            assert status == 0, said
        with (self.home / "a" / "postgresql.conf").open("a") as file:
            file.write(SETTINGS)

    async def end(self) -> None:
        for name in ("a", "b"):
            await run((*self.config(name, name).stop, "-m", "immediate"), 20)
        await run(("rm", "-rf", str(self.home)), 20)

    def kill(self, name: str) -> None:
        """What a power cut leaves of it: its sessions are gone with it."""
        pid = int((self.home / name / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for process in (pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(process, 9)
        # After a power cut its number names nobody; here it may name a dead process that nobody collected.
        for lock in (self.home / name / "postmaster.pid", self.home / f"{name}s" / ".s.PGSQL.5432.lock"):
            lock.write_text(lock.read_text().replace(str(pid), str(NOBODY), 1))

    def left(self, name: str, what: str) -> Path:
        """What stands beside its directory while something is done to it."""
        return self.home / f"{name}.{what}"

    def execute(self, name: str, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.own(name), autocommit=True, connect_timeout=60) as link:
            cursor = link.execute(statement)  # psycopg wants literals; these are the test's own
            return cursor.fetchall() if cursor.description else []


async def until(server: Postgres, wish: str, patience: float = 90.0) -> Store:
    """The figures as soon as they are as wished."""
    deadline = time.monotonic() + patience
    while True:
        store = await server.read()
        if store is not None and (
            getattr(store, wish, False) or store.database is getattr(Database, wish, "")
        ):
            return store
        assert time.monotonic() < deadline, (wish, store)
        await asyncio.sleep(0.1)
