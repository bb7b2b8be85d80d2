"""Starts and drives the measuring SMSC of tests/peers/node-smpp.

Called by bench/peers.py. It has the process, and does not know which peer is measured.
"""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from workbench.parts.node_js import PEER, node, packages
from workbench.parts.process import PartError

_LONGEST_LINE = 1 << 24


class Sink:
    """`async with` starts it on a free port of loopback and stops it."""

    def __init__(self) -> None:
        self.port = 0
        self._events: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def until(self, event: str, patience: float) -> Mapping[str, Any]:
        """The next event of that name; others are passed over. Raises PartError."""
        try:
            async with asyncio.timeout(patience):
                while (found := await self._events.get())["event"] != event:
                    if found["event"] == "refused":
                        raise PartError(f"a text was refused with SMPP status {found['status']:#x}")
                return found
        except TimeoutError:
            raise PartError(f"the SMSC never reported {event!r}") from None

    async def expect(self, count: int) -> None:
        """Counts from zero; `until("reached", …)` is when it has accepted so many."""
        await self._tell({"do": "expect", "count": count})
        await self.until("expecting", 10)

    async def deliver(self, texts: Sequence[tuple[str, str, str]], window: int) -> None:
        """Texts for the ESME (sender and recipient as digits, body), so many without a response at once."""
        await self._tell({"do": "deliver", "texts": texts, "window": window})

    async def _tell(self, command: Mapping[str, object]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        await self._process.stdin.drain()

    async def _read(self, stdout: asyncio.StreamReader) -> None:
        async for line in stdout:
            self._events.put_nowait(json.loads(line))

    async def __aenter__(self) -> Self:
        place = await asyncio.to_thread(packages)
        self._process = await asyncio.create_subprocess_exec(
            node(),
            str(PEER / "sink.js"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "NODE_PATH": str(place / "node_modules")},
            limit=_LONGEST_LINE,
        )
        assert self._process.stdout is not None
        self._reading = asyncio.create_task(self._read(self._process.stdout))
        self.port = int((await self.until("listening", 10))["port"])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        if self._reading is not None:
            await self._reading
