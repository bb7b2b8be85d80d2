"""The journal that usnd writes, one JSON object a line, read while it is being written.

Each line is read once, and only when it is whole: what a writer has not ended yet waits for the next look,
what a killed writer never ended is left out.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

Event = Mapping[str, Any]
"""One line of the journal: `event`, `at`, `level` and its keys."""


def written_at(event: Event) -> float:
    """When a line of the journal was written, in seconds since the epoch."""
    return datetime.fromisoformat(event["at"]).timestamp()


def whole_lines(path: Path, start: int) -> tuple[list[bytes], int]:
    """The lines that end behind octet `start`, and the octet behind them; none if there is no such file."""
    if not path.exists():
        return [], start
    with path.open("rb") as file:
        file.seek(start)
        whole, newline, _ = file.read().rpartition(b"\n")
    return whole.splitlines(), start + len(whole) + len(newline)


class Journal:
    """What was written so far, and what is new since the last look."""

    def __init__(self, path: Path) -> None:
        """path: of the file; it need not be there yet."""
        self._path = path
        self._read = 0
        self._events: list[Event] = []
        self._told = 0

    def events(self) -> Sequence[Event]:
        """All events so far, in the order of writing."""
        lines, self._read = whole_lines(self._path, self._read)
        for line in lines:
            with suppress(json.JSONDecodeError):
                if line.startswith(b"{"):
                    self._events.append(json.loads(line))
        return self._events

    def news(self) -> Iterator[Event]:
        """Each event once."""
        fresh = self.events()[self._told :]
        self._told += len(fresh)
        yield from fresh
