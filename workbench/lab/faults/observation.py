"""What is seen of the pair from outside while a fault lasts: texts, address, binds, databases, alarms.

Called by workbench/chaos/pair.py. It sends the stream of texts, from senders of its own, and keeps what it
sees. It does not judge: account.py and runs.py do.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, ClassVar, Self

from workbench.lab import __main__ as lab
from workbench.lab import net
from workbench.lab.faults import account
from workbench.lab.faults.primary_watch import Primary
from workbench.parts.process import PartError

EVERY = 0.25
ALARMS_EVERY = 0.5
SENDERS = tuple(f"+4477009{number}" for number in range(99000, 99030))
KEPT = 240.0
"""Seconds that the SMSC keeps a text that the USN does not take."""


class Stream:
    """New users are texted in, each by its own name; several at a time, as one may wait for a dead bind.

    By many subscribers: one who sends that many is taken for an automaton (decision 27).

    The SMSC keeps each text until it is taken, and sends it again every 5 s.
    """

    def __init__(self, names: Iterator[str]) -> None:
        self.sent: list[account.Text] = []
        self._names = names
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._main = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._main.start()

    def stop(self) -> None:
        """Returns when all that were sent were taken, refused, or given up."""
        self._over.set()
        for thread in (self._main, *self._threads):
            thread.join()

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            thread = threading.Thread(target=self._one, args=(next(self._names),), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _one(self, name: str) -> None:
        began = time.monotonic()
        number = int(name[1:])
        text = f"UC {name} +4477009{number:05d} {name.title()}"
        try:
            said = lab.ask("keep", SENDERS[number % len(SENDERS)], str(KEPT), text, patience=2 * KEPT)
            status, times = map(int, said.split())
        except (PartError, OSError):
            status, times = None, 0
        self.sent.append(account.Text(name, began, status, times))


class Watch(AbstractContextManager["Watch"]):
    """What is seen from outside while it lasts: the address, the binds, the databases, the texts, the alarms.

    before: how many of the events are older. alarms: when each was first seen, by server.
    """

    events: ClassVar[list[dict[str, Any]]] = []
    """All that the SMSC told since the lab is up; each is asked for once."""

    def __init__(self, names: Iterator[str]) -> None:
        self.stream = Stream(names)
        self.primaries = {node: Primary(lambda node=node: lab.ask("system", node)) for node in net.ADDRESSES}  # type: ignore[misc]
        self.address: dict[str, float] = {}
        self.before = 0
        self.alarms: dict[str, dict[str, float]] = {node: {} for node in net.ADDRESSES}
        self._over = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)

    def _listen(self) -> None:
        while not self._over.wait(ALARMS_EVERY):
            for node, known in self.alarms.items():
                for alarm in lab.status(node).get("alarms", ()):
                    known.setdefault(alarm, time.monotonic())

    def _read(self) -> None:
        self.events.extend(json.loads(lab.ask("events", str(len(self.events)))))

    def __enter__(self) -> Self:
        self._read()
        self.before = len(self.events)
        words = net.inside(net.OUTSIDE, sys.executable, "-m", "workbench.lab.faults.address_watch")
        self._arp = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for primary in self.primaries.values():
            primary.start()
        self.stream.start()
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stream.stop()
        self._over.set()
        self._listener.join()
        for primary in self.primaries.values():
            primary.stop()
        self.address = json.loads(self._arp.communicate()[0] or "{}")
        self._read()
