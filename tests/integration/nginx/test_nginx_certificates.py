"""Who is let in: whose certificate our authority issued, is in its time and not revoked (REQUIREMENTS P2)."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from crm.authority import Authority
from crm.terminals import Authorities, Showing, Terminal, answer_in, post, read_answer
from recording_site import RecordingSite, says_nothing

from usnd.domain.provisioning.codes import Code
from workbench.parts.nginx import Nginx, nginx_tree
from workbench.parts.ports import HOST
from workbench.parts.process import until


async def test_a_terminal_of_ours_gets_through(terminal: Terminal, site: RecordingSite) -> None:
    answer = await terminal.curl()
    assert (answer.status, answer.body) == (200, b"<yes/>")
    assert [request.body for request in site.requests] == [b"<order/>"]


@pytest.mark.parametrize("version", ["--tls-max=1.2", "--tlsv1.3"])
@pytest.mark.parametrize(
    ("name", "code"),
    [
        (None, Code.NO_CERTIFICATE),
        ("expired", Code.CERTIFICATE_NOT_BELIEVED),
        ("early", Code.CERTIFICATE_NOT_BELIEVED),
        ("self-signed", Code.CERTIFICATE_NOT_BELIEVED),
        ("revoked", Code.CERTIFICATE_REVOKED),
    ],
)
async def test_others_are_told_why_not(
    showing: Showing, site: RecordingSite, name: str | None, code: Code, version: str
) -> None:
    (await showing(name).curl(*version.split("="))).refuses(code)
    assert site.requests == []


async def test_one_of_an_authority_by_the_same_name_is_not_believed(
    foreign: Terminal, site: RecordingSite
) -> None:
    (await foreign.curl()).refuses(Code.CERTIFICATE_NOT_BELIEVED)
    assert site.requests == []


async def test_nor_is_one_that_brings_its_authority_along(
    foreign: Terminal, authorities: Authorities, site: RecordingSite
) -> None:
    place = authorities.foreign.place
    chain = (place / "terminal.pem").read_bytes() + (place / "ca.pem").read_bytes()
    (place / "bringing.pem").write_bytes(chain)
    (place / "bringing.key").write_bytes((place / "terminal.key").read_bytes())
    # For nginx that is the list of our authority, signed by another.
    (await replace(foreign, name="bringing").curl()).refuses(Code.REVOCATION_LIST_ENDED)
    assert site.requests == []


async def test_an_authority_may_have_others_above_it(
    nginx: Nginx, authorities: Authorities, site: RecordingSite, tmp_path: Path
) -> None:
    """Each of them, and ours, is in the one file, and the list of each in the other."""
    houses = [authorities.ours]
    for name in ("root", "middle", "issuing"):
        (tmp_path / name).mkdir()
        houses.append(Authority(tmp_path / name, name, houses[-1] if houses[1:] else None))
    issuing = houses[-1]
    issuing.issue("terminal")
    issuing.issue("gone")
    issuing.revoke("gone")
    for file in ("ca.pem", "ca.crl"):
        (tmp_path / file).write_bytes(b"".join((house.place / file).read_bytes() for house in houses))
    nginx.believe(tmp_path / "ca.pem", tmp_path / "ca.crl")
    await nginx.reload()
    terminal = Terminal(nginx.port, authorities.ours.place / "ca.pem", issuing.place)
    assert (await terminal.curl()).status == 200
    (await replace(terminal, name="gone").curl()).refuses(Code.CERTIFICATE_REVOKED)
    ours = replace(terminal, place=authorities.ours.place)
    assert (await ours.curl()).status == 200
    (await replace(ours, name="revoked").curl()).refuses(Code.CERTIFICATE_REVOKED)
    assert len(site.requests) == 2


async def test_older_tls_is_not_spoken(terminal: Terminal) -> None:
    with pytest.raises(AssertionError, match=r"(?i)protocol"):
        await terminal.curl("--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0")


@pytest.mark.parametrize(
    "crl",
    ["ended.crl", "early.crl", "foreign.crl", "missing.crl"],
)
async def test_without_a_list_of_the_authority_that_counts_now_nobody_is_believed(
    authorities: Authorities, site: RecordingSite, ports: tuple[int, int], crl: str
) -> None:
    ours = authorities.ours.place
    async with Nginx(nginx_tree(), authorities.tls(crl), site.path, ports) as nginx:
        good = Terminal(nginx.port, ours / "ca.pem", ours)
        missing = crl == "missing.crl"  # OpenSSL says the same of a stranger who brings an authority along
        expected = Code.CERTIFICATE_NOT_BELIEVED if missing else Code.REVOCATION_LIST_ENDED
        (await good.curl()).refuses(expected)
        (await replace(good, name="revoked").curl()).refuses(expected)
        (await replace(good, name="self-signed").curl()).refuses(Code.CERTIFICATE_NOT_BELIEVED)
        (await replace(good, name="expired").curl()).refuses(Code.CERTIFICATE_NOT_BELIEVED)
    assert site.requests == []


@pytest.fixture
def leaver(authorities: Authorities, showing: Showing) -> Terminal:
    """A terminal that a test revokes, whose authority all share."""
    authorities.ours.issue("leaver")
    return showing("leaver")


async def revoke(nginx: Nginx, authority: Authority, name: str) -> None:
    authority.revoke(name)
    nginx.believe(authority.place / "ca.pem", authority.place / "ca.crl")
    await nginx.reload()


async def test_a_revocation_counts_for_those_who_are_connected(
    nginx: Nginx, leaver: Terminal, terminal: Terminal, authorities: Authorities, site: RecordingSite
) -> None:
    """One that waits between requests is closed at once, one with a request under way after five seconds."""
    idle, idle_writer = await leaver.connect()
    idle_writer.write(post())
    assert (await read_answer(idle)).status == 200
    site.behaviour = says_nothing
    busy, busy_writer = await leaver.connect()
    busy_writer.write(post())
    assert await until(lambda: len(site.requests) == 2, 2)
    await revoke(nginx, authorities.ours, "leaver")
    (await leaver.curl()).refuses(Code.CERTIFICATE_REVOKED)
    assert await asyncio.wait_for(idle.read(), 5) == b""
    idle_writer.write(post())
    assert await asyncio.wait_for(busy.read(), 30) == b""
    assert len(site.requests) == 2
    for writer in (idle_writer, busy_writer):
        writer.transport.abort()


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_a_session_that_is_resumed_does_not_outlive_the_revocation(
    nginx: Nginx, authorities: Authorities, site: RecordingSite, version: str, tmp_path: Path
) -> None:
    authorities.ours.issue(f"resumer{version}")
    session = tmp_path / "session"

    async def ask(*words: str) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *("openssl", "s_client", "-quiet", "-connect", f"{HOST}:{nginx.port}", version, *words),
            *("-cert", f"resumer{version}.pem", "-key", f"resumer{version}.key", "-CAfile", "ca.pem"),
            cwd=authorities.ours.place,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return (await process.communicate(post(more="Connection: close\r\n")))[0]

    assert answer_in(await ask("-sess_out", str(session))).status == 200
    await revoke(nginx, authorities.ours, f"resumer{version}")
    again = ("-sess_in", str(session)) if session.exists() else ()
    answer_in(await ask(*again)).refuses(Code.CERTIFICATE_REVOKED)
    assert len(site.requests) == 1
