"""Threads for requests that wait for something: the database, usnd, a long document.

server.py has them. They end with the process: at its end nobody waits for one that hangs.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue

import structlog

Work = Callable[[], None]


class Threads:
    """So many; what finds none free waits for one."""

    def __init__(self, count: int) -> None:
        self._work = SimpleQueue[Work]()
        for nth in range(count):
            threading.Thread(target=self._run, name=f"request-{nth}", daemon=True).start()

    def do(self, work: Work) -> None:
        """Some time soon."""
        self._work.put(work)

    def _run(self) -> None:
        while True:
            work = self._work.get()
            try:
                work()
            except Exception:  # noqa: BLE001 # a thread must not die of what nobody foresaw
                structlog.get_logger("usnd.web").error("unforeseen error in a thread", exc_info=True)
