"""One USN on a workstation: its Asterisk and `usnd` itself, as a process of its own, as on a node.

Writes the configuration file that ties it to the other parts, and reads its journal. Whatever is done to it
goes in by SMPP, SIP or the command.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from workbench import ROOT
from workbench.parts.journal import Event, Journal
from workbench.parts.ports import HOST
from workbench.parts.process import Part, PartError, Process, private_directory, until
from workbench.parts.voice.asterisk import Asterisk, usn_asterisk

SHORT_CODE = "52272"
START_PATIENCE = 20.0
NICE = -5  # roles/usnd, usnd.service


def product_dialplan() -> dict[str, str]:
    """The product's own side of Asterisk's configuration, by file name."""
    conf = files("usnd.asterisk") / "conf"
    return {
        "extensions.conf": (conf / "extensions-usn.conf").read_text(),
        "confbridge.conf": (conf / "confbridge-usn.conf").read_text(),
    }


class Usn(Part):
    """`async with` starts Asterisk and usnd, bound to the SMSC, and stops both, also on exceptions."""

    def __init__(  # noqa: PLR0913 # each has its default
        self,
        tree: Path,
        switch_port: int,
        smsc_port: int,
        *,
        store_url: str = "",
        settings: str = "",
        frozen_after: float = 10.0,
        python: str = sys.executable,
        calls: int = 200,
        calls_per_second: float = 60,
        as_on_node: bool = False,
        timers: bool = True,
    ) -> None:
        """`store_url`: SQLite of its own if empty; `settings`: further sections of the TOML.

        `calls`: most at once; `calls_per_second`: how fast they are dialled; `as_on_node`:
        with the priorities that a node's units give, for root; `timers`: see `usn_asterisk`.
        """
        self.home = private_directory("usn-usnd-")
        self.asterisk: Asterisk = usn_asterisk(
            tree, switch_port, product_dialplan(), calls=calls, realtime=as_on_node, timers=timers
        )
        self.store_url = store_url or f"sqlite:///{self.home}/usn.db"
        self.config = self.home / "usnd.toml"
        self.config.write_text(self._toml(smsc_port, frozen_after, calls_per_second, settings))
        self.config.chmod(0o600)
        self.journal = self.home / "journal"
        self._said = Journal(self.journal)
        self._python, self._as_on_node = python, as_on_node
        self._environment = {"PYTHONPATH": str(ROOT)}
        self.process = self._daemon()

    def _daemon(self, ahead: float = 0.0) -> Process:
        program = ["workbench.parts.clock_ahead", f"{ahead:.3f}", str(self.config)]
        if not ahead:
            program = ["usnd", "run", "--config", str(self.config)]
        nice = ["nice", "-n", str(NICE)] if self._as_on_node else []
        command = [*nice, self._python, "-m", *program]
        return Process(command, self.journal, environment=self._environment)

    def _toml(self, smsc_port: int, frozen_after: float, calls_per_second: float, settings: str) -> str:
        manager = self.asterisk.usnd_account
        return f"""
[node]
home_region = "GB"
short_code = "{SHORT_CODE}"
runtime = "{self.home}"

[store]
url = "{self.store_url}"

[asterisk]
port = {manager.port}
username = "{manager.user}"
secret = "{manager.secret}"
frozen_after = {frozen_after}
calls_per_second = {calls_per_second}

[[smsc]]
name = "smsc"
host = "{HOST}"
port = {smsc_port}
system_id = "usn"
password = "secret"
enquire_interval = 2
response_timeout = 30

[log]
format = "json"

{settings}
"""

    def command(self, *words: str) -> str:
        """What `usnd <words>` prints. Raises PartError when it fails."""
        done = subprocess.run(
            [self._python, "-m", "usnd", *words, "--config", str(self.config)],
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            env={**os.environ, **self._environment},
        )
        if done.returncode != 0:
            raise PartError(f"usnd {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def cdrs(self) -> list[dict[str, Any]]:
        """The call detail records, as `usnd cdrs --json` gives them."""
        return [json.loads(line) for line in self.command("cdrs", "--json").splitlines()]

    def events(self) -> Sequence[Event]:
        """The journal so far."""
        return self._said.events()

    def count(self, event: str, **values: object) -> int:
        """How many lines of the journal are this event with these values."""
        return sum(
            1
            for line in self.events()
            if line["event"] == event and all(line.get(key) == value for key, value in values.items())
        )

    async def until_event(self, event: str, patience: float = 10.0, count: int = 1, **values: object) -> None:
        """Waits for the event to be in the journal `count` times. Raises PartError with its end otherwise."""

        def there() -> bool:
            return self.count(event, **values) >= count

        await until(lambda: there() or not self.process.alive, patience, 0.05)
        if not there():
            state = "alive" if self.process.alive else f"ended ({self.process.returncode})"
            raise PartError(f"no {event!r} {values}; usnd is {state}; its journal:\n{self.process.tail()}")

    async def start_daemon(self, ahead: float = 0.0) -> None:
        """Starts usnd and waits until it is bound and has Asterisk. Raises PartError.

        `ahead`: seconds by which its clock is ahead of all others.
        """
        before = self.count("voice up")
        binds = self.count(BOUND)
        if not self.process.alive:
            self.process = self._daemon(ahead)
        self.process.start()
        await self.until_event("voice up", START_PATIENCE, before + 1)
        await self.until_event(BOUND, START_PATIENCE, binds + 1)

    async def stop_daemon(self) -> None:
        """SIGTERM; calls stay up."""
        await self.process.stop(signal.SIGTERM)

    async def start(self) -> None:
        """Starts Asterisk, prepares the database, starts usnd."""
        await self.asterisk.start()
        self.command("db", "upgrade")
        await self.start_daemon()

    async def stop(self) -> None:
        """Stops both."""
        try:
            await self.process.stop()
        finally:
            try:
                await self.asterisk.stop()
            finally:
                shutil.rmtree(self.home, ignore_errors=True)


BOUND = "smsc link bound"
"""What the journal says when a bind is made."""
