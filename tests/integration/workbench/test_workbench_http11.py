"""Proves that the client and the listener that Kannel and Jasmin are driven by speak HTTP to each other."""

import asyncio

import pytest

from workbench.parts.listening import end
from workbench.parts.ports import HOST
from workbench.parts.smsc import http11
from workbench.parts.smsc.http11 import HttpClient, HttpListener, Query, query_in


def test_a_query_keeps_octets() -> None:
    assert query_in("a=%00%e7&b=x+y&c=") == {"a": b"\x00\xe7", "b": b"x y", "c": b""}


async def test_requests_go_over_one_connection() -> None:
    seen: list[Query] = []
    async with HttpListener(seen.append, "ACK") as listener:
        client = HttpClient(listener.port)
        for number in range(3):
            assert await client.get("/mo", {"text": f"[{number}] é & €"}) == (200, "ACK")
        client.close()
    assert [query["text"].decode() for query in seen] == [f"[{number}] é & €" for number in range(3)]


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc", "abc"),
    ],
)
async def test_an_answer_in_chunks_and_a_connection_that_is_closed(answer: bytes, body: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):  # each request is one small write
            writer.write(answer)
            if b"close" in answer:
                break
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, HOST, 0)
    client = HttpClient(server.sockets[0].getsockname()[1])
    try:
        for _ in range(2):
            assert await client.get("/", {}) == (200, body)
    finally:
        client.close()
        await end(server)
        await asyncio.sleep(0.05)  # the server's side of the connection hears of it


async def test_an_answer_that_comes_too_late_is_not_taken_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if b"/first" in request:
            await late.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + request[5:7])
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    client = HttpClient(server.sockets[0].getsockname()[1])
    monkeypatch.setattr(http11, "PATIENCE", 0.2)
    with pytest.raises(TimeoutError):
        await client.get("/first", {})
    late.set()
    await asyncio.sleep(0.05)
    monkeypatch.setattr(http11, "PATIENCE", 10.0)
    assert await client.get("/second", {}) == (200, "se")
    client.close()
    await end(server)
    await asyncio.sleep(0.05)


async def test_an_answer_cut_short_is_an_error_not_an_answer() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, HOST, 0)
    client = HttpClient(server.sockets[0].getsockname()[1])
    with pytest.raises(ConnectionError):
        await client.get("/", {})
    await end(server)
