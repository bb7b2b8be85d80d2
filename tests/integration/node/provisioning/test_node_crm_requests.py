"""Many requests of a whole node at once: each has one effect, its own answer, and the same one whenever it is
repeated."""

import asyncio
import signal
from collections.abc import Sequence
from itertools import count

import psycopg
from crm.outside import BULK, PATH, Here, about, bulk, change, create, eventually, request
from crm.terminals import Answer, Terminal, leave, post, read_answer
from lxml import etree
from sqlalchemy import make_url

from usnd.domain.provisioning.codes import Code
from workbench.parts.process import until

FIELDS = "Content-Type: application/xml\r\n"
MANY = 1000


def posted(id_: str, inner: str, more: str = "") -> bytes:
    return post(request(id_, inner, more), path=PATH, more=FIELDS)


async def asked_on_one(terminal: Terminal, requests: Sequence[bytes]) -> list[Answer]:
    """Their answers, in the order in which they come; all are written before any is read."""
    reader, writer = await terminal.connect()
    writer.write(b"".join(requests))
    answers = [await asyncio.wait_for(read_answer(reader), 120) for _ in requests]
    await leave(writer)
    return answers


async def test_a_thousand_requests_on_one_connection_are_answered_in_order(here: Here) -> None:
    """Each with its own id, of all kinds, good and bad; as is sent, so is told."""
    numbers = [here.crm.number() for _ in range(MANY // 4)]
    asked = [
        each
        for number in numbers
        for each in (
            ("create", create(number)),
            ("read", about("read", number)),
            ("wrong", create(number, "<shoeSize>44</shoeSize>")),
            ("again", create(number)),
        )
    ]
    ids = [f"row-{nth}-{kind}" for nth, (kind, _) in enumerate(asked)]
    answers = await asked_on_one(
        here.crm.terminal(), [posted(id_, inner) for id_, (_, inner) in zip(ids, asked, strict=True)]
    )
    assert [answer.document.attrib["request"] for answer in answers] == ids
    assert len({answer.document.attrib["server"] for answer in answers}) == MANY
    codes = [Code.DONE, Code.DONE, Code.UNKNOWN_NAME, Code.SUBSCRIBER_EXISTS]
    assert [answer.code for answer in answers] == codes * len(numbers)
    assert [answer.text("subscriber/number") for answer in answers[1::4]] == numbers
    for answer in answers:
        here.crm.schema.assertValid(etree.fromstring(answer.body))


async def test_no_answer_is_given_another_client_s_id(here: Here) -> None:
    """Two clients use the same ids at the same time for subscribers of their own, over many connections."""
    clients = [here.crm.terminal(), here.crm.designated("crm-2")]
    asked = list[tuple[Terminal, list[tuple[str, str]]]]()
    for nth in range(20):
        each = [(f"id-{nth}-{one}", here.crm.number()) for one in range(15)]
        asked.append((clients[0], each))
        asked.append((clients[1], [(id_, here.crm.number()) for id_, _ in each]))

    async def ask(terminal: Terminal, own: Sequence[tuple[str, str]]) -> list[Answer]:
        inner = [posted(id_, create(number, "<name>A</name>")) for id_, number in own]
        return await asked_on_one(terminal, [*inner, *inner])

    told = await asyncio.gather(*(ask(*each) for each in asked))
    servers = set[str]()
    for (_, own), answers in zip(asked, told, strict=True):
        expected = [*own, *own]
        assert [
            (one.document.attrib["request"], one.text("subscriber/number")) for one in answers
        ] == expected
        assert [one.body for one in answers[: len(own)]] == [one.body for one in answers[len(own) :]]
        servers |= {one.document.attrib["server"] for one in answers}
    assert len(servers) == sum(len(own) for _, own in asked), "each has been done once"


async def test_a_refusal_is_repeated_if_it_was_decided_and_uses_no_id_up_if_not(here: Here) -> None:
    number = here.crm.number()
    await here.crm.ask("decided-1", create(number))
    refused = await here.crm.ask("decided-2", create(number))
    await here.crm.ask("decided-3", about("delete", number))
    again = await here.crm.ask("decided-2", create(number))
    assert (again.code, again.body) == (Code.SUBSCRIBER_EXISTS, refused.body)
    narrow = here.crm.designated("undecided", "read")
    for more, code in (("<shoeSize>44</shoeSize>", Code.UNKNOWN_NAME), ("", Code.OPERATION_NOT_ALLOWED)):
        assert (await here.crm.ask("undecided-1", create(number, more), by=narrow)).code == code
    here.crm.designated("undecided")
    assert (await here.crm.ask("undecided-1", create(number), by=narrow)).code == Code.DONE


async def test_of_two_crms_that_create_the_same_subscriber_one_does(here: Here) -> None:
    crms = [here.crm.terminal(), here.crm.designated("crm-2")]
    for nth in range(10):
        number = here.crm.number()
        names = ("Ann", "Bea")
        answers = await asyncio.gather(
            *(
                here.crm.ask(f"both-{nth}", create(number, f"<name>{name}</name>"), by=crm)
                for crm, name in zip(crms, names, strict=True)
            )
        )
        assert sorted(answer.code for answer in answers) == [Code.DONE, Code.SUBSCRIBER_EXISTS]
        done = next(answer for answer in answers if answer.code == Code.DONE)
        told = await here.crm.ask(f"which-{nth}", about("read", number))
        assert told.text("subscriber/name") == done.text("subscriber/name")
        assert len(here.sql(f"SELECT id FROM subscribers WHERE number = '{number}'")) == 1


async def test_two_crms_that_change_one_subscriber_at_once_lose_nothing_of_each_other(here: Here) -> None:
    """Each sets what is its own, again and again, while a third suspends and resumes."""
    crms = [here.crm.terminal(), here.crm.designated("crm-2"), here.crm.designated("crm-3")]
    number = here.crm.number()
    await here.crm.ask("lose-0", create(number))

    async def sets(crm: Terminal, element: str) -> list[Answer]:
        inner = [change(number, f"<{element}>{nth}</{element}>") for nth in range(1, 101)]
        return await asked_on_one(crm, [posted(f"lose-{nth}", one) for nth, one in enumerate(inner, 1)])

    async def goes_and_comes(crm: Terminal) -> list[Answer]:
        inner = [about("suspend" if nth % 2 else "resume", number) for nth in range(1, 101)]
        return await asked_on_one(crm, [posted(f"lose-{nth}", one) for nth, one in enumerate(inner, 1)])

    told = await asyncio.gather(
        sets(crms[0], "minutesPerMonth"), sets(crms[1], "participants"), goes_and_comes(crms[2])
    )
    assert {answer.code for answers in told for answer in answers} == {Code.DONE}
    assert [one.text("subscriber/minutesPerMonth") for one in told[0]] == [str(nth) for nth in range(1, 101)]
    last = await here.crm.ask("lose-last", about("read", number))
    found = [last.text(f"subscriber/{name}") for name in ("minutesPerMonth", "participants", "suspended")]
    assert found == ["100", "100", "false"]


async def test_a_connection_that_is_cut_after_the_commit_and_before_the_answer(here: Here) -> None:
    """The site is stopped while usnd commits, so that the answer cannot have left it."""
    number = here.crm.number()
    address = make_url(here.node.store_url).set(drivername="postgresql").render_as_string()
    reader, writer = await here.crm.terminal().connect()
    with psycopg.connect(address) as other:
        other.execute("LOCK TABLE subscribers IN ACCESS EXCLUSIVE MODE")
        writer.write(posted("cut-1", create(number)))
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        assert await until(lambda: here.sql(waiting)[0][0] > 0, 10, 0.05)
        here.node.front.site.send(signal.SIGSTOP)
    try:
        rows = f"SELECT count(*) FROM subscribers WHERE number = '{number}'"
        assert await until(lambda: here.sql(rows) == [(1,)], 10, 0.05)
        await leave(writer)
        assert reader._buffer == bytearray(), "no octet of an answer has come"  # type: ignore[attr-defined]
    finally:
        here.node.front.site.send(signal.SIGCONT)
    again = await here.crm.ask("cut-1", create(number))
    third = await here.crm.ask("cut-1", create(number))
    assert (again.code, again.body) == (Code.DONE, third.body)
    assert again.text("credentials/password")
    stored = here.sql("SELECT server_id FROM provisioning_requests WHERE request_id = 'cut-1'")
    assert stored == [(again.document.attrib["server"],)]
    assert here.sql(rows) == [(1,)]
    changes = f"SELECT what FROM subscriber_changes WHERE number = '{number}'"
    assert here.sql(changes) == [("created",)]


async def test_usnd_that_is_killed_again_and_again_does_each_request_once(here: Here) -> None:
    """The CRM repeats each request until it has an answer, as docs/integrator/provisioning.md tells it to."""
    numbers = [here.crm.number() for _ in range(60)]
    repeat = {Code.NOT_ACTIVE, Code.NO_ANSWER_IN_TIME, Code.FAULT, Code.REQUEST_RUNS, Code.REQUEST_FAILED}
    over = asyncio.Event()

    async def insists(nth: int, number: str) -> Answer:
        while True:
            reader, writer = await here.crm.terminal().connect()
            writer.write(posted(f"insist-{nth}", create(number)))
            answer = await read_answer(reader)
            await leave(writer)
            if answer.code not in repeat:
                return answer
            await asyncio.sleep(0.2)

    async def kills() -> int:
        for killed in count():
            if over.is_set():
                return killed
            here.node.usnd.kill()
            (here.node.home / "control.sock").unlink(missing_ok=True)
            await here.node.start_usnd()
            await asyncio.sleep(0.8)
        raise AssertionError

    killing = asyncio.create_task(kills())
    answers = list[Answer]()
    for first in range(0, len(numbers), 15):
        lot = numbers[first : first + 15]
        answers += await asyncio.gather(*(insists(first + nth, number) for nth, number in enumerate(lot)))
    over.set()
    assert await killing > 0
    assert {answer.code for answer in answers} == {Code.DONE}, "also those that were done without an answer"
    assert [answer.text("subscriber/number") for answer in answers] == numbers
    for nth, number in enumerate(numbers[::10]):
        again = await here.crm.ask(f"insist-{nth * 10}", create(number))
        assert again.body == answers[nth * 10].body
    created = "SELECT count(*) FROM subscriber_changes WHERE what = 'created' AND number = ANY('{%s}')"
    assert here.sql(created % ",".join(numbers)) == [(len(numbers),)]


async def test_a_bulk_that_is_cut_off_is_taken_up_where_it_was(here: Here) -> None:
    rows = [create(here.crm.number()) for _ in range(2000)]
    body = bulk("cut-bulk", rows)
    reader, writer = await here.crm.terminal().connect()
    writer.write(post(body, path=BULK, more=FIELDS))
    assert b'<row n="1" code="1000">' in await reader.readuntil(b"</row>")
    await leave(writer)
    whole = await eventually(lambda: here.crm.post(body, BULK), Code.DONE)
    summary = whole.document.find("{*}summary")
    assert summary is not None
    assert (summary.attrib["rows"], summary.attrib["done"]) == ("2000", "2000")
    later = await here.crm.post(bulk("cut-bulk", rows, ' from="1999"'), BULK)
    tail = etree.fromstring(later.body).findall("{*}row")
    assert [etree.tostring(row) for row in tail] == [
        etree.tostring(row) for row in etree.fromstring(whole.body).findall("{*}row")[-2:]
    ]
    done = "SELECT count(*) FROM provisioning_requests WHERE request_id = 'cut-bulk' AND \"row\" > 0"
    assert here.sql(done) == [(2000,)]


async def test_a_usnd_that_hangs_keeps_no_reader_waiting(here: Here) -> None:
    """An operator's check of the site says so within two seconds; what only reads is answered."""
    number = here.crm.number()
    await here.crm.ask("hang-0", create(number))
    socket = here.node.home / "site.sock"

    async def health() -> bytes:
        process = await asyncio.create_subprocess_exec(
            *("curl", "-sS", "--max-time", "2", "--unix-socket", str(socket), "http://site/health"),
            stdout=asyncio.subprocess.PIPE,
        )
        return (await process.communicate())[0]

    assert await health() == b"usnd answers\n"
    here.node.usnd.send(signal.SIGSTOP)
    try:
        orders = [
            asyncio.create_task(
                here.crm.ask(f"hang-{nth}", change(number, f"<participants>{nth}</participants>"))
            )
            for nth in range(1, 40)
        ]
        await asyncio.sleep(0.5)
        assert await health() == b"usnd does not answer\n"
        assert (await here.crm.ask("hang-read", about("read", number))).code == Code.DONE
        assert (await here.crm.ask("hang-list", "<list limit='1'/>")).code == Code.DONE
        told = {answer.code for answer in await asyncio.gather(*orders)}
        assert told <= {Code.NO_ANSWER_IN_TIME, Code.TOO_MANY_REQUESTS}, "2400: it was never sent to usnd"
        assert Code.NO_ANSWER_IN_TIME in told
    finally:
        here.node.usnd.send(signal.SIGCONT)
    for nth in (1, 39):
        inner = change(number, f"<participants>{nth}</participants>")
        await eventually(lambda nth=nth, inner=inner: here.crm.ask(f"hang-{nth}", inner), Code.DONE)
    assert await health() == b"usnd answers\n"
