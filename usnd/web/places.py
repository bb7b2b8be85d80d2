"""How many may do a thing at once, in all and of one client. Who finds no place is told so, and does not
wait.

The sites hold a place while they work on what is long or dear: orders, lists, bulks.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class NoPlace(Exception):
    """As many as may are at it already."""


class Places:
    """`most`: in all; `each`: of one client, None: as many as there are. For any number of threads."""

    def __init__(self, most: int, each: int | None = None) -> None:
        self._most = most
        self._each = most if each is None else each
        self._taken = Counter[str]()
        self._all = 0
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, client: str = "") -> Iterator[None]:
        """A place for that client while the block runs. Raises NoPlace."""
        self.take(client)
        try:
            yield
        finally:
            self.leave(client)

    def take(self, client: str = "") -> None:
        """A place, until `leave`. Raises NoPlace."""
        with self._lock:
            if self._all >= self._most or self._taken[client] >= self._each:
                raise NoPlace
            self._all += 1
            self._taken[client] += 1

    def leave(self, client: str = "") -> None:
        """The place is free again."""
        with self._lock:
            self._all -= 1
            self._taken[client] -= 1
            if not self._taken[client]:
                del self._taken[client]
