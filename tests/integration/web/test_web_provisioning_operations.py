"""Each operation through the real site and the real usnd: what is answered, what repetition does, who may."""

import asyncio
import signal
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from crm.certificates import DAY, authority
from crm.stage import BULK, ONE, Connection, Stage, about, bulk, create, number, request, stage

from usnd.domain.provisioning.codes import CATALOGUE, Code
from workbench.parts.process import until

C = Code


@pytest.fixture(scope="module")
def here() -> Iterator[Stage]:
    parts = stage()
    with asyncio.Runner() as runner:
        yield runner.run(parts.__aenter__())
        runner.run(parts.__aexit__(None, None, None))


async def test_the_life_of_a_subscriber(here: Stage) -> None:
    crm = here.terminal()
    new = "<name>Ann</name><email>ann@example.com</email><minutesPerMonth>600</minutesPerMonth>"
    checked = await crm.does("life-0", create(1, new), ' mode="check"')
    assert (checked.code, checked.status) == (C.WOULD_BE_DONE, 200)
    assert (await crm.does("life-1", about("read", 1))).code == C.NO_SUCH_SUBSCRIBER
    created = await crm.does("life-2", create(1, new))
    assert (created.code, created.status) == (C.DONE, 200)
    assert created.tree.get("request") == "life-2"
    assert created.text("p:subscriber/p:name") == "Ann"
    assert created.text("p:credentials/p:password")
    assert (await crm.does("life-3", create(1, new))).code == C.SUBSCRIBER_EXISTS
    change = (
        f"<change><subscriber><number>{number(1)}</number><email/><name>Ann B</name></subscriber></change>"
    )
    assert (await crm.does("life-4", change)).code == C.DONE
    told = await crm.does("life-5", about("read", 1))
    assert told.text("p:subscriber/p:name") == "Ann B"
    assert told.tree.find("p:subscriber/p:email", {"p": told.tree.nsmap[None]}) is None
    assert (await crm.does("life-6", about("suspend", 1))).text("p:subscriber/p:suspended") == "true"
    assert (await crm.does("life-7", about("resume", 1))).text("p:subscriber/p:suspended") == "false"
    assert (await crm.does("life-8", about("delete", 1))).code == C.DONE
    assert (await crm.does("life-9", about("delete", 1))).code == C.NO_SUCH_SUBSCRIBER


async def test_a_value_that_usnd_refuses_is_told_by_its_place(here: Stage) -> None:
    answer = await here.terminal().does("value-1", create(2, "<email>a..b@example.com</email>"))
    assert (answer.code, answer.status) == (C.VALUE_NOT_ALLOWED, 400)
    place = answer.text("p:result/p:at")
    assert place == "/p:request/p:create/p:subscriber/p:email"


async def test_a_repetition_is_the_same_octets_also_after_a_lost_answer(here: Stage) -> None:
    crm = here.terminal()

    lost = Connection(here.socket)
    await asyncio.to_thread(lost.request, "POST", ONE, request("again-1", create(3)), crm.fields())
    assert await until(lambda: any(one.get("request") == "again-1" for one in here.lines("request")), 20)
    lost.close()
    second = await crm.does("again-1", create(3))
    third = await crm.does(
        "again-1", create(3).replace("<number>", "<number> ").replace("<create>", "<create>\n")
    )
    assert second.code == C.DONE
    assert second.text("p:credentials/p:password")
    assert second.body == third.body
    ours = [one["server"] for one in here.lines("request") if one.get("request") == "again-1"]
    assert second.tree.get("server") == ours[0], "the first one's"


async def test_a_used_id_is_no_other_request(here: Stage) -> None:
    crm = here.terminal()
    await crm.does("used-1", create(4))
    answer = await crm.does("used-1", create(5))
    assert (answer.code, answer.status) == (C.REQUEST_ID_REUSED, 422)
    assert (await crm.does("used-2", about("read", 5))).code == C.NO_SUCH_SUBSCRIBER


async def test_two_clients_may_use_the_same_id(here: Stage) -> None:
    other = here.authority.issue("crm-2")
    await here.designate("crm-2", other)
    first, second = await asyncio.gather(
        here.terminal().does("same-1", create(6)), here.terminal(other).does("same-1", create(7))
    )
    assert (first.code, second.code) == (C.DONE, C.DONE)
    assert first.tree.get("server") != second.tree.get("server")


async def test_a_list_goes_page_by_page(here: Stage) -> None:
    crm = here.terminal()
    for nth in range(10, 15):
        await crm.does(f"page-{nth}", create(nth))
    found = list[str]()
    after = f' after="{number(9)}"'
    while after:
        page = (await crm.does("page", f'<list limit="2"{after}/>')).tree
        found += [one.text for one in page.iterfind(".//{*}number")]
        following = page.find("{*}subscribers").get("next")
        after = f' after="{following}"' if following else ""
    assert found[:5] == [number(nth) for nth in range(10, 15)]
    assert len(set(found)) == len(found)
    future = await crm.does("page", '<list changedSince="2999-01-01T00:00:00Z"/>')
    assert future.tree.find("{*}subscribers/{*}subscriber") is None


async def test_what_others_change_is_polled_until_it_is_acknowledged(here: Stage) -> None:
    crm = here.terminal()
    await crm.does("poll-0", create(20))
    assert (await crm.does("poll-1", "<poll/>")).code == C.NOTHING_TO_POLL
    assert (await here.command("subscriber", "suspend", number(20)))[0] == 0
    polled = await crm.does("poll-2", "<poll/>")
    assert polled.code == C.CHANGE_TO_ACKNOWLEDGE
    change = polled.tree.find("{*}change")
    assert (change.get("what"), polled.text("p:change/p:number")) == ("suspended", number(20))
    assert polled.text("p:waiting") == "1"
    checked = await crm.does("poll-3", f'<acknowledge change="{change.get("id")}"/>', ' mode="check"')
    assert checked.code == C.WOULD_BE_DONE
    assert (await crm.does("poll-3", "<poll/>")).code == C.CHANGE_TO_ACKNOWLEDGE, "it is not taken"
    taken = await crm.does("poll-3", f'<acknowledge change="{change.get("id")}"/>')
    assert taken.code == C.DONE
    assert (await crm.does("poll-4", "<poll/>")).code == C.NOTHING_TO_POLL
    unknown = await crm.does("poll-5", '<acknowledge change="999"/>')
    assert (unknown.code, unknown.text("p:result/p:at")) == (
        C.NO_SUCH_CHANGE,
        "/p:request/p:acknowledge/@change",
    )


async def test_a_terminal_does_what_it_may_and_sees_what_is_its_own(here: Stage) -> None:
    narrow = here.authority.issue("crm-3")
    crm = here.terminal(narrow)
    await here.terminal().does("may-0", create(30))
    for inner in (create(31), about("read", 30), "<list/>", "<poll/>"):
        assert (await crm.does("may-1", inner)).code == C.CERTIFICATE_NOT_DESIGNATED
    await here.designate("crm-3", narrow, "read,list,create", number(3)[:-1])
    assert (await crm.does("may-2", about("read", 30))).code == C.NUMBER_OUT_OF_RANGE
    assert (await crm.does("may-3", create(31))).code == C.NUMBER_OUT_OF_RANGE
    assert (await crm.does("may-4", about("delete", 3))).code == C.OPERATION_NOT_ALLOWED
    assert (await crm.does("may-5", "<poll/>")).code == C.OPERATION_NOT_ALLOWED
    listed = {one.text for one in (await crm.does("may-6", "<list/>")).tree.iterfind(".//{*}number")}
    assert listed
    assert all(one.startswith(number(3)[:-1]) for one in listed)


async def test_a_certificate_is_believed_until_it_is_not(here: Stage) -> None:
    crm = here.terminal(here.authority.issue("crm-4"))
    await here.designate("crm-4", crm.certificate)  # type: ignore[arg-type]
    stranger = authority("CA of somebody else").issue("crm-1")
    assert (await here.terminal(stranger).does("cert-0", "<list/>")).code == C.CERTIFICATE_NOT_BELIEVED
    nobody = await asyncio.to_thread(type(crm)(here.socket, None).ask, request("cert-1", "<list/>"))
    assert (nobody.code, nobody.status) == (C.NO_CERTIFICATE, 403)
    kept = Connection(here.socket)

    def on_it(inner: str) -> int:
        return crm.ask(request("cert-2", inner), on=kept).code

    try:
        assert await asyncio.to_thread(on_it, "<list/>") == C.DONE
        assert crm.certificate is not None
        here.revoke(crm.certificate)
        assert await until(lambda: on_it("<list/>") == C.CERTIFICATE_REVOKED, 20, 0.2), (
            "on an open connection"
        )
        assert await asyncio.to_thread(on_it, create(40)) == C.CERTIFICATE_REVOKED
        here.revoke(ends=timedelta(seconds=-1))
        assert await until(lambda: on_it("<list/>") == C.REVOCATION_LIST_ENDED, 20, 0.2)
    finally:
        here.revoke(ends=10 * DAY)
        kept.close()
    assert await until(lambda: here.terminal().ask(request("cert-3", "<list/>")).code == C.DONE, 20, 0.2)


@pytest.mark.parametrize(
    ("body", "path", "method", "fields", "code"),
    [
        (b"<a/>", ONE, "POST", {}, C.UNKNOWN_NAME),
        (b"\0", ONE, "POST", {}, C.NOT_READABLE),
        (b"", ONE, "POST", {}, C.NOT_READABLE),
        (request("x", "<poll/>"), ONE, "POST", {"Content-Type": "text/plain"}, C.NOT_READABLE),
        (
            request("x", "<poll/>"),
            ONE,
            "POST",
            {"Content-Type": "application/xml;charset=latin-1"},
            C.NOT_READABLE,
        ),
        (request("x", '<acknowledge change="999"/>', ' mode="check"'), ONE, "POST", {}, C.NO_SUCH_CHANGE),
        (b"", "/provisioning/v2", "POST", {}, C.PATH_UNKNOWN),
        (b"", ONE, "GET", {}, C.METHOD_NOT_ALLOWED),
        (b"", ONE, "DELETE", {}, C.METHOD_NOT_ALLOWED),
        (bulk("b", []), BULK, "POST", {}, C.EMPTY_BULK),
        (b"<a/>", BULK, "POST", {}, C.UNKNOWN_NAME),
    ],
)
async def test_what_cannot_be_done_has_its_code(
    here: Stage, body: bytes, path: str, method: str, fields: dict[str, str], code: Code
) -> None:
    crm = type(here.terminal())(here.socket, here.own, {**fields, "X-Usn-Request": "0123abcd"})
    answer = await asyncio.to_thread(crm.ask, body, path, method)
    assert (answer.code, answer.status) == (code, CATALOGUE[code].status)
    assert answer.tree.get("server") == "0123abcd"
    assert answer.headers["cache-control"] == "no-store"
    assert await until(
        lambda: any(one["server"] == "0123abcd" and one["code"] == code for one in here.lines("request")), 10
    )


async def test_what_is_no_http_or_too_long_is_told_in_xml(here: Stage) -> None:
    def raw(octets: bytes) -> bytes:
        connection = Connection(here.socket)
        connection.connect()
        connection.sock.sendall(octets)
        answer = b""
        while more := connection.sock.recv(65_536):
            answer += more
        connection.close()
        return answer

    long = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    for octets, code in (
        (b"NO\r\n\r\n", C.NOT_READABLE),
        (long % (ONE.encode(), 1024 * 1024 + 1), C.TOO_LARGE),
        (long % (BULK.encode(), 100 * 1024 * 1024 + 1), C.TOO_LARGE),
    ):
        answer = await asyncio.to_thread(raw, octets)
        assert f'<result code="{code.value}">'.encode() in answer
        assert f" {CATALOGUE[code].status} ".encode() in answer.partition(b"\r\n")[0]


async def test_the_schema_is_published(here: Stage) -> None:
    answer = await asyncio.to_thread(here.terminal().ask, b"", "/provisioning/v1/schema", "GET")
    assert answer.status == 200
    assert b"<xs:schema" in answer.body
    assert answer.headers["content-type"].startswith("application/xml")


async def test_who_sends_slowly_or_not_at_all_holds_up_nobody(here: Stage) -> None:
    idle = [Connection(here.socket) for _ in range(100)]
    for one in idle:
        one.connect()
        one.sock.sendall(b"POST /provisioning/v1 HTTP/1.1\r\nContent-Length: 1000\r\n\r\n<")
    began = time.monotonic()
    assert (await here.terminal().does("slow-1", "<list/>")).code == C.DONE
    assert time.monotonic() - began < 10
    for one in idle:
        one.close()


async def test_a_usnd_that_hangs_or_is_gone_is_told(here: Stage) -> None:
    def health() -> tuple[int, float]:
        began = time.monotonic()
        connection = Connection(here.socket)
        connection.request("GET", "/health")
        status = connection.getresponse().status
        connection.close()
        return status, time.monotonic() - began

    assert (await asyncio.to_thread(health))[0] == 200
    here.usnd.send(signal.SIGSTOP)
    try:
        waiting = asyncio.create_task(here.terminal().does("hang-1", create(50)))
        status, seconds = await asyncio.to_thread(health)
        assert (status, seconds < 2) == (503, True)
        late = await waiting
        assert (late.code, late.status) == (C.NO_ANSWER_IN_TIME, 504)
    finally:
        here.usnd.send(signal.SIGCONT)
    assert await until(lambda: health()[0] == 200, 20, 0.2)
    repeat = request("hang-1", create(50))
    assert await until(lambda: here.terminal().ask(repeat).code == C.DONE, 20, 0.2), "then or now, once"
    here.usnd.kill()
    try:
        gone = await here.terminal().does("gone-1", create(51))
        assert (gone.code, gone.status) == (C.NOT_ACTIVE, 503)
        assert (await here.terminal().does("gone-2", about("read", 50))).code == C.DONE, (
            "reading needs no usnd"
        )
    finally:
        (here.home / "control.sock").unlink(missing_ok=True)
        await here.start_usnd()
    assert await until(lambda: health()[0] == 200, 20, 0.2)
    assert (await here.terminal().does("gone-1", create(51))).code == C.DONE


async def test_the_journals_hold_no_body(here: Stage) -> None:
    await here.terminal().does("secret-1", create(60, "<name>Hush Hush</name>"))
    site = (here.home / "site.journal").read_text()
    assert "Hush" not in site
    assert number(60) not in site
    assert "password" not in site
    assert here.socket.stat().st_mode & 0o777 == 0o660
