"""How requests flow through nginx: many on a connection, slow ones beside quick ones, long ones."""

import asyncio
from pathlib import Path

import pytest
from crm.terminals import BULK, Terminal, post, read_answer
from recording_site import RecordingSite, Request, says_nothing

from usnd.domain.provisioning.codes import Code
from workbench.parts.nginx import Nginx
from workbench.parts.ports import HOST
from workbench.parts.process import until, within

ELSEWHERE = "127.0.0.2"
MANY = 1000


async def says_which(request: Request, writer: asyncio.StreamWriter) -> None:
    body = b"<which>%s</which>" % request.body
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


@pytest.mark.parametrize("at_once", [1, MANY])
async def test_a_thousand_requests_on_one_connection(
    terminal: Terminal, site: RecordingSite, at_once: int
) -> None:
    """Each is answered, in order, and the site sees few connections of them all."""
    site.behaviour = says_which
    reader, writer = await terminal.connect()
    bodies = [b"<order n='%d'/>" % number for number in range(MANY)]
    answers = []
    for first in range(0, MANY, at_once):
        writer.write(b"".join(map(post, bodies[first : first + at_once])))
        answers += [await read_answer(reader) for _ in range(at_once)]
    writer.close()
    assert {answer.status for answer in answers} == {200}
    assert [answer.body for answer in answers] == [b"<which>%s</which>" % body for body in bodies]
    assert [request.body for request in site.requests] == bodies
    assert len({request.values("X-Usn-Request")[0] for request in site.requests}) == MANY
    assert site.connections < 5


async def test_the_site_is_asked_when_a_single_request_is_whole(
    terminal: Terminal, site: RecordingSite
) -> None:
    """So a slow client holds nothing of the site."""
    whole = post(b"x" * 100_000)
    reader, writer = await terminal.connect()
    writer.write(whole[:-1])
    await writer.drain()
    assert not await within(lambda: site.connections > 0, 0.5)
    writer.write(whole[-1:])
    assert (await read_answer(reader)).status == 200
    assert len(site.requests[0].body) == 100_000
    writer.close()


async def test_a_bulk_flows_as_it_comes_and_so_does_its_answer(
    terminal: Terminal, site: RecordingSite
) -> None:
    seen = asyncio.Event()

    async def tells_progress(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n<row/>")
        await writer.drain()
        await seen.wait()
        writer.write(b"</r>")

    site.behaviour = tells_progress
    whole = post(b"x" * 2_000_000, path=BULK)
    reader, writer = await terminal.connect()
    writer.write(whole[:1_000_000])
    assert await until(lambda: site.octets > 900_000, 2)
    assert site.requests == []
    writer.write(whole[1_000_000:])
    await reader.readuntil(b"\r\n\r\n")
    assert await reader.readexactly(6) == b"<row/>"
    seen.set()
    assert await reader.readexactly(4) == b"</r>"
    writer.close()


@pytest.mark.parametrize("size", [1000, 5_000_000])
async def test_what_the_site_says_before_it_has_all_of_a_bulk_reaches_the_client(
    terminal: Terminal, site: RecordingSite, size: int
) -> None:
    site.hasty = True
    answer = await terminal.curl(path=BULK, body=b"x" * size)
    assert (answer.status, answer.body) == (200, b"<yes/>")
    assert len(site.requests) == 1


async def test_a_client_that_waits_for_permission_gets_it(terminal: Terminal, site: RecordingSite) -> None:
    expecting = ("-H", "Expect: 100-continue", "--expect100-timeout", "60")
    assert (await terminal.curl(*expecting)).status == 200
    assert (await terminal.curl(*expecting, path=BULK)).status == 200
    assert [request.values("Expect") for request in site.requests] == [[], []]


class Slow:
    """Connections of one address that never come to an end."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._open: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def silent(self) -> None:
        """Connected, and no handshake."""
        address = (ELSEWHERE, 0)
        self._open.append(await asyncio.open_connection(HOST, self._terminal.port, local_addr=address))

    async def writes(self, octets: bytes) -> None:
        """A part of a request."""
        reader, writer = await self._terminal.connect(ELSEWHERE)
        writer.write(octets)
        self._open.append((reader, writer))

    async def ended(self) -> set[bytes]:
        """Waits until nginx has closed them all; what it said to them."""

        async def said(reader: asyncio.StreamReader) -> bytes:
            try:
                return await reader.read()
            except ConnectionError:
                return b""

        try:
            return set(await asyncio.gather(*(said(reader) for reader, _ in self._open)))
        finally:
            for _, writer in self._open:
                writer.transport.abort()


@pytest.mark.slow
async def test_who_is_slow_is_let_go_and_keeps_nobody_waiting(
    terminal: Terminal, site: RecordingSite
) -> None:
    """A head has 10 seconds, a body 30 between two reads. nginx ends them without an answer."""
    slow = Slow(terminal)
    for _ in range(200):
        await slow.silent()
        await slow.writes(b"POST /provisioning/v1/subscribers HTTP/1.1\r\nHost:")
        await slow.writes(post(b"x" * 1000)[:-1])
    for _ in range(20):
        assert (await terminal.curl()).status == 200
    assert await slow.ended() == {b""}
    assert len(site.requests) == 20


@pytest.mark.slow
async def test_a_site_that_hangs(terminal: Terminal, site: RecordingSite) -> None:
    """A single request is waited for 30 seconds, a bulk longer. Neither is sent again."""

    async def hangs(request: Request, writer: asyncio.StreamWriter) -> None:
        if BULK not in request.line:
            await says_nothing(request, writer)
        await asyncio.sleep(32)
        await says_which(request, writer)

    site.behaviour = hangs
    single, bulk = await asyncio.gather(
        terminal.curl("-H", "Usn-Request-Id: r1"), terminal.curl(path=BULK, body=b"<bulk/>")
    )
    assert single.refuses(Code.NO_ANSWER_IN_TIME).attrib["request"] == "r1"
    assert (bulk.status, bulk.body) == (200, b"<which><bulk/></which>")
    assert len(site.requests) == 2


async def test_health_is_shown_without_a_certificate(nginx: Nginx, terminal: Terminal) -> None:
    people = Terminal(nginx.people_port, terminal.server_ca, Path(), None)
    answer = await people.curl(path="/health", body=None)
    assert (answer.status, answer.body) == (503, b"workbench does not serve\n")
    nginx.status_file.touch()
    answer = await people.curl(path="/health", body=None)
    assert (answer.status, answer.body) == (200, b"workbench serves\n")
    assert (await people.curl(path="/provisioning/v1/subscribers")).status == 404
