"""Kannel's bearerbox bound as an ESME: what our codec writes it reads, what it writes our codec reads.

It is bound to our SMSC simulator, whose codec, segments and alphabets are those of the product. Debian has no
opensmppbox, so Kannel as an SMSC towards our ESME is not proven here: node-smpp and Jasmin are.
"""

from collections.abc import AsyncIterator

import pytest
from node_smsc import NodeSmsc
from peer_samples import LONG, SHORT, SHORT_CODE, SUBSCRIBER

from usnd.smpp.pdu.pdus import DeliverSm
from workbench.parts.smsc.handsets import Smsc
from workbench.parts.smsc.kannel import ONLINE, Kannel, kannel_tree


@pytest.fixture
async def kannel(smsc: Smsc) -> AsyncIterator[Kannel]:
    async with Kannel(kannel_tree(), smsc.port) as peer:
        yield peer


def coding(body: str) -> int:
    """What the one who sends by Kannel's HTTP must say of his text himself."""
    return 2 if any(ord(char) > 0x2100 or "Ѐ" <= char <= "ӿ" for char in body) else 0


async def test_kannel_reads_our_texts_in_every_alphabet(smsc: Smsc, kannel: Kannel) -> None:
    for body in SHORT:
        assert await smsc.deliver(SUBSCRIBER, SHORT_CODE, body) == 0
    received = await kannel.until_received(len(SHORT))
    # smsbox fetches our URL for each text at once: they arrive in any order.
    assert {text.body for text in received} == set(SHORT)
    assert {(text.sender, text.recipient) for text in received} == {(SUBSCRIBER, SHORT_CODE)}


async def test_kannel_reads_latin_1(smsc: Smsc, kannel: Kannel) -> None:
    body = "Réunion à Orléans, ç'est ça"
    pdu = DeliverSm(
        source_addr_ton=1,
        source_addr=SUBSCRIBER[1:],
        destination_addr=SHORT_CODE,
        data_coding=3,
        short_message=body.encode("latin-1"),
    )
    assert await smsc.deliver_pdu(pdu) == 0
    assert (await kannel.until_received(1))[0].body == body


async def test_kannel_joins_the_parts_of_our_long_texts(smsc: Smsc, kannel: Kannel) -> None:
    for body in LONG:
        assert await smsc.deliver(SUBSCRIBER, SHORT_CODE, body) == 0
    received = await kannel.until_received(len(LONG))
    assert [text.body for text in received] == LONG


@pytest.mark.parametrize("bodies", [SHORT, LONG], ids=["one segment", "several"])
async def test_we_read_what_kannel_writes(smsc: Smsc, kannel: Kannel, bodies: list[str]) -> None:
    """In every alphabet, and concatenated by Kannel's own cutting."""
    for body in bodies:
        await kannel.send(SHORT_CODE, SUBSCRIBER, body, coding=coding(body))
    received = [await smsc.next_text(SUBSCRIBER) for _ in bodies]
    assert sorted(text.body for text in received) == sorted(bodies)
    assert {(text.sender, text.recipient) for text in received} == {(SHORT_CODE, SUBSCRIBER)}


async def test_a_throttled_kannel_delivers_everything_in_the_end(smsc: Smsc, kannel: Kannel) -> None:
    smsc.faults.messages_per_second = 5
    for number in range(12):
        await kannel.send(SHORT_CODE, SUBSCRIBER, f"text {number}")
    received = [(await smsc.next_text(SUBSCRIBER, 30)).body for _ in range(12)]
    assert sorted(received) == sorted(f"text {number}" for number in range(12))


async def test_kannel_enquires_is_answered_and_unbinds(smsc: Smsc) -> None:
    settings = {"enquire-link-interval": 1}
    async with Kannel(kannel_tree(), smsc.port, settings, verbosity=0) as kannel:
        await kannel.until_logged("type_name: enquire_link_resp")
        await kannel.bearerbox.stop(patience=15)
        await kannel.until_logged("type_name: unbind_resp")
        assert kannel.bearerbox.returncode == 0


async def test_kannel_binds_again_when_it_is_dropped(smsc: Smsc, kannel: Kannel) -> None:
    smsc.drop_connections()
    await kannel.until_status("(re-connecting")
    await kannel.until_status(ONLINE)
    await smsc.bound()
    assert await smsc.deliver(SUBSCRIBER, SHORT_CODE, "IC Mkting") == 0
    await kannel.until_received(1)


async def test_kannel_and_node_smpp_agree() -> None:
    """Both strangers to us: what differs with them in the tests above is our doing."""
    async with NodeSmsc() as node, Kannel(kannel_tree(), node.port) as kannel:
        await node.until_pdu("bind_transceiver")
        await kannel.send(SHORT_CODE, SUBSCRIBER, "IC [Mkting]")
        submitted = await node.until_pdu("submit_sm")
        assert submitted["short_message"] == "IC [Mkting]"
        mo = {"source_addr_ton": 1, "source_addr": SUBSCRIBER[1:], "destination_addr": SHORT_CODE}
        assert await node.deliver(**mo, short_message="UC alfa") == 0
        assert (await kannel.until_received(1))[0].body == "UC alfa"
