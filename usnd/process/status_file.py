"""What the running daemon shows of itself: one file a subject, in `node.runtime` (decision 0010).

Owns that a reader sees a whole file or none, and knows a dead daemon by the age of it.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

STALE_AFTER = 5.0
EVERY = 1.0
"""Seconds between two figures."""


class NoStatus(Exception):
    """No daemon has said lately how it is; the message says why."""


def read_status(runtime: Path, file: str, now: datetime) -> dict[str, Any]:
    """What the running daemon wrote last, `at` among it. Raises NoStatus."""
    try:
        status: dict[str, Any] = json.loads((runtime / file).read_text())
    except (OSError, ValueError) as error:
        raise NoStatus(f"the daemon has left no status in {runtime}: {error}") from error
    age = (now - datetime.fromisoformat(status["at"])).total_seconds()
    if age > STALE_AFTER:
        raise NoStatus(f"the daemon said nothing for {age:.0f} s: it does not run")
    return status


async def show(path: Path | None, snapshot: Callable[[datetime], dict[str, Any]]) -> None:
    """Takes a snapshot each second and writes it, until cancelled; the file goes then. None: takes only."""
    try:
        while True:
            status = snapshot(datetime.now(UTC))
            if path is not None:
                await asyncio.to_thread(_write, path, json.dumps(status))
            await asyncio.sleep(EVERY)
    finally:
        if path is not None:
            await asyncio.shield(asyncio.to_thread(path.unlink, missing_ok=True))


def _write(path: Path, status: str) -> None:
    """Whole or not at all: who reads never sees a half."""
    new = path.with_name(f"{path.name}.new")
    with suppress(OSError):  # a full or missing directory must not stop texts; the reader sees it is stale
        new.write_text(status)
        new.replace(path)
