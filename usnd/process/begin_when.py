"""Waiting, fully loaded, until a file is there: what a standby has loaded begins as soon as it is active.

What waits has no state that could be stale: it has read its configuration and imported its code
(docs/decisions/0019-a-quick-hand-over.md).
"""

import asyncio
from contextlib import suppress
from pathlib import Path

from usnd.process.systemd import notify

_LOOK_EVERY = 0.05


async def begin_when(file: Path) -> None:
    """Returns when the file is there. systemd is told all the while that this is the program's work."""
    while not await asyncio.to_thread(_is_there, file):
        notify("WATCHDOG=1")
        await asyncio.sleep(_LOOK_EVERY)


def _is_there(file: Path) -> bool:
    """A place that this user may not look into is as one where nothing is."""
    with suppress(OSError):
        return file.exists()
    return False
