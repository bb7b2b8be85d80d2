"""Whose certificate is heard by a whole node: who is not is told why, and nothing of theirs is done."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from crm.authority import LONG_AGO, LONG_HENCE, Authority
from crm.outside import PATH, Here, create, eventually, request
from crm.terminals import Answer, Terminal, leave, post, read_answer

from usnd.domain.provisioning.codes import Code

FIELDS = "Content-Type: application/xml\r\n"
OURS = "X-Usn-Terminal-Certificate", "X-Usn-Terminal-Serial", "X-Usn-Terminal-Issuer", "X-Usn-Request"


def nobody(here: Here) -> Terminal:
    return here.crm.terminal(None)


def expired(here: Here) -> Terminal:
    return here.crm.oddly_certified("expired", LONG_AGO)


def not_valid_yet(here: Here) -> Terminal:
    return here.crm.oddly_certified("early", LONG_HENCE)


def of_another_authority(here: Here) -> Terminal:
    """Which calls itself as ours does, and brings its certificate along."""
    place = here.crm.place / "foreign"
    place.mkdir()
    foreign = Authority(place, "authority")
    foreign.issue("crm-1")
    with (place / "crm-1.pem").open("ab") as chain:
        chain.write((place / "ca.pem").read_bytes())
    return here.crm.terminal("crm-1", place)


def self_signed(here: Here) -> Terminal:
    here.crm.odd.self_signed("itself")
    return here.crm.terminal("itself", here.crm.odd.place)


def the_server_s_own(here: Here) -> Terminal:
    return here.crm.terminal("usn", here.node.home / "usn")


def undesignated(here: Here) -> Terminal:
    here.crm.designated("guest")
    here.node.front.command("terminal", "undesignate", "guest")
    return here.crm.terminal("guest")


def revoked_by_name_alone(here: Here) -> Terminal:
    """Where the authority is not at hand."""
    here.crm.designated("lost")
    here.node.front.command("terminal", "revoke", "lost")
    return here.crm.terminal("lost")


def of_another_range(here: Here) -> Terminal:
    return here.crm.designated("abroad", numbers="+49,+447701")


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (nobody, Code.NO_CERTIFICATE),
        (expired, Code.CERTIFICATE_NOT_BELIEVED),
        (not_valid_yet, Code.CERTIFICATE_NOT_BELIEVED),
        (of_another_authority, Code.CERTIFICATE_NOT_BELIEVED),
        (self_signed, Code.CERTIFICATE_NOT_BELIEVED),
        (the_server_s_own, Code.CERTIFICATE_NOT_BELIEVED),
        (undesignated, Code.CERTIFICATE_NOT_DESIGNATED),
        (revoked_by_name_alone, Code.CERTIFICATE_REVOKED),
        (of_another_range, Code.NUMBER_OUT_OF_RANGE),
    ],
)
async def test_who_is_not_heard_is_told_why(here: Here, who: object, code: Code) -> None:
    assert callable(who)
    terminal, number = who(here), here.crm.number()
    answer = await here.crm.ask("not-heard", create(number), by=terminal)
    assert (answer.code, answer.status) == (code, 403)
    forged = await forging(terminal, here, create(number))
    assert forged.code == code, "whatever headers it sends"
    assert here.sql(f"SELECT count(*) FROM subscribers WHERE number = '{number}'") == [(0,)]
    assert here.sql("SELECT count(*) FROM provisioning_requests WHERE request_id = 'not-heard'") == [(0,)]


async def forging(terminal: Terminal, here: Here, inner: str) -> Answer:
    """It says in nginx's own headers that it is crm-1."""
    pem = (here.crm.place / "crm-1.pem").read_text().replace("\n", "%0A")
    serial = str(here.sql("SELECT serial FROM terminals WHERE name = 'crm-1'")[0][0])
    headers = [f"{OURS[0]}: {pem}", f"{OURS[1]}: {serial}", f"{OURS[0].replace('-', '_')}: {pem}"]
    words = [word for header in headers for word in ("-H", header)]
    xml = ("-H", "Content-Type: application/xml")
    return await terminal.curl(*xml, *words, path=PATH, body=request("not-heard", inner))


async def test_a_terminal_cannot_pass_for_another(here: Here) -> None:
    narrow = here.crm.designated("passing", numbers="+49")
    assert (await forging(narrow, here, create(here.crm.number()))).code == Code.NUMBER_OUT_OF_RANGE
    answer = await narrow.curl(
        "-H",
        "Content-Type: application/xml",
        "-H",
        f"{OURS[3]}: forged",
        path=PATH,
        body=request("f", "<list/>"),
    )
    assert answer.code == Code.DONE
    assert len(answer.document.attrib["server"]) == 32


async def ask_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, id_: str) -> Answer:
    writer.write(post(request(id_, "<list limit='1'/>"), path=PATH, more=FIELDS))
    return await read_answer(reader)


async def test_a_revocation_counts_on_a_connection_that_is_open(here: Here) -> None:
    """Also before nginx has heard of it: the site and usnd look themselves."""
    reader, writer = await here.crm.designated("revoked").connect()
    assert (await ask_on(reader, writer, "open-1")).code == Code.DONE
    here.node.front.command("ca", "revoke", "revoked")

    answer = await eventually(lambda: ask_on(reader, writer, "open-2"), Code.CERTIFICATE_REVOKED, 5)
    assert answer.status == 403
    await here.node.front.published()
    assert await asyncio.wait_for(reader.read(), 30) == b"", "nginx closes it"
    await leave(writer)


async def test_a_designation_that_is_taken_back_counts_on_a_connection_that_is_open(here: Here) -> None:
    reader, writer = await here.crm.designated("shrinking").connect()
    assert (await ask_on(reader, writer, "less-1")).code == Code.DONE
    here.crm.designated("shrinking", "read")
    assert (await ask_on(reader, writer, "less-2")).code == Code.OPERATION_NOT_ALLOWED
    here.node.front.command("terminal", "undesignate", "shrinking")
    assert (await ask_on(reader, writer, "less-3")).code == Code.CERTIFICATE_NOT_DESIGNATED
    await leave(writer)


async def test_a_certificate_ends_on_a_connection_that_is_open(here: Here) -> None:
    now = datetime.now(UTC)
    ends = now + timedelta(seconds=25)
    dates = tuple(f"{moment:%Y%m%d%H%M%SZ}" for moment in (now - timedelta(hours=1), ends))
    terminal = here.crm.oddly_certified("brief", dates)  # type: ignore[arg-type] # two of them
    for suffix in ("pem", "key"):
        (here.crm.place / f"brief.{suffix}").write_bytes((terminal.place / f"brief.{suffix}").read_bytes())
    reader, writer = await here.crm.designated("brief").connect()
    assert (await ask_on(reader, writer, "brief-1")).code == Code.DONE
    await asyncio.sleep((ends - datetime.now(UTC)).total_seconds())
    answer = await eventually(lambda: ask_on(reader, writer, "brief-2"), Code.CERTIFICATE_NOT_BELIEVED, 2)
    assert answer.status == 403
    await leave(writer)


async def test_a_renewed_certificate_is_the_same_client(here: Here) -> None:
    """What was asked for with the former is known with the new one, and with the former revoked."""
    former = here.crm.designated("renewed")
    number = here.crm.number()
    first = await here.crm.ask("renew-1", create(number), by=former)
    out = here.crm.place / "next.out"
    words = ("--request", str(here.crm.asked("next")), "--out", str(out))
    here.node.front.command("ca", "renew", "renewed", *words)
    (here.crm.place / "next.pem").write_bytes((out / "renewed.pem").read_bytes())
    following = here.crm.terminal("next")
    assert (
        await here.crm.ask("renew-1", create(number), by=following)
    ).code == Code.CERTIFICATE_NOT_DESIGNATED
    here.crm.designated("renewed", file="next")
    again = await here.crm.ask("renew-1", create(number), by=following)
    assert again.body == first.body
    assert (await here.crm.ask("renew-1", create(number), by=former)).body == first.body, "both are good"
    other = await here.crm.ask("renew-1", create(here.crm.number()), by=following)
    assert other.code == Code.REQUEST_ID_REUSED
    here.node.front.command("ca", "revoke", here.crm.serial("renewed"))
    await here.node.front.published()
    assert (await here.crm.ask("renew-1", create(number), by=former)).code == Code.CERTIFICATE_REVOKED
    assert (await here.crm.ask("renew-1", create(number), by=following)).body == first.body


async def test_the_node_shows_a_certificate_that_the_crm_can_check(here: Here) -> None:
    """By the authority's certificate that it was sent, and by the name or address that it uses."""
    terminal = here.crm.terminal()
    _, writer = await terminal.connect()
    shown = writer.get_extra_info("peercert")
    assert ("IP Address", "127.0.0.1") in shown["subjectAltName"]
    await leave(writer)
    foreign = here.crm.place / "somebody"
    foreign.mkdir()
    Authority(foreign, "authority")
    with pytest.raises(ssl.SSLCertVerificationError):
        await Terminal(here.node.front.port, foreign / "ca.pem", here.crm.place, "crm-1").connect()
