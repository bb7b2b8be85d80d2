"""The node-smpp SMSC that puts load on an ESME and times its answers, as a process of its own.

Called by sms.py. Starts the process, gives it the texts to send and returns the times that it measured. It
does not judge the figures.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from workbench.parts.node_js import PEER, packages, tool
from workbench.parts.process import PartError

_PATIENCE = 10.0


@dataclass(frozen=True)
class Answered:
    """What came of a run of texts. seconds: of the whole; p50, p99: ms from deliver_sm to the answer."""

    count: int
    seconds: float
    refused: int
    unasked: int
    p50: float
    p99: float


class LoadSmsc:
    """`async with` starts it; `port` is where it listens on 127.0.0.1. Any ESME may bind, one at a time."""

    def __init__(self) -> None:
        self.port = 0
        self.binds = 0
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._bound = asyncio.Event()

    async def __aenter__(self) -> Self:
        place = await asyncio.to_thread(packages)
        self._process = await asyncio.create_subprocess_exec(
            tool("node"),
            str(PEER / "load.js"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "NODE_PATH": str(place / "node_modules")},
        )
        self._reader = asyncio.create_task(self._read())
        self.port = (await self._next("listening", _PATIENCE))["port"]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _PATIENCE)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reader

    async def bound(self, patience: float = 20.0) -> None:
        """Waits until an ESME is bound. Raises PartError."""
        try:
            await asyncio.wait_for(self._bound.wait(), patience)
        except TimeoutError:
            raise PartError("no ESME has bound") from None

    async def texts(  # one load
        self,
        count: int,
        senders: Sequence[str],
        bodies: Sequence[str],
        short_code: str,
        *,
        window: int = 0,
        rate: float = 0,
        patience: float = 300.0,
    ) -> Answered:
        """`count` texts, `window` of them unanswered at once, or `rate` a second; each handset waits for its
        answer. `#` in a body becomes a number of its own. Raises PartError.
        """
        self._tell(
            "texts",
            count=count,
            window=window,
            rate=rate,
            senders=[number.removeprefix("+") for number in senders],
            bodies=bodies,
            shortCode=short_code,
        )
        result = await self._next("answered", patience)
        del result["event"]
        return Answered(**result)

    async def segments(self) -> tuple[int, float]:
        """How many submit_sm came since `forget`, and the seconds from the first to the last."""
        self._tell("segments")
        result = await self._next("segments", _PATIENCE)
        return result["segments"], result["seconds"]

    def forget(self) -> None:
        """Counts submit_sm from zero."""
        self._tell("forget")

    def _tell(self, do: str, **fields: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": do, **fields}).encode() + b"\n")

    async def _next(self, name: str, patience: float) -> dict[str, Any]:
        try:
            async with asyncio.timeout(patience):
                while (event := await self._events.get())["event"] != name:
                    pass
        except TimeoutError:
            raise PartError(f"the SMSC did not say {name!r} in {patience:g} s") from None
        return event

    async def _read(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            event = json.loads(line)
            if event["event"] == "bound":
                self.binds += 1
                self._bound.set()
            else:
                self._events.put_nowait(event)
