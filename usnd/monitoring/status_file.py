"""What the running daemon shows of itself: one file a subject, in `node.runtime` (decisions 10 and 41).

snapshot.py and liveness.py write by it, each second: a reader sees a whole file or none, and none once the
daemon has stopped.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

EVERY = 1.0
"""Seconds between two figures."""


async def show(path: Path | None, take: Callable[[datetime], object]) -> None:
    """Takes figures each second and writes them as JSON, until cancelled; the file goes then.

    `take` gets the time in UTC and gives what msgspec can encode. Without a path they are only taken.
    """
    try:
        while True:
            figures = take(datetime.now(UTC))
            if path is not None:
                await asyncio.to_thread(_write, path, msgspec.json.encode(figures))
            await asyncio.sleep(EVERY)
    finally:
        if path is not None:
            await asyncio.shield(asyncio.to_thread(path.unlink, missing_ok=True))


def _write(path: Path, status: bytes) -> None:
    """Whole or not at all: who reads never sees a half."""
    new = path.with_name(f"{path.name}.new")
    with suppress(OSError):  # a full or missing directory must not stop texts; the reader sees it is stale
        new.write_bytes(status)
        new.replace(path)
