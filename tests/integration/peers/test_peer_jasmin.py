"""Jasmin as the SMSC of our ESME, and as a client of node-smpp and of our SMSC simulator.

A text of ours goes ESME → Jasmin's SMPP server → Jasmin's SMPP client → simulator, and back the same way, so
that Jasmin's codec reads and writes each of our PDUs twice. Skipped only where Jasmin cannot be installed.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from node_smsc import NodeSmsc
from peer_samples import LONG, SHORT, SHORT_CODE, SUBSCRIBER
from smpp_daemon import OK, Daemon
from structlog.testing import capture_logs

from usnd.smpp.link.session import Timers
from usnd.smpp.link.settings import LinkSettings, Rejected
from usnd.smpp.pdu.pdus import DeliverSm
from usnd.smpp.text.alphabets import Alphabet
from usnd.smpp.text.segments import join, split
from workbench.parts.smsc.handsets import Smsc
from workbench.parts.smsc.jasmin import (
    PASSWORD,
    REQUIREMENTS,
    SYSTEM_ID,
    Jasmin,
    NoJasmin,
    brokers,
    jasmin_environment,
)
from workbench.setup.locks import Lock, installed

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def jasmin_towards(port: int) -> AsyncIterator[Jasmin]:
    try:
        peer = Jasmin(await asyncio.to_thread(jasmin_environment), brokers(), port)
    except NoJasmin as error:
        pytest.skip(str(error))
    async with peer:
        yield peer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def smsc() -> AsyncIterator[Smsc]:
    simulator = Smsc(time.monotonic)
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def jasmin(smsc: Smsc) -> AsyncIterator[Jasmin]:
    async with jasmin_towards(smsc.port) as peer:
        yield peer


@asynccontextmanager
async def bound(jasmin: Jasmin, **changes: object) -> AsyncIterator[Daemon]:
    """Our ESME, bound to Jasmin."""
    fields = {
        "name": "jasmin",
        "host": "127.0.0.1",
        "port": jasmin.smpp_port,
        "system_id": SYSTEM_ID,
        "password": PASSWORD,
        "timers": Timers(enquire_interval=0.5, response=5, bind=5, unbind=2),
        "reconnect_first": 0.01,
        **changes,
    }
    daemon = Daemon(LinkSettings(**fields))
    running = asyncio.create_task(daemon.link.run())
    try:
        await daemon.bound()
        yield daemon
    finally:
        await asyncio.wait_for(daemon.link.stop(), 60)
        await running


async def submit(daemon: Daemon, body: str, reference: int = 1) -> None:
    for segment in split(body, Alphabet.GSM7, reference):
        await daemon.submit(SHORT_CODE, SUBSCRIBER, segment)


async def test_our_texts_pass_through_jasmin_whole(smsc: Smsc, jasmin: Jasmin) -> None:
    async with bound(jasmin) as daemon:
        for number, body in enumerate([*SHORT, *LONG]):
            await submit(daemon, body, number)
            text = await smsc.next_text(SUBSCRIBER)
            assert (text.sender, text.body) == (SHORT_CODE, body)


async def test_texts_for_us_pass_through_jasmin_whole(smsc: Smsc, jasmin: Jasmin) -> None:
    async with bound(jasmin) as daemon:
        for body in SHORT:
            assert await smsc.deliver(SUBSCRIBER, SHORT_CODE, body) == OK
        await daemon.until(lambda: len(daemon.texts) == len(SHORT))
        assert [text.body for text in daemon.texts] == SHORT
        assert {(text.sender, text.recipient) for text in daemon.texts} == {(SUBSCRIBER, SHORT_CODE)}


async def test_latin_1_for_us(smsc: Smsc, jasmin: Jasmin) -> None:
    body = "Réunion à Orléans, ç'est ça"
    pdu = DeliverSm(
        source_addr_ton=1,
        source_addr=SUBSCRIBER[1:],
        destination_addr=SHORT_CODE,
        data_coding=3,
        short_message=body.encode("latin-1"),
    )
    async with bound(jasmin) as daemon:
        assert await smsc.deliver_pdu(pdu) == OK
        await daemon.until(lambda: bool(daemon.texts))
        assert daemon.texts[0].body == body


async def test_long_texts_for_us_arrive_in_parts_that_join(smsc: Smsc, jasmin: Jasmin) -> None:
    async with bound(jasmin) as daemon:
        for number, body in enumerate(LONG):
            daemon.texts.clear()
            assert await smsc.deliver(SUBSCRIBER, SHORT_CODE, body) == OK
            total = len(split(body, Alphabet.GSM7, number))
            await daemon.until(lambda total=total: len(daemon.texts) == total)
            parts = {part.concatenation.number: part.octets for part in daemon.texts if part.concatenation}
            assert sorted(parts) == list(range(1, total + 1))
            assert join([parts[key] for key in sorted(parts)], daemon.texts[0].alphabet) == body


async def test_enquires_are_answered_and_unbind_ends_it(jasmin: Jasmin) -> None:
    with capture_logs() as lines:
        async with bound(jasmin) as daemon:
            await asyncio.sleep(1.5)  # three intervals of ours
            assert daemon.link.session == "bind-1"
            assert daemon.link.counters.pdus_in >= 3
    (down,) = [line for line in lines if line["event"] == "smsc link down"]
    assert down["reason"] == "unbound"  # Jasmin's unbind_resp, not the end of our patience


async def test_a_wrong_password_is_refused(jasmin: Jasmin) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1), bound(jasmin, password="wrong"):
            pass


async def test_what_jasmin_refuses_is_told_apart(jasmin: Jasmin) -> None:
    async with bound(jasmin) as daemon:
        (segment,) = split("x", Alphabet.GSM7)
        with pytest.raises(Rejected):
            await daemon.submit(SHORT_CODE, "", segment)
        assert daemon.link.session == "bind-1"


async def test_a_throttled_jasmin_delivers_everything_in_the_end(smsc: Smsc, jasmin: Jasmin) -> None:
    smsc.faults.messages_per_second = 5
    try:
        wanted = [f"text {number}" for number in range(12)]
        for body in wanted:
            await jasmin.send(SHORT_CODE, SUBSCRIBER[1:], body.encode())
        received = [(await smsc.next_text(SUBSCRIBER, 30)).body for _ in wanted]
        assert sorted(received) == sorted(wanted)
    finally:
        smsc.faults.messages_per_second = None


async def test_we_read_what_jasmin_writes_of_its_own(smsc: Smsc, jasmin: Jasmin) -> None:
    """Texts by HTTP, cut by Jasmin."""
    bodies = {"0123456789" * 30: 0, "IC Mkting": 0, "Созвать Mkting 😀": 8, "Ж" * 200: 8}
    for body, coding in bodies.items():
        octets = body.encode("utf-16-be" if coding else "ascii")
        await jasmin.send(SHORT_CODE, SUBSCRIBER[1:], octets, coding)
        assert (await smsc.next_text(SUBSCRIBER)).body == body


async def test_jasmin_is_a_client_of_node_smpp() -> None:
    """Both strangers to us: what differs with them in the tests above is our doing."""
    async with NodeSmsc() as node, jasmin_towards(node.port) as peer:
        await peer.send(SHORT_CODE, SUBSCRIBER[1:], b"IC Mkting")
        submitted = await node.until_pdu("submit_sm")
        assert submitted["short_message"] == "IC Mkting"


async def test_the_lock_of_jasmin_names_every_extra_that_its_packages_ask_for(jasmin: Jasmin) -> None:
    assert Lock.read(REQUIREMENTS.read_text()).lacking(installed(jasmin_environment())) == {}
