"""What open pages are sent: all of it first, then what changes; the newest to one that is slow."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from portal.live_pictures import OVER, RUNNING, with_person
from virtual_loop import run

from usnd.domain.conference.call import CallState
from usnd.domain.conference.picture import Picture
from usnd.domain.provisioning.codes import Code
from usnd.web.control_line import NoResult
from usnd.web.portal.live import hub as hubs
from usnd.web.portal.live.hub import AWAY, BEAT, CALM_BEAT, SIGNED_OUT, Hub, LivePage, Looker
from usnd.web.portal.rendering import Pages, Static
from usnd.web.portal.reports import times
from usnd.web.portal.words import Languages

NOWHERE = Path("/nowhere")
LANGUAGES = Languages()
PAGES = Pages(Static())
Lot = tuple[Picture, ...]


@dataclass
class Wire:
    """A page's connection. reads: whether it takes what comes."""

    reads: bool = True
    came: list[bytes] = field(default_factory=list)

    def push(self, octets: bytes) -> bool:
        if self.reads:
            self.came.append(octets)
        return self.reads

    @property
    def last(self) -> tuple[bool, dict[str, str]]:
        """Whether it was all, and the parts by id."""
        kind, _, data = self.came[-1].decode().partition("\ndata: ")
        assert kind.startswith("event: parts\nid: ")
        said = msgspec.json.decode(data)
        return said["whole"], dict(said["parts"])


@dataclass
class Usnd:
    """The other end of the control socket. None: it has gone."""

    lots: asyncio.Queue[Lot | None] = field(default_factory=asyncio.Queue)
    asked: int = 0

    async def followed(self, _path: Path, _patience: float) -> AsyncGenerator[Lot]:
        self.asked += 1
        while (lot := await self.lots.get()) is not None:
            yield lot
        raise NoResult(Code.NOT_ACTIVE, "usnd is not running")

    async def says(self, lot: Lot | None) -> None:
        self.lots.put_nowait(lot)
        await asyncio.sleep(0.01)


@pytest.fixture
def usnd(monkeypatch: pytest.MonkeyPatch) -> Usnd:
    made = Usnd()
    monkeypatch.setattr(hubs, "followed", made.followed)
    return made


def looker(subscriber: int = 42, language: str = "en") -> Looker:
    return Looker(subscriber, LANGUAGES.of(language), "", f"digest of {subscriber}")


def on_a_hub(work: Callable[[Hub], Any]) -> None:
    async def runs() -> None:
        hub = Hub(NOWHERE, PAGES.text)
        await work(hub)
        hub.stop()
        await asyncio.sleep(0.1)

    run(runs())


def opened(hub: Hub, subscriber: int = 42, language: str = "en") -> tuple[Wire, LivePage]:
    wire = Wire()
    return wire, hub.open(looker(subscriber, language), wire)


def test_a_page_is_sent_all_then_what_changes_and_nothing_else(usnd: Usnd) -> None:
    async def work(hub: Hub) -> None:
        wire, _ = opened(hub)
        other, _ = opened(hub, 43)
        assert wire.came == [], "nothing is known yet"
        await usnd.says((RUNNING,))
        whole, parts = wire.last
        assert whole
        assert [*parts] == ["conference", "p7-0", "p7-1", "p7-2"]
        assert "Eve &lt;b&gt;" in parts["p7-2"]
        assert "No conference is running" in other.last[1]["conference"]
        await usnd.says((with_person(1, talking=True),))
        whole, parts = wire.last
        assert (whole, [*parts]) == (False, ["p7-1"])
        before = len(wire.came)
        await usnd.says((with_person(1, talking=True),))
        await usnd.says(())
        assert len(wire.came) == before, "it is as it was"
        assert len(other.came) == 1

    on_a_hub(work)


def test_who_has_set_no_time_zone_is_shown_that_of_the_server(
    usnd: Usnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on all other pages."""
    monkeypatch.setattr(times, "_nodes_zone", lambda: "Asia/Tokyo")

    async def work(hub: Hub) -> None:
        wire, _ = opened(hub)
        await usnd.says((RUNNING,))
        assert "21:00:00" in wire.last[1]["conference"]

    on_a_hub(work)


def test_a_page_that_does_not_read_gets_the_newest_of_what_it_missed(usnd: Usnd) -> None:
    async def work(hub: Hub) -> None:
        wire, page = opened(hub)
        await usnd.says((RUNNING,))
        wire.reads = False
        await usnd.says((with_person(1, muted=True),))
        await usnd.says((with_person(1, muted=True, picture=with_person(2, state=CallState.JOINED)),))
        await usnd.says((with_person(2, state=CallState.JOINED),))
        assert len(wire.came) == 1
        wire.reads = True
        hub.tell(page)
        whole, parts = wire.last
        assert not whole
        assert [*parts] == ["p7-1", "p7-2"]
        assert "muted" not in parts["p7-1"]
        hub.tell(page)
        assert len(wire.came) == 2

    on_a_hub(work)


def test_the_next_conference_is_sent_whole_also_to_who_missed_the_last(usnd: Usnd) -> None:
    async def work(hub: Hub) -> None:
        wire, page = opened(hub)
        await usnd.says((RUNNING,))
        await usnd.says((OVER,))
        assert "has ended" in wire.last[1]["conference"], "who looks on sees how it ended"
        wire.reads = False
        await usnd.says((replace(RUNNING, conference=8),))
        await usnd.says((with_person(1, replace(RUNNING, conference=8), muted=True),))
        wire.reads = True
        hub.tell(page)
        whole, parts = wire.last
        assert whole
        assert [*parts] == ["conference", "p8-0", "p8-1", "p8-2"]

    on_a_hub(work)


def test_when_usnd_goes_pages_are_told_once_and_when_it_is_back_they_get_all(usnd: Usnd) -> None:
    async def work(hub: Hub) -> None:
        wire, _ = opened(hub)
        await usnd.says((RUNNING,))
        await usnd.says(None)
        assert wire.came[-1] == AWAY
        late, _ = opened(hub)
        await asyncio.sleep(1)
        await usnd.says(None)
        await asyncio.sleep(1)
        assert wire.came.count(AWAY) == 1
        assert late.came == [], "it is connecting"
        await usnd.says(())
        assert "No conference is running" in wire.last[1]["conference"]
        assert wire.last == late.last

    on_a_hub(work)


def test_each_page_is_in_its_language(usnd: Usnd) -> None:
    async def work(hub: Hub) -> None:
        english, _ = opened(hub)
        german, _ = opened(hub, language="de")
        await usnd.says((RUNNING,))
        assert "Your conference is running." in english.last[1]["conference"]
        assert "Ihre Konferenz läuft." in german.last[1]["conference"]
        assert (hub.count_of(42), hub.count_of(43)) == (2, 0)

    on_a_hub(work)


def test_usnd_is_followed_while_somebody_looks_on_and_by_one_connection(usnd: Usnd) -> None:
    async def work(hub: Hub) -> None:
        _, first = opened(hub)
        _, second = opened(hub, 43)
        await usnd.says((RUNNING,))
        assert hub.runs(42)
        assert not hub.runs(43)
        hub.close(first)
        hub.close(second)
        assert [*hub.pages] == []
        assert not hub.runs(42), "nothing is kept"
        await asyncio.sleep(5)
        assert usnd.asked == 1
        wire, _ = opened(hub)
        await usnd.says((OVER,))
        assert usnd.asked == 2
        assert not hub.runs(42)
        assert "has ended" in wire.last[1]["conference"]

    on_a_hub(work)


def test_a_page_is_told_that_all_is_as_it_was_and_that_its_session_ended(usnd: Usnd) -> None:
    async def work(hub: Hub) -> None:
        wire, page = opened(hub)
        idle, _ = opened(hub, 43)
        await usnd.says((RUNNING,))
        for one in (wire, idle):
            one.came.clear()
        hub.beat(calm=False)
        assert (wire.came, idle.came) == ([BEAT], []), "nothing runs on the other"
        hub.beat(calm=True)
        page.end()
        assert (wire.came, idle.came) == ([BEAT, BEAT, SIGNED_OUT], [CALM_BEAT])

    on_a_hub(work)
