"""`python -m workbench.bench.portal.browsing`: subscribers who browse, a process of its own.

Each reads a page, thinks, and goes on: to the pages that people go to, as often as they do. The time to
think is that of TPC-W (clause 5.3.2.1): exponential, 7 s in the mean, 70 s at most. A page takes from the
click until its last octet, with whatever connection and TLS it needs; what a form leads to counts by itself.
Style, script and icons are loaded once, as browsers keep them. Prints one line of JSON.
"""

import argparse
import asyncio
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from workbench.bench.portal.https import Connection, Door, Reply

LONGEST_THOUGHT = 10  # times the mean
PAGES = {"/": 20, "/users": 20, "/groups": 10, "/conferences": 20, "/history": 12, "/usage": 8, "save": 10}
"""What is asked for next, in percent; `save`: a user is opened, changed and saved."""
USERS = 30
"""Of each subscriber: ann1 and so on."""
_STATIC = re.compile(rb'"(/static/[0-9a-f]+/[\w.]+)"')
_HIDDEN = re.compile(rb'<input type="hidden" name="(form_token|was)" value="([^"]*)"')
_OK, _SEE_OTHER = 200, 303


@dataclass
class Seen:
    """ms: of each page by its kind. faults: what was answered instead, how often."""

    ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: Counter[str] = field(default_factory=Counter)


class Person:
    """One subscriber before a browser."""

    def __init__(self, connection: Connection, seed: int, think: float, seen: Seen) -> None:
        self._connection, self._think, self._seen = connection, think, seen
        self._dice = random.Random(seed)  # noqa: S311 # no secret
        self._kept = set[bytes]()
        self._measured_from = 0.0
        self._number = 0

    async def browse(self, measured_from: float, until: float) -> None:
        """Times of the monotonic clock. What begins before is not counted."""
        self._measured_from = measured_from
        await asyncio.sleep(self._dice.uniform(0, self._think))
        while time.monotonic() < until:
            (what,) = self._dice.choices([*PAGES], [*PAGES.values()])
            try:
                await (self._save() if what == "save" else self._get(what, what))
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self._seen.faults[f"{what}: {type(error).__name__}"] += 1
            thought = min(self._dice.expovariate(1 / self._think), LONGEST_THOUGHT * self._think)
            await asyncio.sleep(min(thought, max(0.0, until - time.monotonic())))
        self._connection.close()

    async def _save(self) -> None:
        nick = f"ann{self._dice.randrange(USERS) + 1}"
        page = await self._get(f"/user/{nick}", "user")
        self._number += 1
        hidden = {name.decode(): value.decode() for name, value in _HIDDEN.findall(page.body)}
        last = f"Smith{chr(ord('a') + self._number % 26)}"
        written = {"phone": "+447700900123", "first": "Ann", "last": last}
        await asyncio.sleep(self._think / 2)
        saved = await self._timed(
            "POST", f"/user/{nick}", "save", _SEE_OTHER, urlencode(hidden | written).encode()
        )
        if saved.status == _SEE_OTHER:
            await self._get("/users", "/users")

    async def _get(self, path: str, kind: str) -> Reply:
        reply = await self._timed("GET", path, kind, _OK)
        for one in dict.fromkeys(_STATIC.findall(reply.body)):
            if one not in self._kept:
                self._kept.add(one)
                await self._timed("GET", one.decode(), "static", _OK)
        return reply

    async def _timed(self, method: str, path: str, kind: str, wanted: int, form: bytes = b"") -> Reply:
        begun = time.monotonic()
        reply = await self._connection.ask(method, path, form)
        if begun >= self._measured_from:
            self._seen.ms[kind].append((time.monotonic() - begun) * 1000)
            if reply.status != wanted:
                self._seen.faults[f"{kind}: {reply.status}"] += 1
        return reply


async def browse(door: Door, people: list[list[str]], think: float, warm: float, seconds: float) -> Seen:
    """All of them, each from their own address."""
    context = door.context()
    seen = Seen()
    begun = time.monotonic() + warm
    async with asyncio.TaskGroup() as group:
        for nth, (source, cookie) in enumerate(people):
            person = Person(Connection(door, context, source, cookie), nth, think, seen)
            group.create_task(person.browse(begun, begun + seconds))
    return seen


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--authority", type=Path, required=True)
    parser.add_argument("--people", type=Path, required=True, help="JSON: source and cookie of each")
    parser.add_argument("--think", type=float, default=7.0)
    parser.add_argument("--warm", type=float, default=15.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    chosen = parser.parse_args()
    people = json.loads(chosen.people.read_text())
    door = Door(chosen.port, chosen.authority)
    seen = asyncio.run(browse(door, people, chosen.think, chosen.warm, chosen.seconds))
    json.dump({"ms": seen.ms, "faults": seen.faults, "client_cpu_s": time.process_time()}, sys.stdout)


if __name__ == "__main__":
    main()
