"""Bulks through the real site and usnd: row by row, interrupted and resumed, never too much at once."""

import asyncio
import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
from crm.documents import by_lxml
from crm.stage import BULK, Connection, Stage, Terminal, about, bulk, create, number, stage
from lxml import etree

from usnd.domain.provisioning.codes import Code
from usnd.web.provisioning.grammar import NAMESPACE
from workbench.parts.process import until

C = Code
_ROW = re.compile(rb'<row n="(\d+)" code="(\d+)">.*?</row>')


@pytest.fixture
async def here() -> AsyncIterator[Stage]:
    async with stage() as made:
        yield made


def codes(body: bytes) -> dict[int, int]:
    return {int(row.get("n")): int(row.get("code")) for row in etree.fromstring(body).iterfind("{*}row")}


def summary(body: bytes) -> tuple[int, int, int, int]:
    tree = etree.fromstring(body)
    by_lxml().assertValid(tree)
    (found,) = tree.iterfind("{*}summary")
    return tuple(int(found.get(name)) for name in ("code", "rows", "done", "refused"))  # type: ignore[return-value]


async def test_each_row_has_its_own_code_and_spoils_no_other(here: Stage) -> None:
    crm = here.terminal()
    await crm.does("one", create(5))
    rows = [create(nth) for nth in range(1, 11)]
    rows[6] = "<create><subscriber><number>1</number></subscriber></create>"
    rows[7] = about("poll", 8)
    rows[8] = create(9, "<email>a..b@example.com</email>")
    answer = await crm.bulk("b-1", rows)
    assert (answer.status, summary(answer.body)) == (200, (C.DONE_IN_PART, 10, 6, 4))
    found = codes(answer.body)
    assert list(found) == list(range(1, 11)), "rows in, rows out"
    assert {nth: code for nth, code in found.items() if code != C.DONE} == {
        5: C.SUBSCRIBER_EXISTS,
        7: C.VALUE_NOT_ALLOWED,
        8: C.UNKNOWN_NAME,
        9: C.VALUE_NOT_ALLOWED,
    }
    places = [one.text for one in answer.tree.iterfind(".//{*}at")]
    assert places == [
        "/p:bulk/*[7]/p:subscriber/p:number",
        "/p:bulk/*[8]",
        "/p:bulk/*[9]/p:subscriber/p:email",
    ]
    again = await crm.bulk("b-1", rows)
    assert again.body == answer.body, "also with the first log-ins"
    later = await crm.bulk("b-1", rows, ' from="6"')
    assert list(codes(later.body)) == [6, 7, 8, 9, 10]
    assert summary(later.body) == summary(answer.body), "of the whole bulk"
    behind = await crm.bulk("b-1", rows, ' from="11"')
    assert (behind.code, behind.text("p:result/p:at")) == (C.VALUE_NOT_ALLOWED, "/p:bulk/@from")
    assert _ROW.findall(answer.body)[5:] == _ROW.findall(later.body)
    other = await crm.bulk("b-1", rows[:9])
    assert (other.code, other.status) == (C.REQUEST_ID_REUSED, 422)


async def test_rows_before_from_are_done_though_they_are_not_told(here: Stage) -> None:
    crm = here.terminal()
    rows = [create(nth) for nth in range(1, 251)]
    answer = await crm.bulk("b-1", rows, ' from="250"')
    assert (list(codes(answer.body)), summary(answer.body)) == ([250], (C.DONE, 250, 250, 0))
    assert (await crm.does("r", about("read", 1))).code == C.DONE


async def test_a_bulk_that_is_only_checked_changes_nothing(here: Stage) -> None:
    crm = here.terminal()
    answer = await crm.bulk("b-1", [create(1), create(2)], ' mode="check"')
    assert summary(answer.body) == (C.WOULD_BE_DONE, 2, 2, 0)
    assert set(codes(answer.body).values()) == {C.WOULD_BE_DONE}
    assert (await crm.does("r", about("read", 1))).code == C.NO_SUCH_SUBSCRIBER


async def test_a_terminal_without_rights_gets_no_bulk(here: Stage) -> None:
    await here.designate("crm-1", here.own, "create", number(99999)[:6])
    answer = await here.terminal().bulk("b-1", [create(1), about("delete", 1), *["<create/>"] * 3])
    assert summary(answer.body)[2:] == (1, 4)
    await here.command("terminal", "undesignate", "crm-1")
    refused = await here.terminal().bulk("b-2", [create(2)])
    assert refused.code == C.CERTIFICATE_NOT_DESIGNATED


def taken_in_part(crm: Terminal, body: bytes, octets: int) -> bytes:
    """What came of an answer until so many octets, or its end; then the connection is cut."""
    connection = Connection(crm.socket)
    got = b""
    try:
        connection.request("POST", BULK, body, crm.fields())
        answer = connection.getresponse()
        while len(got) < octets and (more := answer.read1(16_384)):
            got += more
    except OSError:
        pass
    finally:
        connection.close()
    return got


@pytest.mark.slow
async def test_five_thousand_rows_are_done_once_though_the_site_is_killed_again_and_again(
    here: Stage,
) -> None:
    crm = here.terminal()
    rows = [create(nth) for nth in range(1, 5001)]
    body = bulk("b-5000", rows)
    seen = dict[bytes, bytes]()
    for octets in (20_000, 120_000, 300_000):
        part = await asyncio.to_thread(taken_in_part, crm, body, octets)
        here.site.kill()
        for row in _ROW.finditer(part):
            assert seen.setdefault(row[1], row[0]) == row[0], "told the same as before"
        await here.start_site()
    assert 300 < len(seen) < 5000
    answer = await crm.bulk("b-5000", rows)
    assert summary(answer.body) == (C.DONE, 5000, 5000, 0)
    for row in _ROW.finditer(answer.body):
        assert seen.setdefault(row[1], row[0]) == row[0], "told the same as before"
    assert len(seen) == 5000
    found = 0
    after = ""
    while True:
        page = (await crm.does("count", f"<list{after}/>")).tree.find("{*}subscribers")
        found += len(page)
        if not page.get("next"):
            break
        after = f' after="{page.get("next")}"'
    assert found == 5000


async def test_rows_come_as_they_are_done_and_sigterm_ends_them_in_good_order(here: Stage) -> None:
    crm = here.terminal()
    body = bulk("b-long", [create(nth) for nth in range(1, 20_001)])
    taking = asyncio.create_task(asyncio.to_thread(taken_in_part, crm, body, 1 << 30))
    count = "select count(*) from provisioning_requests"

    def begun() -> bool:
        with closing(sqlite3.connect(f"file:{here.home}/usn.db?mode=ro", uri=True)) as database:
            found: int = database.execute(count).fetchone()[0]
        return found > 300

    assert await until(begun, 60, 0.05)
    here.site.send(signal.SIGTERM)
    assert await until(lambda: not here.site.alive, 6, 0.05), "within five seconds"
    assert here.site.returncode == 0
    assert not here.socket.exists()
    told = await taking
    code, rows, done, refused = summary(told)
    assert (code, rows, refused) == (C.NOT_ACTIVE, 20_000, 0)
    assert 0 < done < 20_000
    assert len(codes(told)) == done


async def test_one_client_has_two_bulks_at_once_and_no_more(here: Stage) -> None:
    crm = here.terminal()
    here.usnd.send(signal.SIGSTOP)
    bulks = [asyncio.create_task(crm.bulk(f"b-{nth}", [create(nth)])) for nth in range(3)]
    try:
        done, _ = await asyncio.wait(bulks, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        (refused,) = done
        assert (refused.result().code, refused.result().status) == (C.TOO_MANY_REQUESTS, 429)
        assert refused.result().headers["retry-after"] == "1"
    finally:
        here.usnd.send(signal.SIGCONT)
    answers = await asyncio.gather(*bulks)
    assert sorted(one.body.count(b"<row ") for one in answers) == [0, 1, 1]
    assert summary((await crm.bulk("b-9", [create(9)])).body)[0] == C.DONE, "places are given back"


@pytest.mark.slow
async def test_hostile_megabytes_leave_the_memory_as_it_was(here: Stage) -> None:
    crm = here.terminal()
    head = f'<bulk xmlns="{NAMESPACE}" id="b-1">'.encode()
    megabytes = 10 * 1024 * 1024
    hostile = [
        head + b"".join(b"<n%d/>" % nth for nth in range(1_000_000)),
        head + b"<a>" * (megabytes // 3),
        head + b"<!--" + b"x" * megabytes,
        head + b"<create><subscriber><name>" + b"y" * megabytes + b"</name></subscriber></create></bulk>",
        head + b"<strange>" + b" z" * (megabytes // 2) + b"</strange></bulk>",
        head + b"<delete/>" * 90_000 + b"\n" * megabytes + b"</bulk>",
    ]

    def send(body: bytes) -> int:
        return crm.ask(body, BULK).status

    for body in hostile:
        assert await asyncio.to_thread(send, body) in (200, 400, 413)
    before = here.memory()
    for body in hostile:
        await asyncio.to_thread(send, body)
    for nth in range(2_000):
        names = "".join(f"<x{nth}y{each}/>" for each in range(3))
        assert crm.ask(f"<n{nth}>{names}</n{nth}>".encode()).status == 400
    assert here.memory() - before < 20_000, "kB, after 60 MB and names that were never seen"


async def test_a_second_site_does_not_start_and_takes_nothing_over(here: Stage) -> None:
    second = here.process_of("web provisioning", here.site_config, "second.journal")
    second.start()
    assert await until(lambda: not second.alive, 20, 0.05)
    assert second.returncode == 3
    assert "runs already" in second.tail()
    assert (await here.terminal().does("still", "<list/>")).code == C.DONE
