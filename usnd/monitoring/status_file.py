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

from usnd.process.runtime_directory import RuntimeDirectory

EVERY = 1.0
"""Seconds between two figures."""


async def show(path: Path | None, take: Callable[[datetime], object], directory: RuntimeDirectory) -> None:
    """Takes figures each second and writes them as JSON, until cancelled; the file goes then.

    `take` gets the time in UTC and gives what msgspec can encode. Without a path they are only taken. A full
    or missing directory must not stop texts: `directory` is told, and the reader sees that it is stale.
    """
    try:
        while True:
            figures = take(datetime.now(UTC))
            if path is not None:
                await _keep(path, msgspec.json.encode(figures), directory)
            await asyncio.sleep(EVERY)
    finally:
        if path is not None:
            await asyncio.shield(asyncio.to_thread(_remove, path))


async def _keep(path: Path, status: bytes, directory: RuntimeDirectory) -> None:
    try:
        await asyncio.to_thread(_write, path, status)
    except OSError as error:
        directory.lost(path, error)
    else:
        directory.kept(path)


def _write(path: Path, status: bytes) -> None:
    """Whole or not at all: who reads never sees a half. Raises OSError."""
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(status)
    new.replace(path)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
