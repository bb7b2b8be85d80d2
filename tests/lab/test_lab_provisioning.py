"""The CRM provisions the pair over the lab's network: what it was told is so, also after faults."""

import asyncio
import http.client
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from crm.stage import BULK, ONE, P, about, bulk, create, number, request
from lab_pair import changes_nothing, on, rows
from lab_terminal import FIELDS, PORT, Line, asked, count, tried
from lxml import etree

from usnd.domain.pair.evidence import OperatorCommand
from usnd.domain.provisioning.codes import Code
from usnd.pair import control
from workbench.chaos import pair as pair_chaos
from workbench.lab import __main__ as lab
from workbench.lab import authority, net
from workbench.lab.faults.rows import other

RUN = f"t{int(time.time())}"  # ids of requests are new in each run: the lab may be an old one
LIKE = "+44770092%"
ROWS = 2000
LITTLE = 4096
FIRST = 22_000
ONE_MADE, NEVER_MADE, TOLD, LOST = range(20_001, 20_005)
COUNTS_WITHIN = 5.0
TAKE_OVER = 60.0
HANDED_OVER = 20.0
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="the lab needs root"),
    pytest.mark.skipif(any(shutil.which(tool) is None for tool in lab.TOOLS), reason="the lab's programs"),
    pytest.mark.timeout(3600),
    pytest.mark.usefixtures("pair"),
]


@pytest.fixture(scope="module", autouse=True)
def nobody_of_a_former_run(pair: None) -> None:
    node = pair_chaos.active()
    known = rows(node, f"SELECT number FROM subscribers WHERE number LIKE '{LIKE}'")
    deletions = [f"<delete><number>{one}</number></delete>" for one in known]
    if deletions:
        line = Line()
        line.ask(bulk(f"{RUN}-clear", deletions), BULK)
        line.close()
    on(node, f"sudo -u postgres psql -q usn -c \"DELETE FROM subscriber_changes WHERE number LIKE '{LIKE}'\"")


def until(done: Callable[[], bool], patience: float, pause: float = 0.2) -> float:
    """How long it took."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < patience
        time.sleep(pause)
    return time.monotonic() - began


def test_a_subscriber_made_by_curl_is_on_both_servers() -> None:
    url = f"https://{net.FLOATING}:{PORT}{ONE}"
    words = ["curl", "--silent", "--show-error", "--max-time", "30", *lab.curl_options()]
    words += ["--header", "Content-Type: application/xml", "--data-binary", "@-", url]
    sent = request(f"{RUN}-curl", create(ONE_MADE))
    done = subprocess.run(net.inside(net.OUTSIDE, *words), input=sent, capture_output=True, check=True)
    answer = etree.fromstring(done.stdout)
    assert answer.xpath("string(p:result/@code)", namespaces=P) == str(Code.DONE.value)
    assert answer.find("p:credentials/p:password", P) is not None, "the node has its key"
    assert [count(node, "subscribers", f"number = '{number(ONE_MADE)}'") for node in net.ADDRESSES] == [1, 1]


def test_the_standby_says_that_it_is_not_active() -> None:
    standby = other(pair_chaos.active())
    assert asked(f"{RUN}-standby", create(NEVER_MADE), net.ADDRESSES[standby]).code == Code.NOT_ACTIVE


def test_an_operator_reads_how_the_node_is() -> None:
    node = pair_chaos.active()
    on(node, "id operator1 >/dev/null 2>&1 || useradd --no-create-home --groups usn-operators operator1")
    try:
        assert "usnd is running" in on(node, "sudo -u operator1 usnd status")
        assert on(node, "sudo -u operator1 cat /etc/usn/usnd.toml 2>/dev/null || echo refused") == "refused\n"
        assert on(node, "sudo -u nobody cat /run/usnd/status.json 2>/dev/null || echo refused") == "refused\n"
    finally:
        on(node, "userdel operator1")


def test_an_answer_that_was_lost_is_given_again_by_the_other_server() -> None:
    node = pair_chaos.active()
    told = asked(f"{RUN}-told", create(TOLD))
    assert told.code == Code.DONE
    line = Line()
    line.ask_and_be_cut(request(f"{RUN}-lost", create(LOST)))
    until(lambda: count(node, "subscribers", f"number = '{number(LOST)}'") == 1, 10)
    line.cut()
    lab.ask("power", node, "panic")
    until(
        lambda: (again := tried(f"{RUN}-told", create(TOLD))) is not None and again.status == 200, TAKE_OVER
    )
    serves = other(node)
    assert net.FLOATING in on(serves, "ip -4 address show")
    assert asked(f"{RUN}-told", create(TOLD)).body == told.body
    first, second = (asked(f"{RUN}-lost", create(LOST)) for _ in range(2))
    assert (first.code, first.body) == (Code.DONE, second.body)
    pair_chaos.active()
    for each in net.ADDRESSES:
        for nth, id_ in ((TOLD, "told"), (LOST, "lost")):
            assert count(each, "subscribers", f"number = '{number(nth)}'") == 1
            assert count(each, "subscriber_changes", f"number = '{number(nth)}' AND by_crm") == 1
            assert count(each, "provisioning_requests", f"request_id = '{RUN}-{id_}'") == 1


@pytest.fixture
def leaver() -> Iterator[str]:
    """A terminal that may do everything, and a workstation that publishes to both servers by ssh."""
    name, ssh = f"leaver-{RUN}", authority.by_ssh(lab.ssh_words())
    places = [f"ssh://root@{address}/etc/usn/tls" for address in net.ADDRESSES.values()]
    authority.ca("publish", *places, environment=ssh)
    authority.ca("issue", name, "--out", str(authority.handed_out(name)), environment=ssh)
    lab.designate(name)
    yield name
    authority.ca("publish", *(word for place in places for word in ("--forget", place)), environment=ssh)
    shutil.rmtree(authority.handed_out(name))


def test_a_revocation_counts_on_both_servers_within_seconds(leaver: str) -> None:
    """For new connections and for those that are open, from the end of the command on."""
    pair_chaos.active()
    open_ = {node: Line(address, leaver) for node, address in net.ADDRESSES.items()}
    asks = about("read", ONE_MADE)
    before = {line.ask(request(f"{RUN}-r", asks)).code for line in open_.values()}
    assert before == {Code.DONE, Code.NOT_ACTIVE}, "believed by both, served by one"
    assert all(line.sock is not None for line in open_.values())
    said = authority.ca("revoke", leaver, environment=authority.by_ssh(lab.ssh_words()))
    assert said.count("published: ssh://") == 2
    began = time.monotonic()
    for line in open_.values():
        until(partial(_is_refused, line, asks), COUNTS_WITHIN)
        line.close()
    for address in net.ADDRESSES.values():
        until(partial(_reads_revoked, asks, address, leaver), COUNTS_WITHIN)
    assert time.monotonic() - began < COUNTS_WITHIN
    assert asked(f"{RUN}-stays", asks).code == Code.DONE, "others are believed as before"


def _is_refused(line: Line, asks: str) -> bool:
    """Or its connection has ended, and is not made again."""
    try:
        if line.sock is None:
            return True
        return bool(line.ask(request(f"{RUN}-r", asks)).code == Code.CERTIFICATE_REVOKED)
    except (OSError, http.client.HTTPException):
        return True


def _reads_revoked(asks: str, address: str, name: str) -> bool:
    answer = tried(f"{RUN}-r", asks, address, name)
    return answer is not None and answer.code == Code.CERTIFICATE_REVOKED


def test_certificates_that_are_there_are_not_brought_again() -> None:
    changes_nothing("certificates")


def rows_in(answer: bytes) -> dict[int, bytes]:
    """Of a bulk's answer that may end anywhere: each whole row, by its number."""
    whole = [part.partition(b"</row>") for part in answer.split(b"<row ")[1:]]
    return {int(row.split(b'"')[1]): row for row, end, _ in whole if end}


def test_a_bulk_goes_on_at_the_other_server() -> None:
    """The pair changes over while it runs. It is sent again, and each row is done once."""
    node = pair_chaos.active()
    long = f"<name>{'x' * 100}</name>"
    document = bulk(f"{RUN}-bulk", [create(FIRST + nth, long) for nth in range(ROWS)])
    line, taken = Line(reads=LITTLE), bytearray()
    line.request("POST", BULK, document, FIELDS)
    answer = line.getresponse()
    taken += answer.read1()
    hand_over(node)
    # Meanwhile nothing is read: a terminal that does not read holds nobody up.
    until(lambda: lab.states()[other(node)].startswith("active"), HANDED_OVER)
    with suppress(OSError, http.client.HTTPException):
        while octets := answer.read1():
            taken += octets
    line.close()
    first = rows_in(bytes(taken))
    assert f'<summary code="{Code.DONE.value}"'.encode() not in taken, "it was done before the change-over"
    assert 0 < len(first) < ROWS
    second = _sent_until_done(document)
    assert len(second) == ROWS
    assert {nth: row for nth, row in second.items() if nth in first} == first
    assert pair_chaos.active() == other(node)
    like = f"number BETWEEN '{number(FIRST)}' AND '{number(FIRST + ROWS - 1)}'"
    for each in net.ADDRESSES:
        assert count(each, "subscribers", like) == ROWS
        assert count(each, "subscriber_changes", f"{like} AND by_crm") == ROWS
        assert count(each, "provisioning_requests", f"request_id = '{RUN}-bulk' AND row > 0") == ROWS


def hand_over(node: str) -> None:
    """By the arbiter's own socket: a command by ssh comes later than a bulk's end."""
    there = Path(f"/proc/{lab.ask('system', node)}/root{lab.CONTROL_SOCKET}")
    told = asyncio.run(control.ask(there, {"command": OperatorCommand.SWITCH_OVER.value}))
    assert told.get("done"), told


def _sent_until_done(document: bytes) -> dict[int, bytes]:
    deadline = time.monotonic() + TAKE_OVER
    while True:
        assert time.monotonic() < deadline
        line = Line()
        try:
            body = line.ask(document, BULK).body
            if f'<summary code="{Code.DONE.value}"'.encode() in body:
                return rows_in(body)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            line.close()
        time.sleep(0.5)


def test_after_all_that_the_playbook_changes_nothing() -> None:
    pair_chaos.active()
    changes_nothing("site")
