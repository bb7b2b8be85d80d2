"""A private PostgreSQL of the host's own release: installed, or from Debian's packages, without root.

Each is one cluster, reached by a Unix socket only. As root it runs as `nobody`: PostgreSQL refuses root.
"""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.parts import debian
from workbench.parts.process import Part, PartError, Process, private_directory, until

ROLE = "usnd"
# Not unpacked: the host has its own C library; compiled queries and Perl are not used.
SKIP = ("libc6_", "libllvm", "libz3-", "perl", "libperl")
START_PATIENCE = 20.0
INITDB_PATIENCE = 60.0
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # outlives a killed server, not a power cut: a workstation's trials need no more
    "jit": "off",
    "timezone": "GMT",  # built in: needs no zone files of the host
    "log_timezone": "GMT",
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "50",
}


@dataclass(frozen=True)
class Programs:
    """Where the server's programs are, and the environment they need."""

    directory: Path
    environment: Mapping[str, str]


def installed() -> Programs | None:
    """The newest PostgreSQL installed on the host, if any."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return Programs(found[-1].parent, {}) if found else None


def programs() -> Programs:
    """The host's PostgreSQL: installed, else unpacked. Raises DebianError."""
    return installed() or unpacked()


def unpacked() -> Programs:
    """PostgreSQL of the host's release from Debian's packages, with the host's own C library.

    Raises DebianError.
    """
    tree = debian.tree(debian.host_suite(), ["postgresql"], skip=SKIP)
    return Programs(next(tree.glob("usr/lib/postgresql/*/bin/initdb")).parent, debian.libraries(tree))


class Postgres(Part):
    """One cluster. `async with` makes and starts it, then ends and removes it, also on exceptions."""

    def __init__(
        self, programs: Programs, name: str = "pg", settings: Mapping[str, str] | None = None
    ) -> None:
        """`settings`: of postgresql.conf, over those of the workbench."""
        self.home = private_directory(f"usn-{name}-")
        self._programs = programs
        self._user: tuple[int, int] | None = None
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._user = (nobody.pw_uid, nobody.pw_gid)
            os.chown(self.home, *self._user)
        self._data = self.home / "data"
        options = [f"-c{name}={value}" for name, value in {**SETTINGS, **(settings or {})}.items()]
        self._server = self._process(
            "postgres", "-D", str(self._data), "-k", str(self.home), *options, death_signal=signal.SIGQUIT
        )

    @property
    def pid(self) -> int:
        """Of the server; its sessions are its children."""
        return self._server.pid

    def url(self, database: str = "postgres") -> str:
        """For SQLAlchemy with psycopg."""
        return f"postgresql+psycopg://{ROLE}@/{database}?host={self.home}"

    async def create(self) -> None:
        """Makes the cluster's files. Raises PartError."""
        arguments = (
            "-D",
            str(self._data),
            "-U",
            ROLE,
            "-E",
            "UTF8",
            "--locale=C",
            "-A",
            "trust",
            "--no-sync",
        )
        await self._run("initdb", *arguments)

    async def start(self) -> None:
        """Returns when it accepts connections. Raises PartError with the end of its log."""

        def settled() -> bool:
            if not self._server.alive and "shared memory block" in self._server.tail(3):
                self._server.start()  # sessions of a killed server need a moment to notice and leave
            return self._ready() or not self._server.alive

        self._server.start()
        if not await until(settled, START_PATIENCE, 0.02) or not self._ready():
            raise PartError(f"PostgreSQL did not start:\n{self._server.tail()}")

    async def database(self, name: str) -> str:
        """Makes an empty database; gives its URL. Raises PartError."""
        await self._run("createdb", "-h", str(self.home), "-U", ROLE, name)
        return self.url(name)

    async def restart(self) -> None:
        """Ends connections, stops and starts again."""
        await self._server.stop(signal.SIGINT)
        await self.start()

    def kill(self) -> None:
        """SIGKILL to the server: what a crash looks like. `start` brings it back by its log."""
        self._server.kill()

    async def stop(self) -> None:
        """Ends connections, stops it and removes its files."""
        try:
            await self._server.stop(signal.SIGINT)
        finally:
            self._release_memory()
            shutil.rmtree(self.home, ignore_errors=True)

    def log(self) -> str:
        """The end of its log."""
        return self._server.tail()

    def _status(self) -> list[str]:
        """The lines of postmaster.pid: the seventh names the shared memory, the eighth the state."""
        path = self._data / "postmaster.pid"
        return path.read_text().splitlines() if path.exists() else []

    def _ready(self) -> bool:
        lines = self._status()
        mine = self._server.alive and lines[:1] == [str(self._server.pid)]
        return mine and len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004 (see _status)

    def _release_memory(self) -> None:
        """A killed server leaves its segment of System V memory; the next start would take it over."""
        lines = self._status()
        if len(lines) > 6 and len(lines[6].split()) == 2:  # noqa: PLR2004 (see _status)
            subprocess.run(["ipcrm", "-m", lines[6].split()[1]], check=False, capture_output=True)

    async def _run(self, program: str, *arguments: str) -> None:
        process = self._process(program, *arguments)
        process.start()
        try:
            await until(lambda: not process.alive, INITDB_PATIENCE)
        finally:
            process.kill()
        if process.returncode:
            raise PartError(f"{program} failed:\n{process.tail()}")

    def _process(
        self, program: str, *arguments: str, death_signal: signal.Signals = signal.SIGKILL
    ) -> Process:
        return Process(
            [str(self._programs.directory / program), *arguments],
            self.home / f"{program}.log",
            environment=self._programs.environment,
            user=self._user,
            death_signal=death_signal,
        )

    async def begin(self) -> None:
        """With a new, empty database."""
        await self.create()
        await self.start()
