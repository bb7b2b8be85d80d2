"""A site's connections on a real socket: what is sent is answered in order and whole, and ends as it asks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import bottle
import pytest

from usnd.domain.provisioning.codes import Code
from usnd.web.asked import Asked
from usnd.web.connections import Connection
from usnd.web.note import Note
from usnd.web.site import NOTE, Site
from usnd.web.threads import Threads
from workbench.parts import listening

Say = Callable[[bytes], Awaitable[bytes]]


def pieces() -> Iterator[bytes]:
    yield b"one"
    yield b"two"


def echo() -> bytes:
    note = bottle.request.environ[NOTE]
    note.code = Code.DONE
    return bytes(bottle.request.environ["wsgi.input"].read())


class Loop:
    """Answers /at-once and /headers in the event loop, and fails at /fault."""

    def start(self) -> None: ...

    def take(self, asked: Asked, note: Note, connection: Connection) -> bool:
        if asked.path == "/fault":
            raise ZeroDivisionError
        if asked.path == "/headers":
            told = " ".join(f"{name}={value}" for name, value in asked.headers.items())
            connection.answer("200 OK", (), told.encode())
            return True
        if asked.path == "/at-once":
            connection.loop.call_later(0.05, connection.answer, "200 OK", (), b"at once")
            return True
        return False

    def close(self) -> None: ...


@pytest.fixture
async def say(tmp_path: Path) -> AsyncIterator[Say]:
    """Sends octets on a connection of their own; what comes until its end."""
    app = bottle.Bottle()
    app.route("/echo", ["GET", "POST"], callback=echo)
    app.get("/pieces", callback=pieces)
    site = Site("tried", app, lambda note, code, _: (b"<%d>" % code, "text/xml"), lambda _: 1000, Loop())
    threads, connections = Threads(2), set[Connection]()
    loop = asyncio.get_running_loop()
    server = await loop.create_unix_server(
        lambda: Connection(site, threads, connections), str(tmp_path / "sock")
    )

    async def said(octets: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(tmp_path / "sock")
        writer.write(octets)
        await writer.drain()
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        return answer

    yield said
    await listening.end(server)


def asking(path: str, more: str = "", method: str = "GET", version: str = "1.1") -> bytes:
    return f"{method} {path} HTTP/{version}\r\nHost: x\r\n{more}\r\n".encode()


LAST = "Connection: close\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"


async def test_requests_that_come_together_are_answered_in_their_order(say: Say) -> None:
    sent = b"".join(
        (
            asking("/at-once"),
            asking("/echo", "Content-Length: 5\r\n", "POST") + b"hello",
            asking("/fault"),
            asking("/at-once", LAST),
        )
    )
    answer = await say(sent)
    places = [answer.index(each) for each in (b"at once", b"hello", b"<%d>" % Code.FAULT)]
    assert places == sorted(places)
    assert answer.endswith(b"at once")
    assert answer.count(b"HTTP/1.1 200 OK") == 3


async def test_what_is_no_http_is_told_after_what_came_before_it(say: Say) -> None:
    answer = await say(asking("/at-once") + b"NO\r\n\r\n")
    assert answer.index(b"at once") < answer.index(b"HTTP/1.1 400 ")
    assert answer.endswith(b"<%d>" % Code.NOT_READABLE)


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (asking("/pieces", LAST), b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"),
        (asking("/pieces", version="1.0"), b"\r\n\r\nonetwo"),
        (asking("/pieces", LAST, "HEAD"), b"\r\n\r\n"),
        (asking("/at-once", LAST, "HEAD"), b"\r\n\r\n"),
        (
            asking("/echo", f"{LAST}Transfer-Encoding: chunked\r\n", "POST")
            + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            b"\r\n\r\nabcde",
        ),
        (
            asking("/echo", CHUNKED, "POST") + b"3e9\r\n" + b"x" * 1001,
            b"<%d>" % Code.TOO_LARGE,
        ),
    ],
)
async def test_bodies_go_as_http_has_them(say: Say, sent: bytes, body: bytes) -> None:
    answer = await say(sent)
    assert answer.endswith(body)
    assert answer.count(b"\r\n\r\n") >= body.count(b"\r\n\r\n")


@pytest.mark.parametrize("announced", [b"Content-Length: 5000000\r\n", b"Transfer-Encoding: chunked\r\n"])
async def test_who_sends_too_much_can_send_it_all_and_reads_why_it_is_refused(
    say: Say, announced: bytes
) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\n%s\r\n" % announced
    answer = await say(head + b"4c4b40\r\n" + b"x" * 5_000_000)
    assert answer.endswith(b"<%d>" % Code.TOO_LARGE)


async def test_a_header_that_comes_twice_is_one_and_one_with_an_underscore_is_none(say: Say) -> None:
    answer = await say(asking("/headers", f"{LAST}X-A: 1\r\nx-a: 2\r\nX_A: 3\r\n"))
    assert answer.endswith(b"\r\n\r\nhost=x connection=close x-a=1, 2")
    answer = await say(asking("/headers", f"{LAST}Cookie: a=1\r\nCookie: b=2\r\n"))
    assert answer.endswith(b"cookie=a=1; b=2"), "as a browser joins them"
