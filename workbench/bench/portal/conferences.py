"""Conferences that run while pages look on, and what happens there: somebody is muted, and unmuted again."""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from usnd.control.client import ask
from usnd.control.requests import Look, Mute, socket_of
from workbench.demo.stage import Stage
from workbench.demo.tones import TONES
from workbench.parts.usn import SHORT_CODE
from workbench.parts.voice.switch import Handset

PEOPLE = 3
"""In each, the subscriber too."""
PATIENCE = 60.0
_SAYS = re.compile(r'<bdi>(\+\d+)</bdi>.*?class=\\"say\\">([^<]*)<', re.DOTALL)


def number_of(room: int, place: int) -> str:
    """Of those that are kept free for fiction; there are 89 conferences at most."""
    return f"+447700900{100 + room * 10 + place}"


@dataclass(frozen=True)
class Event:
    """When usnd was told to, by the monotonic clock."""

    at: float
    room: int
    who: str
    on: bool


@dataclass
class Rooms:
    """`start` launches them. numbers: of the subscribers."""

    parts: Stage
    count: int
    numbers: list[str] = field(default_factory=list)
    _ids: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.numbers = [number_of(room, 0) for room in range(self.count)]

    def _others(self, room: int) -> list[str]:
        return [number_of(room, place) for place in range(1, PEOPLE)]

    async def start(self) -> None:
        """Returns when everybody is in. Raises PartError."""
        parts = self.parts
        for room, number in enumerate(self.numbers):
            people = [number, *self._others(room)]
            await parts.switch.put(*(Handset(one, TONES[nth]) for nth, one in enumerate(people)))
        for room, number in enumerate(self.numbers):
            await parts.smsc.deliver(number, SHORT_CODE, "IC " + " ".join(self._others(room)))
            await asyncio.sleep(0.1)
        await parts.usn.until_event("call joined", PATIENCE, PEOPLE * self.count)
        live = await asyncio.to_thread(ask, self._control, Look())
        self._ids = {str(row["number"]): int(row["conference"]) for row in live.calls}

    @property
    def _control(self) -> Path:
        return socket_of(self.parts.usn.home)

    async def happen(self, seconds: float, rate: float) -> list[Event]:
        """So many events a second, in each conference in turn. Raises NoAnswer, NotDone."""
        events, begun, nth = list[Event](), time.monotonic(), 0
        while (due := begun + nth / rate) < begun + seconds:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            room, turn = nth % self.count, nth // self.count
            others = self._others(room)
            who, on = others[turn % len(others)], turn // len(others) % 2 == 0
            events.append(Event(time.monotonic(), room, who, on))
            request = Mute(conference=self._ids[who], who=who, on=on)
            await asyncio.to_thread(ask, self._control, request)
            nth += 1
        # All are as they were, for what comes next.
        for room in range(self.count):
            for who in self._others(room):
                await asyncio.to_thread(
                    ask, self._control, Mute(conference=self._ids[who], who=who, on=False)
                )
        return events


def delays(
    events: Sequence[Event], pages: Sequence[Sequence[tuple[float, str]]], rooms: Sequence[int]
) -> tuple[list[float], int]:
    """Seconds from each event to each page that shows it; how many never showed one.

    pages: when each message came, and what it said; rooms: which conference each page is about.
    """
    found, missed = list[float](), 0
    for messages, room in zip(pages, rooms, strict=True):
        shown = [(at, dict(_SAYS.findall(said))) for at, said in messages]
        for event in events:
            if event.room != room:
                continue
            came = (at for at, says in shown if at >= event.at and _is_shown(event, says))
            if (first := next(came, None)) is None:
                missed += 1
            else:
                found.append(first - event.at)
    return found, missed


def _is_shown(event: Event, says: dict[str, str]) -> bool:
    return event.who in says and says[event.who].endswith(", muted") is event.on
