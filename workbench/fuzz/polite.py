"""The polite client beside an attack: one open connection, a read or a create each 50 ms, each timed."""

import http.client
import itertools
import statistics
import threading
import time
from dataclasses import dataclass, field
from typing import Self

from workbench.parts.crm.terminal import Terminal, about, code_in, create, number, request

PAUSE = 0.05
_COUNTER = itertools.count()
_GOOD = (1000, 2200)


@dataclass
class Served:
    """Milliseconds of each request. `refused`: what was answered, or went wrong, instead."""

    ms: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Milliseconds; 0 where nothing was answered."""
        return statistics.median(self.ms) if self.ms else 0.0

    @property
    def worst(self) -> float:
        """Milliseconds."""
        return max(self.ms, default=0.0)

    def as_result(self) -> dict[str, object]:
        """For the result file."""
        return {
            "requests": len(self.ms),
            "median_ms": round(self.median, 1),
            "worst_ms": round(self.worst, 1),
            "refused": self.refused[:10],
        }


class Polite:
    """`with` runs it in a thread of its own; `served` is what it found so far."""

    def __init__(self, terminal: Terminal) -> None:
        self.served = Served()
        self._terminal = terminal
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join()

    def _work(self) -> None:
        connection = self._terminal.connection(30)
        while not self._enough.wait(PAUSE):
            nth = next(_COUNTER)
            inner = create(number(50_000_000 + nth)) if nth % 2 else about("read", number(1))
            begun = time.monotonic()
            try:
                status, body = self._terminal.ask(request(f"polite-{nth}", inner), on=connection)
            except (OSError, http.client.HTTPException) as error:
                self.served.refused.append(type(error).__name__)
                connection.close()
                continue
            self.served.ms.append((time.monotonic() - begun) * 1000)
            if code_in(body) not in _GOOD:
                self.served.refused.append(f"HTTP {status}, code {code_in(body)}")
        connection.close()
