"""Starts and drives the node-smpp SMSC of tests/peers/node-smpp. Owns its process; knows no test."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from workbench.parts.node_js import packages, tool

_HERE = Path(__file__).parent / "node-smpp"
_SECONDS = 60.0
SYSTEM_ID = "usn"
PASSWORD = "secret"

Event = dict[str, Any]


class NodeSmsc:
    """`events` is all it reported, in order, each `at` a time of time.monotonic; `port` where it listens."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1", modules: Path | None = None) -> None:
        """`modules`: the directory with node_modules, where they cannot be fetched."""
        self.port = port
        self.host = host
        self.events: list[Event] = []
        self._modules = modules
        self._changed = asyncio.Condition()
        self._next_id = 0
        self._kept: dict[int, asyncio.Future[Event]] = {}

    async def __aenter__(self) -> Self:
        place = self._modules
        if place is None:
            place = await asyncio.to_thread(packages)
        self._process = await asyncio.create_subprocess_exec(
            tool("node"),
            str(_HERE / "smsc.js"),
            str(self.port),
            self.host,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "NODE_PATH": str(place / "node_modules")},
        )
        self._reader = asyncio.create_task(self._read())
        self.port = (await self.until(lambda event: event["event"] == "listening"))["port"]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reader

    async def tell(self, do: str, **fields: Any) -> int:
        """Returns when it has begun to do so; the command's number."""
        assert self._process.stdin
        self._next_id += 1
        number, after = self._next_id, len(self.events)
        self._process.stdin.write(json.dumps({"do": do, "id": number, **fields}).encode() + b"\n")
        await self.until(lambda event: event.get("done") == number, after)
        return number

    async def ask(self, do: str, **fields: Any) -> int:
        """Has it send a request; the command_status of the response it gets."""
        after = len(self.events)
        number = await self.tell(do, **fields)
        return int((await self.until(lambda event: event.get("answer_to") == number, after))["status"])

    async def deliver(self, **pdu: Any) -> int:
        """A deliver_sm of these fields; `octets` in hex is the short_message."""
        return await self.ask("deliver", pdu=pdu)

    async def keep(self, every: float, patience: float, **pdu: Any) -> tuple[int, int]:
        """Kept until status 0, sent again every so many seconds; the last status (-1: none), how often."""
        answered = asyncio.get_running_loop().create_future()
        self._kept[self._next_id + 1] = answered
        await self.tell("keep", pdu=pdu, every=every * 1000, patience=patience * 1000)
        event: Event = await asyncio.wait_for(answered, patience + every + _SECONDS)
        return int(event["status"]), int(event["times"])

    async def until(self, is_it: Callable[[Event], bool], after: int = 0) -> Event:
        """The first event from index `after` that `is_it`. TimeoutError."""
        async with asyncio.timeout(_SECONDS), self._changed:
            while True:
                for event in self.events[after:]:
                    if is_it(event):
                        return event
                after = len(self.events)
                await self._changed.wait()

    async def until_pdu(self, command: str, after: int = 0) -> Event:
        found = await self.until(lambda event: event.get("pdu", {}).get("command") == command, after)
        return dict(found["pdu"])

    async def _read(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            event = {**json.loads(line), "at": time.monotonic()}
            if (kept := self._kept.pop(event.get("answer_to", 0), None)) is not None and not kept.done():
                kept.set_result(event)
            async with self._changed:
                self.events.append(event)
                self._changed.notify_all()
