"""Starts a program and waits for it, each with a deadline that none of them outlives."""

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress

from usnd.process.os_errors import in_words

_NOT_FOUND = 127
KILLED = 5.0


async def run(command: Sequence[str], patience: float) -> tuple[int, str]:
    """Exit status and what it said; -1 when it was stopped at its deadline (seconds)."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return _NOT_FOUND, in_words(error, command[0])
    try:
        said, _ = await asyncio.wait_for(process.communicate(), patience)
    except TimeoutError:
        return -1, f"did not end in {patience:g} s"
    else:
        return process.returncode or 0, said.decode(errors="replace").strip()
    finally:
        if not process.stdout or not process.stdout.at_eof():
            with suppress(ProcessLookupError):  # it has a session of its own, with whatever it started
                os.killpg(process.pid, signal.SIGKILL)
            with suppress(TimeoutError):  # what hangs in the kernel ends some day
                await asyncio.wait_for(process.wait(), KILLED)
