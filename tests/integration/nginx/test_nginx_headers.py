"""What reaches the site: who the terminal is comes from its certificate, whatever the client writes."""

from urllib.parse import unquote

import pytest
from crm.terminals import BULK, SINGLE, Authorities, Showing, Terminal, post, read_answer
from recording_site import RecordingSite, Request

CERTIFICATE, REQUEST = OURS = ("X-Usn-Terminal-Certificate", "X-Usn-Request")
FORGED = {
    "as it is": "{name}: 99",
    "twice": "{name}: 99\r\n{name}: 98",
    "in other letters": "{lower}: 99",
    "with underscores": "{underscored}: 99",
    "mixed": "{half}: 99",
    "empty": "{name}:",
    "with a blank before the colon": "{name} : 99",
    "very long": "{name}: " + "9" * 7000,
    "as a field of this connection": "{name}: 99\r\nConnection: keep-alive, {name}",
}


def forged(how: str, name: str) -> str:
    names = {
        "name": name,
        "lower": name.lower(),
        "underscored": name.replace("-", "_"),
        "half": name.replace("-", "_", 1),
    }
    return FORGED[how].format(**names) + "\r\n"


def shown(request: Request) -> str:
    """The certificate that the site is told."""
    (escaped,) = request.values(CERTIFICATE)
    return unquote(escaped)


async def test_the_site_is_told_who_asks_and_no_more_than_it_reads(
    terminal: Terminal, authorities: Authorities, site: RecordingSite
) -> None:
    await terminal.curl("-H", "Usn-Request-Id: crm-1", "-H", "Content-Type: application/xml")
    (request,) = site.requests
    assert shown(request) == (authorities.ours.place / "terminal.pem").read_text()
    (server_id,) = request.values(REQUEST)
    assert len(server_id) == 32
    assert request.line == f"POST {SINGLE} HTTP/1.1"
    assert {name for name, _ in request.fields} == {"Host", "Content-Type", "Content-Length", *OURS}
    assert request.values("Host") == ["usn"]
    assert request.values("Content-Type") == ["application/xml"]


@pytest.mark.parametrize("path", [SINGLE, BULK])
@pytest.mark.parametrize("how", FORGED)
async def test_what_a_client_writes_there_does_not_reach_the_site(
    terminal: Terminal, authorities: Authorities, site: RecordingSite, how: str, path: str
) -> None:
    reader, writer = await terminal.connect()
    for name in OURS:
        writer.write(post(path=path, more=forged(how, name)))
        answer = await read_answer(reader)
        if answer.status != 200:
            assert how == "with a blank before the colon"
            assert site.requests == []
            break
        request = site.requests[-1]
        assert [len(request.values(ours)) for ours in OURS] == [1] * len(OURS)
        assert shown(request) == (authorities.ours.place / "terminal.pem").read_text()
        assert request.values(name)[0] not in {"99", "98", ""}
    writer.close()


@pytest.mark.parametrize("path", [SINGLE, BULK])
async def test_nor_what_it_writes_behind_the_body(
    terminal: Terminal, authorities: Authorities, site: RecordingSite, path: str
) -> None:
    reader, writer = await terminal.connect()
    head = f"POST {path} HTTP/1.1\r\nHost: usn\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(f"{head}8\r\n<order/>\r\n0\r\n{CERTIFICATE}: 99\r\n\r\n".encode())
    assert (await read_answer(reader)).status == 200
    (request,) = site.requests
    assert request.body == b"<order/>"
    assert shown(request) == (authorities.ours.place / "terminal.pem").read_text()
    writer.close()


@pytest.mark.parametrize("name", ["umlaut", "long"])
async def test_a_certificate_with_an_odd_name_comes_whole_and_cannot_end_its_line(
    showing: Showing, authorities: Authorities, site: RecordingSite, name: str
) -> None:
    assert (await showing(name).curl()).status == 200
    (request,) = site.requests
    assert shown(request) == (authorities.ours.place / f"{name}.pem").read_text()
    assert request.values(CERTIFICATE)[0].isprintable()
    assert [len(request.values(ours)) for ours in OURS] == [1] * len(OURS)
