"""Who follows the conferences at the control socket gets line after line, and holds up nobody."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from portal.live_pictures import RUNNING

from usnd.control.answers import Answer, Done
from usnd.control.requests import Follow
from usnd.control.rights import OPERATORS, Row, who_may_what
from usnd.control.server import ControlServer
from usnd.domain.conference.picture import Picture
from usnd.process.local_socket import Peer
from usnd.process.runtime_directory import RuntimeDirectory
from usnd.services.asker import Asker
from usnd.services.conference.pictures import TooManyFollow
from usnd.web.control_line import NoResult, followed
from workbench.parts.process import until

Lot = tuple[Picture, ...]
LINE = msgspec.json.encode(Follow())


class Conferences:
    """Gives what is put, to one follower. given: how many lots were taken."""

    def __init__(self) -> None:
        self.lots = asyncio.Queue[Lot | None]()
        self.given, self.left = 0, False

    async def follow(self) -> AsyncGenerator[Lot]:
        try:
            while (lot := await self.lots.get()) is not None:
                yield lot
                self.given += 1
            raise TooManyFollow
        finally:
            self.left = True


@asynccontextmanager
async def serving(path: Path, conferences: Conferences, patience: float = 5.0) -> AsyncIterator[None]:
    async def act(_request: object, _asker: Asker) -> Answer:
        return Done(said="")

    table = who_may_what(0, None)
    server = ControlServer(path, act, table, patience, follow=conferences.follow)
    running = asyncio.create_task(server.run(RuntimeDirectory()))
    assert await until(path.exists, 5)
    yield
    running.cancel()
    await asyncio.wait({running})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
async def conferences() -> Conferences:
    return Conferences()


async def test_pictures_come_as_they_are_sent(path: Path, conferences: Conferences) -> None:
    sent: list[Lot] = [(RUNNING,), (), (replace(RUNNING, locked=True), replace(RUNNING, conference=8))]
    async with serving(path, conferences), aclosing(followed(path, 60)) as lots:
        for lot in sent:
            conferences.lots.put_nowait(lot)
            assert await anext(lots) == lot
        await lots.aclose()
        conferences.lots.put_nowait(())
        conferences.lots.put_nowait(())
        assert await until(lambda: conferences.left, 5), "who has gone is not followed for"


async def test_who_follows_is_let_go_when_the_server_ends(path: Path, conferences: Conferences) -> None:
    async with serving(path, conferences):
        lots = followed(path, 60)
        conferences.lots.put_nowait(())
        await anext(lots)
    with pytest.raises(NoResult, match="closed the connection"):
        await anext(lots)
    assert conferences.left


async def test_one_too_many_is_told_so(path: Path, conferences: Conferences) -> None:
    conferences.lots.put_nowait(None)
    async with serving(path, conferences):
        with pytest.raises(NoResult, match="too many"):
            await anext(followed(path, 60))


async def test_who_does_not_read_is_cut_off_and_nothing_piles_up(
    path: Path, conferences: Conferences
) -> None:
    async with serving(path, conferences, patience=0.2):
        _, writer = await asyncio.open_unix_connection(path, limit=1)
        writer.write(LINE + b"\n")
        for _ in range(2000):
            conferences.lots.put_nowait((RUNNING,) * 10)
        assert await until(lambda: conferences.left, 10)
        assert conferences.given < 1000
        writer.close()


async def test_who_waits_for_usnd_in_vain_learns_it(path: Path, conferences: Conferences) -> None:
    with pytest.raises(NoResult, match="not running"):
        await anext(followed(path, 60))
    async with serving(path, conferences):
        with pytest.raises(NoResult, match="did not answer"):
            await anext(followed(path, 0.1))


async def test_only_the_portals_site_follows() -> None:
    table = (*who_may_what(990, operators=1200, portal="usn-web-portal"), Row(OPERATORS, user="ops"))
    conferences = Conferences()
    server = ControlServer(
        None, lambda _r, _a: asyncio.sleep(0, Done(said="")), table, follow=conferences.follow
    )
    refused = await server.answer(LINE, Peer(1007, frozenset({1200}), "ada"))
    assert isinstance(refused, bytes)
    assert b"ada may not act for who is signed in to the portal" in refused
    allowed = await server.answer(LINE, Peer(991, frozenset(), "usn-web-portal"))
    assert not isinstance(allowed, bytes)
    with suppress(RuntimeError):
        await allowed.aclose()
