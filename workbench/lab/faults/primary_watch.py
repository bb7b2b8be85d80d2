"""Whether a node's database is written, asked every 50 ms from outside the node.

Called by observation.py, which reads the samples. It asks through the node's Unix socket, so that it does not
depend on any cable or firewall. A database that does not answer gives no sample.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg

from workbench.parts.process import PartError

EVERY = 0.05


class Primary:
    """One node's. `system`: the process number of its init, as text; empty while its system does not run."""

    def __init__(self, system: Callable[[], str]) -> None:
        self.samples: list[tuple[float, bool]] = []
        self._system = system
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """A thread that a frozen database keeps waiting ends with the database."""
        self._over.set()
        self._thread.join(2)

    def _run(self) -> None:
        while not self._over.is_set():
            with suppress(psycopg.Error, PartError, OSError):
                self._ask(self._system())
            self._over.wait(4 * EVERY)

    def _ask(self, init: str) -> None:
        if not init:
            return
        place = f"host=/proc/{init}/root/run/postgresql user=postgres dbname=postgres connect_timeout=2"
        with psycopg.connect(place, autocommit=True) as link:
            while not self._over.wait(EVERY):
                began = time.monotonic()
                row = link.execute("select not pg_is_in_recovery()").fetchone()
                self.samples.append((began, bool(row and row[0])))
