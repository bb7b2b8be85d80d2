"""Every code of the catalogue as a CRM meets it, through nginx, site, usnd and PostgreSQL, by curl."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import psycopg
import pytest
from crm.authority import LONG_AGO
from crm.outside import BULK, XML, Here, Outside, about, bulk, change, create, eventually, outside, request
from crm.terminals import Answer, leave, post, read_answer
from lxml import etree
from sqlalchemy import make_url

from usnd.ca.places import LISTS
from usnd.control.answers import Provisioned
from usnd.domain.provisioning.codes import CATALOGUE, Code
from workbench.demo.stage import GROUP, GROUP_NAME, SUBSCRIBER, stage
from workbench.parts.crm.front import PATH, ProvisioningFront
from workbench.parts.ports import HOST
from workbench.parts.postgres import Postgres, programs
from workbench.parts.process import private_directory, until

MB = 1024 * 1024
Provoke = Callable[[Here], Awaitable[Answer]]
PROVOKED: dict[Code, Provoke] = {}
"""How a CRM comes by each code."""


def provokes(code: Code) -> Callable[[Provoke], Provoke]:
    def note(how: Provoke) -> Provoke:
        PROVOKED[code] = how
        return how

    return note


@provokes(Code.DONE)
async def is_done(here: Here) -> Answer:
    """Each operation that changes or reads."""
    crm, number = here.crm, here.crm.number()
    assert (await crm.ask("done-1", create(number, "<name>Ann</name>"))).text("credentials/password")
    assert (await crm.ask("done-2", change(number, "<name>Bea</name>"))).text("subscriber/name") == "Bea"
    assert (await crm.ask("done-3", about("suspend", number))).text("subscriber/suspended") == "true"
    assert (await crm.ask("done-4", about("resume", number))).text("subscriber/suspended") == "false"
    assert (await crm.ask("done-5", about("read", number))).text("subscriber/name") == "Bea"
    assert number in str((await crm.ask("done-6", "<list/>")).body)
    return await crm.ask("done-7", about("delete", number, ' endConference="true"'))


@provokes(Code.WOULD_BE_DONE)
async def would_be_done(here: Here) -> Answer:
    number = here.crm.number()
    answer = await here.crm.ask("check-1", create(number), ' mode="check"')
    assert (await here.crm.ask("check-2", about("read", number))).code == Code.NO_SUCH_SUBSCRIBER
    return answer


@provokes(Code.DONE_IN_PART)
async def is_done_in_part(here: Here) -> Answer:
    rows = [create(here.crm.number()), about("suspend", here.crm.number())]
    return await here.crm.post(bulk("part-1", rows), BULK)


@provokes(Code.NOTHING_TO_POLL)
async def has_nothing_to_poll(here: Here) -> Answer:
    return await here.crm.ask("nothing-1", "<poll/>")


@provokes(Code.CHANGE_TO_ACKNOWLEDGE)
async def has_a_change_to_acknowledge(here: Here) -> Answer:
    number = here.crm.number()
    await here.crm.ask("poll-1", create(number))
    here.node.front.command("subscriber", "suspend", number)
    answer = await here.crm.ask("poll-2", "<poll/>")
    found = answer.document.find("{*}change")
    assert found is not None
    assert answer.text("change/number") == number
    acknowledged = f'<acknowledge change="{found.attrib["id"]}"/>'
    assert (await here.crm.ask("poll-3", acknowledged)).code == Code.DONE
    assert (await here.crm.ask("poll-4", acknowledged)).code == Code.DONE, "again"
    return answer


@provokes(Code.NOT_READABLE)
async def is_not_readable(here: Here) -> Answer:
    return await here.crm.post(b"<request")


@provokes(Code.NOT_BY_SCHEMA)
async def is_not_by_schema(here: Here) -> Answer:
    return await here.crm.ask("schema-1", "<poll/><poll/>")


@provokes(Code.UNKNOWN_NAME)
async def has_an_unknown_name(here: Here) -> Answer:
    return await here.crm.ask("name-1", create(here.crm.number(), "<shoeSize>44</shoeSize>"))


@provokes(Code.VALUE_NOT_ALLOWED)
async def has_a_value_that_is_not_allowed(here: Here) -> Answer:
    answer = await here.crm.ask("value-1", create(here.crm.number(), "<timeZone>Europe/Nowhere</timeZone>"))
    assert answer.text("result/at") == "/p:request/p:create/p:subscriber/p:timeZone"
    return answer


@provokes(Code.REQUEST_ID_WRONG)
async def has_a_wrong_request_id(here: Here) -> Answer:
    answer = await here.crm.ask("a b", "<poll/>")
    assert "request" not in answer.document.attrib
    return answer


@provokes(Code.EMPTY_BULK)
async def is_an_empty_bulk(here: Here) -> Answer:
    return await here.crm.post(bulk("empty-1", []), BULK)


@provokes(Code.TOO_LARGE)
async def is_too_large(here: Here) -> Answer:
    return await here.crm.post(request("large-1", "<poll/>") + b" " * MB)


@provokes(Code.NO_CERTIFICATE)
async def shows_no_certificate(here: Here) -> Answer:
    return await here.crm.ask("none-1", "<poll/>", by=here.crm.terminal(None))


@provokes(Code.CERTIFICATE_NOT_BELIEVED)
async def is_not_believed(here: Here) -> Answer:
    return await here.crm.ask("ended-1", "<poll/>", by=here.crm.oddly_certified("ended", LONG_AGO))


@provokes(Code.CERTIFICATE_REVOKED)
async def is_revoked(here: Here) -> Answer:
    terminal = here.crm.designated("leaver")
    assert (await here.crm.ask("leaver-1", "<list/>", by=terminal)).code == Code.DONE
    here.node.front.command("ca", "revoke", "leaver")
    await here.node.front.published()
    return await here.crm.ask("leaver-2", "<list/>", by=terminal)


@provokes(Code.CERTIFICATE_NOT_DESIGNATED)
async def is_not_designated(here: Here) -> Answer:
    here.crm.certified("nobody")
    return await here.crm.ask("nobody-1", "<list/>", by=here.crm.terminal("nobody"))


@provokes(Code.OPERATION_NOT_ALLOWED)
async def may_not(here: Here) -> Answer:
    reader = here.crm.designated("reader", "read,list")
    return await here.crm.ask("reader-1", create(here.crm.number()), by=reader)


@provokes(Code.NUMBER_OUT_OF_RANGE)
async def is_out_of_range(here: Here) -> Answer:
    narrow = here.crm.designated("narrow", numbers="+49")
    return await here.crm.ask("narrow-1", create(here.crm.number()), by=narrow)


@provokes(Code.REVOCATION_LIST_ENDED)
async def finds_the_list_ended(here: Here) -> Answer:
    front = here.node.front
    here.crm.odd.list_revoked(LONG_AGO, "ended.crl")
    shutil.copy(here.crm.odd.place / "ended.crl", front.tls / LISTS)
    await front.published()
    try:
        return await here.crm.ask("list-1", "<list/>")
    finally:
        front.command("ca", "crl")
        await front.published()
        await eventually(lambda: here.crm.ask("list-2", "<list/>"), Code.DONE)


@provokes(Code.NO_SUCH_SUBSCRIBER)
async def is_no_subscriber(here: Here) -> Answer:
    return await here.crm.ask("no-1", about("read", here.crm.number()))


@provokes(Code.SUBSCRIBER_EXISTS)
async def exists(here: Here) -> Answer:
    number = here.crm.number()
    await here.crm.ask("exists-1", create(number))
    return await here.crm.ask("exists-2", create(number))


@asynccontextmanager
async def voice() -> AsyncIterator[tuple[Any, Outside]]:
    """A node with Asterisk and a mobile switch, and the CRM."""
    home = private_directory("usn-front-")
    front = ProvisioningFront(home)
    try:
        async with stage(front.settings) as parts:
            usn = parts.usn
            front.before(usn.home / "control.sock", usn.config, usn.store_url)
            async with front:
                crm = Outside(front, home / "crm")
                crm.designated("crm-1")
                yield parts, crm
    finally:
        shutil.rmtree(home)


@provokes(Code.CONFERENCE_RUNS)
async def has_a_conference_that_runs(_: Here) -> Answer:
    async with voice() as (parts, crm):
        for nick, number in GROUP.items():
            await parts.text(f"UC {nick} {number} {nick.title()}.Jones {GROUP_NAME}")
        await parts.text(f"IC {GROUP_NAME}")
        await parts.usn.until_event("call joined", 20.0)
        assert (await crm.ask("ends-1", about("suspend", SUBSCRIBER))).text("subscriber/suspended") == "true"
        refused = await crm.ask("ends-2", about("delete", SUBSCRIBER))
        ending = await crm.ask("ends-3", about("delete", SUBSCRIBER, ' endConference="true"'))
        assert ending.code == Code.CONFERENCE_RUNS
        ids = iter(range(1000))
        await eventually(lambda: crm.ask(f"ends-4-{next(ids)}", about("delete", SUBSCRIBER)), Code.DONE)
        return refused


@provokes(Code.NO_SUCH_CHANGE)
async def is_no_such_change(here: Here) -> Answer:
    return await here.crm.ask("change-1", '<acknowledge change="4711"/>')


@provokes(Code.REQUEST_ID_REUSED)
async def reuses_an_id(here: Here) -> Answer:
    await here.crm.ask("reused", create(here.crm.number()))
    return await here.crm.ask("reused", create(here.crm.number()))


@provokes(Code.REQUEST_RUNS)
async def is_still_being_done(here: Here) -> Answer:
    number = here.crm.number()
    address = make_url(here.node.store_url).set(drivername="postgresql").render_as_string()
    with psycopg.connect(address) as other:
        other.execute("LOCK TABLE subscribers IN ACCESS EXCLUSIVE MODE")
        first = asyncio.create_task(here.crm.ask("runs", create(number)))
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        assert await until(lambda: here.sql(waiting)[0][0] > 0, 10, 0.05)
        answer = await here.crm.ask("runs", create(number))
    assert (await first).code == Code.DONE
    again = await here.crm.ask("runs", create(number))
    assert again.body == (await first).body
    return answer


@provokes(Code.REQUEST_FAILED)
async def fails_before_anything_is_decided(here: Here) -> Answer:
    """The database has gone, and is read from."""
    database = Postgres(programs(), "away")
    async with database, outside(await database.database("away")) as (_, crm):
        number = crm.number()
        assert (await crm.ask("away-1", create(number))).code == Code.DONE
        database.kill()
        failed = await crm.ask("away-2", about("read", number))
        await database.start()
        await eventually(lambda: crm.ask("away-2", about("read", number)), Code.DONE, 30)
        await eventually(lambda: crm.ask("away-3", about("suspend", number)), Code.DONE, 30)
        return failed


@provokes(Code.TOO_MANY_REQUESTS)
async def sends_too_many_bulks(here: Here) -> Answer:
    """A third, while two of its bulks are being done."""
    here.node.usnd.send(signal.SIGSTOP)
    numbers = [here.crm.number() for _ in range(3)]
    bulks = [
        asyncio.create_task(here.crm.post(bulk(f"many-{nth}", [create(number)]), BULK))
        for nth, number in enumerate(numbers)
    ]
    try:
        done, _ = await asyncio.wait(bulks, return_when=asyncio.FIRST_COMPLETED, timeout=20)
    finally:
        here.node.usnd.send(signal.SIGCONT)
    (refused,) = done
    answers = await asyncio.gather(*bulks)
    assert sorted(one.code for one in answers) == [Code.DONE, Code.DONE, Code.TOO_MANY_REQUESTS]
    return refused.result()


@provokes(Code.PATH_UNKNOWN)
async def asks_at_an_unknown_path(here: Here) -> Answer:
    return await here.crm.post(request("path-1", "<poll/>"), "/provisioning/v2")


@provokes(Code.METHOD_NOT_ALLOWED)
async def asks_by_another_method(here: Here) -> Answer:
    return await here.crm.terminal().curl("-X", "PUT", *XML, path=PATH, body=request("put-1", "<poll/>"))


@provokes(Code.PLAIN_HTTP)
async def speaks_plain_http(here: Here) -> Answer:
    reader, writer = await asyncio.open_connection(HOST, here.node.front.port)
    writer.write(post(request("plain-1", "<poll/>"), path=PATH))
    answer = await read_answer(reader)
    await leave(writer)
    return answer


@provokes(Code.NOT_ACTIVE)
async def finds_it_not_active(here: Here) -> Answer:
    """usnd was killed; then the site, too."""
    number = here.crm.number()
    here.node.usnd.kill()
    answer = await here.crm.ask("active-1", create(number))
    here.node.front.site.kill()
    assert (await here.crm.ask("active-1", create(number))).code == Code.NOT_ACTIVE
    (here.node.home / "control.sock").unlink()
    (here.node.home / "site.sock").unlink()
    await here.node.start_usnd()
    await here.node.front.start_site()
    await eventually(lambda: here.crm.ask("active-1", create(number)), Code.DONE)
    return answer


@provokes(Code.NO_ANSWER_IN_TIME)
async def gets_no_answer_in_time(here: Here) -> Answer:
    """usnd hangs. What only reads is answered all the same."""
    number = here.crm.number()
    here.node.usnd.send(signal.SIGSTOP)
    try:
        asked = asyncio.create_task(here.crm.ask("hangs-1", create(number)))
        assert (await here.crm.ask("hangs-2", about("read", number))).code == Code.NO_SUCH_SUBSCRIBER
        answer = await asked
    finally:
        here.node.usnd.send(signal.SIGCONT)
    again = await eventually(lambda: here.crm.ask("hangs-1", create(number)), Code.DONE)
    assert again.text("credentials/password")
    return answer


@provokes(Code.FAULT)
async def meets_a_fault(here: Here) -> Answer:
    """What listens in the place of usnd answers another question."""
    place = here.node.home / "control.sock"

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(msgspec.json.encode(Provisioned(results=())) + b"\n")
        await leave(writer)

    number = here.crm.number()
    place.unlink()
    async with await asyncio.start_unix_server(answers, place, limit=MB):
        answer = await here.crm.ask("fault-1", create(number))
    place.unlink(missing_ok=True)
    await eventually(lambda: here.crm.ask("fault-1", create(number)), Code.DONE)
    return answer


def test_each_code_is_met_here() -> None:
    assert sorted(PROVOKED) == sorted(CATALOGUE)


@pytest.mark.parametrize("code", PROVOKED, ids=[CATALOGUE[code].name for code in PROVOKED])
async def test_a_crm_meets(here: Here, code: Code) -> None:
    answer = await PROVOKED[code](here)
    here.crm.schema.assertValid(etree.fromstring(answer.body))
    assert answer.code == code, answer.body
    assert answer.status == CATALOGUE[code].status
    assert answer.fields["content-type"] == "application/xml; charset=utf-8"
    assert len(answer.document.attrib["server"]) == 32
    assert (await here.crm.ask("well", "<list limit='1'/>")).code == Code.DONE, "it does well after it"
