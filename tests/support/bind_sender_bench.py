"""A bind_sender with a link that keeps what it is given until the test says what becomes of it."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from usnd.domain.messaging.message import Attempt, MtState, OutgoingText, Priority, Settlement
from usnd.domain.messaging.sending import RetryRules
from usnd.services.messaging.bind_sender import BindSender
from usnd.smpp.link.link import OnOutcome
from usnd.smpp.link.settings import (
    Late,
    LinkLost,
    LinkSettings,
    NotBound,
    Postponed,
    Rejected,
    Submitted,
    Throttled,
)
from usnd.smpp.text.segments import Segment

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


LATER = NOW + timedelta(hours=1)


BULK, REPLY = Priority.BULK, Priority.REPLY


RETRY = RetryRules(most=4, pause=30)


@dataclass
class FakeLink:
    """Keeps what was submitted until the test says what becomes of it."""

    settings: LinkSettings
    session: str | None = "bind-1"
    open: list[tuple[str, Segment, OnOutcome]] = field(default_factory=list)
    how: list[dict[str, object]] = field(default_factory=list)
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    most_open: int = 0

    def submit(self, sender: str, recipient: str, segment: Segment, done: OnOutcome, **how: object) -> None:
        if self.session is None:
            raise NotBound("down")
        self.open.append((recipient, segment, done))
        self.how.append(how)
        self.most_open = max(self.most_open, len(self.open))

    def take(self, place: int = 0) -> None:
        recipient, segment, done = self.open.pop(place)
        self.accepted.append((recipient, segment.octets))
        done(Submitted(f"id-{len(self.accepted)}", str(self.session)))

    def refuse(self, error: Rejected | Throttled | Postponed | LinkLost, place: int = 0) -> None:
        self.open.pop(place)[2](error)

    def lose(self) -> None:
        self.session = None
        while self.open:
            self.refuse(LinkLost("lost"))


class Bench:
    def __init__(self, window: int = 10, **settings: object) -> None:
        fields: dict[str, Any] = {
            "name": "smsc",
            "host": "",
            "port": 1,
            "system_id": "",
            "password": "",
            "window": window,
        }
        self.link = FakeLink(LinkSettings(**{**fields, **settings}))
        self.settled: list[Settlement] = []
        self.attempts: list[Attempt] = []
        self.commits = True
        self.pages: list[BindSender] = []
        self.now = NOW
        link: Any = self.link
        self.bind_sender = BindSender(link, self.note, self.pages.append, lambda: self.now)
        for priority in Priority:
            self.bind_sender.add_page(priority, [], whole=True)

    def note(self, what: Settlement | Attempt) -> None:
        """In place of the store: an attempt is committed a turn later, if the test does not say otherwise."""
        if isinstance(what, Settlement):
            self.settled.append(what)
            return
        self.attempts.append(what)
        if self.commits:
            asyncio.get_running_loop().call_soon(self.bind_sender.recorded, what.text_id)

    def add(self, number: int, recipient: str = "", priority: Priority = REPLY, body: str = "") -> None:
        to = recipient or f"+44{number}"
        self.bind_sender.add(
            OutgoingText(number, "smsc", "52272", to, body or str(number), NOW, LATER, priority)
        )

    def bodies(self) -> list[str]:
        return [octets.decode("latin-1") for _, octets in self.link.accepted]

    def open(self) -> list[str]:
        return [segment.octets.decode("latin-1") for _, segment, _ in self.link.open]


class Smsc:
    """Of a bench: what becomes of each text, by the text; time passes in the virtual loop."""

    def __init__(self, bench: Bench, fates: dict[str, str]) -> None:
        self.bench, self.fates = bench, fates
        self.seen: list[str] = []
        self.closings = 0

    async def serve(self, seconds: float) -> None:
        loop, link = asyncio.get_running_loop(), self.bench.link
        ends = loop.time() + seconds
        while loop.time() < ends:
            while link.open:
                _, segment, done = link.open[0]
                body = segment.octets.decode("latin-1")
                self.seen.append(body)
                fate = self.fates.get(body, "take")
                if fate == "close":
                    await self._close()
                    continue
                link.open.pop(0)
                if fate == "silent":
                    loop.call_later(10, done, Late())
                elif fate == "late":
                    loop.call_later(10, done, Late())
                    loop.call_later(11, done, Submitted("late", "bind-1"))
                else:
                    link.accepted.append(("", segment.octets))
                    done(Submitted("id", "bind-1"))
                await asyncio.sleep(0)
            await asyncio.sleep(0.1)

    async def _close(self) -> None:
        self.closings += 1
        self.bench.link.lose()
        await asyncio.sleep(1)
        self.bench.link.session = f"bind-{self.closings + 1}"
        self.bench.bind_sender.pump_soon()

    def ends(self) -> dict[int, MtState]:
        return {one.text_id: one.state for one in self.bench.settled}


async def turn(times: int = 3) -> None:
    for _ in range(times):
        await asyncio.sleep(0)
