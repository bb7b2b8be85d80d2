"""An SMSC of another make that may be killed: node-smpp for the wire; its queue and its journal are kept.

Called by chaos/sms.py. A text without a response is delivered again, on the next bind or after a time-out, as
an SMSC does. What it accepted is in the journal before it is acknowledged, so that no kill loses it.
"""

import asyncio
import json
import os
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.parts.journal import whole_lines
from workbench.parts.node_js import PEER, node, packages
from workbench.parts.usn import SHORT_CODE

Entry = Mapping[str, Any]
"""One line of the journal: `event`, `at` in seconds since the epoch, and its fields."""


@dataclass(frozen=True)
class Mo:
    """A text a subscriber sends; `key` is in it and in no other."""

    key: str
    sender: str
    body: str


class Keeper:
    """The SMSC. `journal` is all that ever happened to it, over its lives."""

    def __init__(self, path: Path, port: int, clock: Callable[[], float], *, window: int = 10) -> None:
        """path: of the journal; clock: seconds since the epoch; window: texts without a response at once."""
        self.journal: list[Entry] = []
        self.waiting: deque[Mo] = deque()
        self._path = path
        self._port = port
        self._clock = clock
        self._window = window
        self._sent: dict[str, tuple[Mo, str, float]] = {}
        self._bound: set[str] = set()
        self._read = 0
        self._process: asyncio.subprocess.Process | None = None

    @property
    def alive(self) -> bool:
        """Started and not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def idle(self) -> bool:
        """Every text was taken by the ESME."""
        return not self.waiting and not self._sent

    async def start(self) -> None:
        """Listens soon after; the ESME tries until it does."""
        place = await asyncio.to_thread(packages)
        self._process = await asyncio.create_subprocess_exec(
            node(),
            str(PEER / "keeper.js"),
            str(self._port),
            str(self._path),
            stdin=asyncio.subprocess.PIPE,
            env={**os.environ, "NODE_PATH": str(place / "node_modules")},
        )

    async def kill(self) -> None:
        """SIGKILL. What was sent and not answered is to be sent again."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        with self._path.open("a") as journal:
            journal.write("\n" + json.dumps({"event": "killed", "at": self._clock()}) + "\n")
        self._take_in()

    def drop(self) -> None:
        """Cuts the binds, without a word."""
        self._tell({"do": "drop"})

    def work(self, budget: int, response_timeout: float) -> int:
        """Reads the journal and delivers up to `budget` texts; how many. Call it again and again.

        A text without a response for `response_timeout` seconds is delivered again.
        """
        self._take_in()
        late = self._clock() - response_timeout
        for mo, _, _ in [sent for sent in self._sent.values() if sent[2] < late]:
            self._again(mo.key)
        count = 0
        while (
            self.alive and self._bound and self.waiting and count < budget and len(self._sent) < self._window
        ):
            self._deliver(self.waiting.popleft())
            count += 1
        return count

    def _deliver(self, mo: Mo) -> None:
        self._sent[mo.key] = (mo, "", self._clock())
        pdu = {
            "source_addr_ton": 1,
            "source_addr": mo.sender.removeprefix("+"),
            "destination_addr": SHORT_CODE,
            "short_message": mo.body,
        }
        self._tell({"do": "deliver", "key": mo.key, "pdu": pdu})

    def _tell(self, command: Mapping[str, object]) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):  # it was killed: what is lost is sent again
                self._process.stdin.write(json.dumps(command).encode() + b"\n")

    def _again(self, key: str) -> None:
        if key in self._sent:
            self.waiting.appendleft(self._sent.pop(key)[0])

    def _take_in(self) -> None:
        """What the journal has behind what was read."""
        lines, self._read = whole_lines(self._path, self._read)
        for line in lines:
            # A process killed while it writes leaves the start of a line; the next line is whole.
            with suppress(json.JSONDecodeError):
                self._note(json.loads(line))

    def _note(self, entry: Entry) -> None:
        self.journal.append(entry)
        event, key, session = entry["event"], entry.get("key", ""), entry.get("session", "")
        if event == "bound":
            self._bound.add(session)
        elif event == "sent" and key in self._sent:
            self._sent[key] = (self._sent[key][0], session, self._sent[key][2])
        elif event == "settled" and entry["status"] == 0:
            self._sent.pop(key, None)
        elif event in ("settled", "unsent"):
            self._again(key)
        elif event == "closed":
            self._lose(lambda one: one == session)
        elif event == "killed":
            self._lose(lambda _: True)

    def _lose(self, is_lost: Callable[[str], bool]) -> None:
        self._bound = {session for session in self._bound if not is_lost(session)}
        for key in [key for key, (_, session, _) in self._sent.items() if is_lost(session)]:
            self._again(key)
