"""The link against node-smpp: an SMSC that is not ours reads what we write and writes what we read."""

import asyncio

import pytest
from node_smsc import NodeSmsc
from smpp_daemon import OK, Daemon, StartLink

from usnd.smpp.link.session import Timers
from usnd.smpp.link.settings import LinkLost, LinkState, NotBound, Rejected, Submitted, Throttled
from usnd.smpp.pdu.status import CommandStatus
from usnd.smpp.text.alphabets import Alphabet
from usnd.smpp.text.segments import split

SENDER = {"source_addr_ton": 1, "source_addr_npi": 1, "source_addr": "491700000001"}
MO = {**SENDER, "destination_addr": "2663"}


async def submit(daemon: Daemon, text: str, recipient: str = "+491700000001") -> list[Submitted]:
    segments = split(text, Alphabet.GSM7, reference=9)
    return [await daemon.submit("2663", recipient, segment) for segment in segments]


async def test_binds_as_transceiver_and_unbinds_when_stopped(node_smsc: NodeSmsc, started: StartLink) -> None:
    async with started(node_smsc.port, system_type="USN") as daemon:
        await daemon.bound()
        bind = await node_smsc.until_pdu("bind_transceiver")
        assert (bind["system_id"], bind["system_type"], bind["interface_version"]) == ("usn", "USN", 0x34)
    assert await node_smsc.until_pdu("unbind")
    assert daemon.states == [
        LinkState.CONNECTING,
        LinkState.BINDING,
        LinkState.BOUND,
        LinkState.UNBINDING,
        LinkState.DOWN,
    ]
    assert daemon.link.session is None


async def test_a_text_is_answered_only_when_it_is_settled(node_smsc: NodeSmsc, started: StartLink) -> None:
    async with started(node_smsc.port) as daemon:
        await daemon.bound()
        commit = asyncio.Event()

        async def settle(_: object) -> CommandStatus:
            await commit.wait()
            return OK

        daemon.settle = settle
        answered = asyncio.create_task(node_smsc.deliver(**MO, short_message="IC Mkting"))
        assert await node_smsc.ask("enquire") == OK  # answered behind the text, before its response
        assert not answered.done()
        commit.set()
        assert await answered == OK
        (text,) = daemon.texts
        assert (text.sender, text.recipient, text.body) == ("+491700000001", "2663", "IC Mkting")
        assert (text.smsc, text.session) == ("peer", "bind-1")


@pytest.mark.parametrize(
    ("coding", "octets", "body"),
    [
        (0, b"\x00\x1b\x65\x10", "@€Δ"),
        (1, b"IC", "IC"),
        (3, b"\xe7a", "ça"),
        (8, "Ж😀".encode("utf-16-be"), "Ж😀"),
    ],
)
async def test_reads_every_alphabet(
    node_smsc: NodeSmsc, started: StartLink, coding: int, octets: bytes, body: str
) -> None:
    async with started(node_smsc.port) as daemon:
        await daemon.bound()
        assert await node_smsc.deliver(**MO, data_coding=coding, octets=octets.hex()) == OK
        assert daemon.texts[0].body == body


async def test_a_text_that_fails_is_answered_with_a_system_error(
    node_smsc: NodeSmsc, started: StartLink
) -> None:
    async with started(node_smsc.port) as daemon:
        await daemon.bound()

        async def settle(_: object) -> CommandStatus:
            raise RuntimeError("the store is away")

        daemon.settle = settle
        assert await node_smsc.deliver(**MO, short_message="IC") == CommandStatus.ESME_RSYSERR


async def test_a_receipt_is_not_a_text(node_smsc: NodeSmsc, started: StartLink) -> None:
    async with started(node_smsc.port) as daemon:
        await daemon.bound()
        text = (
            "id:n17 sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 text:"
        )
        assert await node_smsc.deliver(**MO, esm_class=4, short_message=text) == OK
        assert daemon.texts == []
        (receipt,) = daemon.receipts
        assert (receipt.message_id, receipt.stat) == ("n17", "DELIVRD")


async def test_messages_arrive_in_order_within_the_window(node_smsc: NodeSmsc, started: StartLink) -> None:
    async with started(node_smsc.port, window=4) as daemon:
        await daemon.bound()
        await node_smsc.tell("mute", count=4)
        first = [asyncio.create_task(submit(daemon, f"text {number}")) for number in range(8)]
        lost = await asyncio.gather(*first[:4], return_exceptions=True)
        assert [type(error) for error in lost] == [LinkLost] * 4  # answered by nobody, in 2 s
        taken = await asyncio.gather(*first[4:])
        assert [part.message_id for parts in taken for part in parts] == ["n1", "n2", "n3", "n4"]
        seen = [event["pdu"]["short_message"] for event in node_smsc.events if _is_submit(event)]
        assert seen == [f"text {number}" for number in range(8)]
        assert daemon.link.session == "bind-1"  # enquire_link was answered: the bind stays


async def test_a_long_message_is_whole_at_the_peer(node_smsc: NodeSmsc, started: StartLink) -> None:
    async with started(node_smsc.port) as daemon:
        await daemon.bound()
        await submit(daemon, "Привет 😀 " * 20)
        pdus = [event["pdu"] for event in node_smsc.events if _is_submit(event)]
        assert len(pdus) == 3
        assert {pdu["esm_class"] for pdu in pdus} == {0x40}
        assert {pdu["data_coding"] for pdu in pdus} == {8}
        assert "".join(pdu["short_message"] for pdu in pdus) == "Привет 😀 " * 20
        assert (pdus[0]["dest_addr_ton"], pdus[0]["destination_addr"]) == (1, "491700000001")


async def test_refusals_are_told_apart(node_smsc: NodeSmsc, started: StartLink) -> None:
    async with started(node_smsc.port) as daemon:
        await daemon.bound()
        await node_smsc.tell(
            "refuse",
            statuses=[
                CommandStatus.ESME_RTHROTTLED,
                CommandStatus.ESME_RMSGQFUL,
                CommandStatus.ESME_RINVDSTADR,
            ],
        )
        for error in (Throttled, Throttled, Rejected):
            with pytest.raises(error):
                await submit(daemon, "x")
        with pytest.raises(Rejected, match="RINVDSTADR"):  # refused here, nothing written
            await submit(daemon, "x", recipient="+" + "1" * 21)
        assert (await submit(daemon, "x"))[0].session == "bind-1"


async def test_the_smsc_may_unbind(node_smsc: NodeSmsc, started: StartLink) -> None:
    async with started(node_smsc.port) as daemon:
        await daemon.bound()
        assert await node_smsc.ask("unbind") == OK
        await daemon.bound("bind-2")
        assert daemon.link.counters.binds == 2


async def test_a_lost_connection_is_made_again(node_smsc: NodeSmsc, started: StartLink) -> None:
    async with started(node_smsc.port) as daemon:
        await daemon.bound()
        await node_smsc.tell("mute", count=1)
        written = asyncio.create_task(submit(daemon, "x"))
        await node_smsc.until_pdu("submit_sm")
        await node_smsc.tell("drop")
        with pytest.raises(LinkLost):
            await written
        with pytest.raises(NotBound):
            await submit(daemon, "y")
        await daemon.bound("bind-2")
        assert (await submit(daemon, "z"))[0].session == "bind-2"


async def test_enquires_and_is_enquired(node_smsc: NodeSmsc, started: StartLink) -> None:
    async with started(node_smsc.port, timers=Timers(enquire_interval=0.1, response=2)) as daemon:
        await daemon.bound()
        assert await node_smsc.until_pdu("enquire_link")
        assert await node_smsc.ask("enquire") == OK
        assert daemon.link.session == "bind-1"


@pytest.mark.parametrize("octets", ["ffffffff" * 4, "00000003", "00" * 64])
async def test_garbage_ends_the_bind_and_only_that(
    node_smsc: NodeSmsc, started: StartLink, octets: str
) -> None:
    async with started(node_smsc.port) as daemon:
        await daemon.bound()
        await node_smsc.tell("raw", octets=octets)
        await daemon.bound("bind-2")
        nack = await node_smsc.until_pdu("generic_nack")
        assert nack["command_status"] == CommandStatus.ESME_RINVCMDLEN


async def test_an_unknown_command_is_nacked_and_the_bind_stays(
    node_smsc: NodeSmsc, started: StartLink
) -> None:
    async with started(node_smsc.port) as daemon:
        await daemon.bound()
        await node_smsc.tell("raw", octets="00000010000007770000000000000009")
        nack = await node_smsc.until_pdu("generic_nack")
        assert (nack["command_status"], nack["sequence_number"]) == (CommandStatus.ESME_RINVCMDID, 9)
        assert daemon.link.session == "bind-1"


async def test_a_wrong_password_is_tried_again_and_never_bound(
    node_smsc: NodeSmsc, started: StartLink
) -> None:
    async with started(node_smsc.port, password="wrong") as daemon:
        for _ in range(3):
            await node_smsc.until_pdu("bind_transceiver", after=len(node_smsc.events))
        assert LinkState.BOUND not in daemon.states


def _is_submit(event: dict[str, object]) -> bool:
    pdu = event.get("pdu")
    return isinstance(pdu, dict) and pdu["command"] == "submit_sm"
