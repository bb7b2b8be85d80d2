"""What nginx refuses by itself is answered by the schema, with code and status of the catalogue."""

import asyncio
import shutil
import socket

import pytest
from crm.terminals import BULK, SINGLE, Answer, Terminal, post, read_answer
from recording_site import Behaviour, RecordingSite, Request, leaves, says_nothing, says_yes

from usnd.domain.provisioning.codes import Code
from workbench.parts.nginx import Nginx
from workbench.parts.ports import HOST
from workbench.parts.process import until

MB = 1024 * 1024
START = f"POST {SINGLE} HTTP/1.1\r\nHost: usn\r\n"
WRONG = {
    "no HTTP at all": ("<order/>\r\n\r\n", Code.NOT_READABLE),
    "a blank in the address": (f"POST {SINGLE} x y HTTP/1.1\r\nHost: usn\r\n\r\n", Code.NOT_READABLE),
    "no Host": (f"POST {SINGLE} HTTP/1.1\r\n\r\n", Code.NOT_READABLE),
    "a Host that is none": (f"POST {SINGLE} HTTP/1.1\r\nHost: a/b\r\n\r\n", Code.NOT_READABLE),
    "two lengths": (f"{START}Content-Length: 1\r\nContent-Length: 2\r\n\r\n", Code.NOT_READABLE),
    "two ways to say where it ends": (
        f"{START}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        Code.NOT_READABLE,
    ),
    "chunks that are none": (f"{START}Transfer-Encoding: chunked\r\n\r\nx\r\n", Code.NOT_READABLE),
    "an encoding nobody knows": (f"{START}Transfer-Encoding: gzip\r\n\r\n", Code.NOT_READABLE),
    "another HTTP": (f"POST {SINGLE} HTTP/3.0\r\nHost: usn\r\n\r\n", Code.NOT_READABLE),
    "a long address": (f"POST /{'a' * 9000} HTTP/1.1\r\nHost: usn\r\n\r\n", Code.TOO_LARGE),
    "a long field": (f"{START}Cookie: {'a' * 9000}\r\n\r\n", Code.TOO_LARGE),
    "many fields": (START + "".join(f"A{n}: {'a' * 1000}\r\n" for n in range(60)) + "\r\n", Code.TOO_LARGE),
    "a long body": (f"{START}Content-Length: {MB + 1}\r\n\r\n", Code.TOO_LARGE),
    "a long bulk": (
        f"POST {BULK} HTTP/1.1\r\nHost: usn\r\nContent-Length: {100 * MB + 1}\r\n\r\n",
        Code.TOO_LARGE,
    ),
    "nothing there": ("GET /nothing HTTP/1.1\r\nHost: usn\r\n\r\n", Code.PATH_UNKNOWN),
    "an answer of nginx's own": ("GET /.refused/2500 HTTP/1.1\r\nHost: usn\r\n\r\n", Code.PATH_UNKNOWN),
    "TRACE": (f"TRACE {SINGLE} HTTP/1.1\r\nHost: usn\r\n\r\n", Code.METHOD_NOT_ALLOWED),
    "CONNECT": (f"CONNECT {SINGLE} HTTP/1.1\r\nHost: usn\r\n\r\n", Code.METHOD_NOT_ALLOWED),
    "a request to a proxy": ("CONNECT usn:1 HTTP/1.1\r\nHost: usn:1\r\n\r\n", Code.NOT_READABLE),
}


async def asked(terminal: Terminal, octets: bytes) -> Answer:
    reader, writer = await terminal.connect()
    writer.write(octets)
    try:
        return await read_answer(reader)
    finally:
        writer.close()


@pytest.mark.parametrize("how", WRONG)
async def test_a_request_that_nginx_does_not_take(terminal: Terminal, site: RecordingSite, how: str) -> None:
    octets, code = WRONG[how]
    document = (await asked(terminal, octets.encode())).refuses(code)
    assert "request" not in document.attrib
    assert site.requests == []


async def test_plain_http_on_the_port_of_tls(nginx: Nginx) -> None:
    reader, writer = await asyncio.open_connection(HOST, nginx.port)
    writer.write(post())
    (await read_answer(reader)).refuses(Code.PLAIN_HTTP)
    writer.close()


@pytest.mark.parametrize("given", ["crm-1.A_z", "x" * 64])
@pytest.mark.parametrize("path", ["/nothing", SINGLE])
async def test_the_client_s_request_id_is_echoed(terminal: Terminal, given: str, path: str) -> None:
    long = MB + 1 if path == SINGLE else 1
    answer = await terminal.curl("-H", f"Usn-Request-Id: {given}", path=path, body=b"x" * long)
    document = answer.refuses(Code.TOO_LARGE if path == SINGLE else Code.PATH_UNKNOWN)
    assert document.attrib["request"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, 'a"b', "a b", "<a/>", "é", "a&b", "$request_id"])
async def test_one_that_is_malformed_is_not(terminal: Terminal, given: str) -> None:
    answer = await terminal.curl("-H", f"Usn-Request-Id: {given}", path="/nothing")
    assert "request" not in answer.refuses(Code.PATH_UNKNOWN).attrib


async def test_nor_one_that_comes_twice(terminal: Terminal) -> None:
    answer = await terminal.curl("-H", "Usn-Request-Id: a", "-H", "Usn-Request-Id: b", path="/nothing")
    assert "request" not in answer.refuses(Code.PATH_UNKNOWN).attrib


async def test_a_body_in_chunks_ends_at_the_same_size(terminal: Terminal, site: RecordingSite) -> None:
    chunked = ("-H", "Transfer-Encoding: chunked")
    (await terminal.curl(*chunked, body=b"x" * (MB + 1))).refuses(Code.TOO_LARGE)
    assert site.requests == []
    assert (await terminal.curl(*chunked, body=b"x" * MB)).status == 200
    assert (await terminal.curl(*chunked, path=BULK, body=b"x" * 3 * MB)).status == 200
    assert [len(request.body) for request in site.requests] == [MB, 3 * MB]


async def test_a_bulk_in_chunks_that_is_too_long_never_reaches_the_site_whole(
    terminal: Terminal, site: RecordingSite
) -> None:
    chunked = ("-H", "Transfer-Encoding: chunked")
    (await terminal.curl(*chunked, path=BULK, body=b"x" * (100 * MB + 1))).refuses(Code.TOO_LARGE)
    assert site.requests == []


async def test_too_many_requests_of_one_address(terminal: Terminal, site: RecordingSite) -> None:
    """The others are heard on, and so is the one when some of the many are over."""
    site.behaviour = says_nothing
    many = [await terminal.connect("127.0.0.2") for _ in range(256)]
    for _, writer in many:
        writer.write(post())
    assert await until(lambda: len(site.requests) == len(many), 10)
    site.behaviour = says_yes
    reader, writer = await terminal.connect("127.0.0.2")
    writer.write(post(more="Usn-Request-Id: one-too-many\r\n"))
    refusal = await read_answer(reader)
    document = refusal.refuses(Code.TOO_MANY_REQUESTS)
    assert refusal.fields["retry-after"] == "1"
    assert "strict-transport-security" in refusal.fields
    assert document.attrib["request"] == "one-too-many"
    assert len(site.requests) == len(many)
    assert (await terminal.curl()).status == 200
    for _, one in many:
        one.transport.abort()
    writer.write(post())
    while (await read_answer(reader)).status != 200:
        writer.write(post())
    writer.close()


async def test_a_site_that_is_not_there(terminal: Terminal, site: RecordingSite) -> None:
    assert (await terminal.curl()).status == 200
    await site.stop()
    (await terminal.curl()).refuses(Code.NOT_ACTIVE)
    (await terminal.curl(path=BULK, body=b"x" * 3 * MB)).refuses(Code.NOT_ACTIVE)
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(site.path))
    (await terminal.curl()).refuses(Code.NOT_ACTIVE)
    await site.start()
    assert (await terminal.curl()).status == 200
    assert len(site.requests) == 2


async def leaves_in_the_middle(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-")
    await writer.drain()
    writer.close()


async def says_too_much(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nA: " + b"a" * 100_000 + b"\r\n\r\n")


@pytest.mark.parametrize("path", [SINGLE, BULK])
@pytest.mark.parametrize("behaviour", [leaves, leaves_in_the_middle, says_too_much])
async def test_a_site_that_fails_after_it_has_the_request_is_not_asked_again(
    terminal: Terminal, site: RecordingSite, behaviour: Behaviour, path: str
) -> None:
    """On a connection that was used before, too, where nginx would otherwise try another."""
    for _ in range(3):
        assert (await terminal.curl(path=path)).status == 200
    site.behaviour = behaviour
    long = b"x" * (3 * MB if path == BULK else MB)
    (await terminal.curl(path=path, body=long)).refuses(Code.NO_ANSWER_IN_TIME)
    assert len(site.requests) == 4


async def test_where_nginx_has_no_room_for_a_request_nothing_was_done(
    nginx: Nginx, terminal: Terminal, site: RecordingSite
) -> None:
    """It has no place for what does not fit into its memory."""
    (kept,) = nginx.home.glob("client_body")
    shutil.rmtree(kept)
    (await terminal.curl(body=b"x" * MB)).refuses(Code.REQUEST_FAILED)
    assert site.requests == []


async def test_what_the_site_refuses_is_left_as_it_is(terminal: Terminal, site: RecordingSite) -> None:
    async def refuses(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 404 Not Found\r\nContent-Type: application/xml\r\nContent-Length: 5\r\n\r\n<no/>"
        )

    site.behaviour = refuses
    answer = await terminal.curl()
    assert (answer.status, answer.body) == (404, b"<no/>")


async def test_no_request_s_address_or_body_is_logged(nginx: Nginx, terminal: Terminal) -> None:
    await terminal.curl(path=f"{SINGLE}?number=447700900123", body=b"<secret/>")
    assert await until(lambda: bool(nginx.requests()), 2)
    (line,) = nginx.requests()
    assert f'"POST {SINGLE}" 200' in line
    written = line + nginx.log()
    assert "447700900123" not in written
    assert "secret" not in written
