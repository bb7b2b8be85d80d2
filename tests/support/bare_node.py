"""`usnd` by its command alone: a configuration whose parts are missing unless a test starts them."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from workbench.parts.journal import Event, Journal
from workbench.parts.process import Process, until

ROOT = Path(__file__).parents[2]
NOBODY = 9
"""The discard port: nobody listens."""
NUMBER = "+447700900001"


@dataclass(frozen=True)
class Node:
    """A configuration with its database, and the commands on it."""

    home: Path
    url: str
    ami: tuple[int, str] = (NOBODY, "hush-ami")
    smsc: tuple[int, str] = (NOBODY, "hushsmsc")
    runtime: Path | None = None

    @property
    def config(self) -> Path:
        path = self.home / "usnd.toml"
        runtime = "" if self.runtime is None else f'runtime = "{self.runtime}"\n'
        path.write_text(
            f'[node]\nhome_region = "GB"\nshort_code = "52272"\n{runtime}[store]\nurl = "{self.url}"\n'
            f'[asterisk]\nport = {self.ami[0]}\nsecret = "{self.ami[1]}"\n'
            f'[[smsc]]\nname = "first"\nhost = "127.0.0.1"\nport = {self.smsc[0]}\nsystem_id = "usn"\n'
            f'password = "{self.smsc[1]}"\n[log]\nformat = "json"\n'
        )
        return path

    def command(self, *words: str, config: Path | None = None) -> "Done":
        return usnd(*words, "--config", str(config or self.config))

    def ready(self) -> "Node":
        assert self.command("db", "upgrade").status == 0
        return self

    @asynccontextmanager
    async def daemon(self, *words: str) -> AsyncIterator["Daemon"]:
        command = [sys.executable, "-m", "usnd", "run", "--config", str(self.config), *words]
        path = self.home / "journal"
        process = Process(command, path, environment={"PYTHONPATH": str(ROOT)})
        daemon = Daemon(process, Journal(path))
        daemon.process.start()
        try:
            yield daemon
        finally:
            await daemon.process.stop()
        assert "hush" not in daemon.process.tail(1000), "a secret is in the journal"


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line it failed with."""
        assert self.out == ""
        assert self.err.startswith("usnd: ")
        assert self.err.count("\n") == 1, self.err
        assert "hush" not in self.err
        return self.err.removeprefix("usnd: ").rstrip()


@dataclass(frozen=True)
class Daemon:
    """`usnd run`, and its journal."""

    process: Process

    journal: Journal

    def of(self, event: str) -> list[Event]:
        return [each for each in self.journal.events() if each["event"] == event]

    async def until(self, event: str, **values: object) -> Event:
        def found() -> list[Event]:
            return [each for each in self.of(event) if values.items() <= each.items()]

        assert await until(lambda: bool(found()), 15, 0.05), self.process.tail()
        return found()[0]


def usnd(*words: str, environment: Mapping[str, str] | None = None) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "usnd", *words],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "40", **(environment or {})},
    )
    return Done(done.returncode, done.stdout, done.stderr)
