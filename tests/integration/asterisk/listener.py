"""A link under test, with everything it told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

from usnd.asterisk.ami import AmiLink, AmiSettings, LinkDown, LinkUp
from usnd.domain.conference.call import CallEvent, CallNews
from workbench.parts import process


async def until(condition: Callable[[], object], patience: float = 8.0) -> None:
    """Fails when it does not come true in `patience` seconds."""
    assert await process.until(lambda: bool(condition()), patience)


def joined(news: Iterable[object]) -> int:
    """How often somebody came into a room."""
    return sum(isinstance(one, CallNews) and one.event is CallEvent.JOINED for one in news)


class Listener:
    """Notes what the link tells. `at_up` runs at each log-in."""

    def __init__(self, settings: AmiSettings, wanted: frozenset[str] | None = None) -> None:
        self.events: list[Mapping[str, str]] = []
        self.ups: list[LinkUp] = []
        self.downs: list[LinkDown] = []
        self.on_event: Callable[[Mapping[str, str]], None] = lambda _: None
        self.on_up: Callable[[LinkUp], object] = lambda _: None
        self.link = AmiLink(settings, self._event, self._up, self._down, wanted)

    def _event(self, event: Mapping[str, str]) -> None:
        self.events.append(event)
        self.on_event(event)

    async def _up(self, up: LinkUp) -> None:
        self.ups.append(up)
        waiting = self.on_up(up)
        if asyncio.iscoroutine(waiting):
            await waiting

    def _down(self, down: LinkDown) -> None:
        self.downs.append(down)

    def names(self) -> list[str]:
        return [event["event"] for event in self.events]

    def reasons(self) -> list[str]:
        return [down.reason.value for down in self.downs]


@asynccontextmanager
async def listening(
    settings: AmiSettings, *, up: bool = True, wanted: frozenset[str] | None = None
) -> AsyncIterator[Listener]:
    """A running link; with `up` it is logged in."""
    listener = Listener(settings, wanted)
    running = asyncio.create_task(listener.link.run())
    try:
        if up:
            await until(lambda: listener.ups)
        yield listener
    finally:
        await listener.link.stop()
        await running
