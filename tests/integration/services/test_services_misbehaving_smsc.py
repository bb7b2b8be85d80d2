"""MT texts at an SMSC of another make that is late, forgets answers, refuses for now, or closes on a text."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from node_smsc import NodeSmsc
from sqlalchemy import text
from test_services_outbox import Sender, sending, settings

from usnd.domain.messaging.message import Priority
from usnd.domain.messaging.sending import RetryRules
from usnd.domain.messaging.smsc_refusals import Refusal
from usnd.smpp.link.session import Timers
from usnd.smpp.pdu.status import CommandStatus

SOON = Timers(response=1)
RETRY = RetryRules(most=3, pause=1)


def seen(node: NodeSmsc) -> Counter[str]:
    """How often each text was submitted."""
    pdus = [event["pdu"] for event in node.events if event["event"] == "pdu"]
    return Counter(pdu["short_message"] for pdu in pdus if pdu["command"] == "submit_sm")


async def endings(sender: Sender) -> list[tuple[str, str | None, int]]:
    query = text("SELECT state, ending, attempts FROM mt_texts ORDER BY id")
    return [tuple(row) for row in await sender.store.run(lambda tx: tx.execute(query).all())]


async def test_late_answers_settle_their_texts_and_nothing_goes_twice(tmp_path: Path) -> None:
    """The node's own times, a tenth: response_timeout 1, answers after 1.1 s, the first pause 3."""
    async with NodeSmsc() as node:
        await node.tell("delay", milliseconds=1100)
        own = settings("one", node.port, timers=SOON, window=5, retry=RetryRules(pause=3))
        async with sending(tmp_path, own) as sender:
            await sender.send(*map(str, range(20)), priority=Priority.BULK)
            await sender.until(["sent"] * 20, 30)
            assert seen(node) == Counter(map(str, range(20)))
            assert sender.links[0].counters.overdue > 0
            assert sender.outbox.bind_senders[0].overdue == 0


async def test_a_text_whose_answers_are_lost_goes_a_few_times_also_across_a_restart(tmp_path: Path) -> None:
    async with NodeSmsc() as node:
        await node.tell("mute", count=100)
        own = settings("one", node.port, timers=SOON, retry=RETRY)
        async with sending(tmp_path, own) as sender:
            await sender.send("lost")
            async with asyncio.timeout(10):
                while await endings(sender) != [("queued", None, 1)]:  # noqa: ASYNC110 # of the database
                    await asyncio.sleep(0.02)
        assert seen(node) == Counter({"lost": 1})
        async with sending(tmp_path, own) as sender:
            await sender.until(["expired"], 20)
            assert await endings(sender) == [("expired", "unknown", 3)]
        assert seen(node) == Counter({"lost": 3})


async def test_a_text_on_which_the_smsc_closes_does_not_block_the_others(tmp_path: Path) -> None:
    async with NodeSmsc() as node:
        await node.tell("poison", text="poison")
        own = settings("one", node.port, retry=RetryRules(most=4, pause=1))
        async with sending(tmp_path, own) as sender:
            await sender.send("a", "b", "poison", "c", "d")
            await sender.until(["sent", "sent", "queued", "sent", "sent"], 10)
            await sender.send("e", "f", recipient="+1")
            await sender.until(["sent", "sent", "rejected", "sent", "sent", "sent", "sent"], 20)
            assert (await endings(sender))[2] == ("rejected", "set aside", 4)
        closings = [event for event in node.events if event["event"] == "closed"]
        assert seen(node)["poison"] == 4
        assert len(closings) <= 5  # the last is our own


@pytest.mark.parametrize(
    "status", [CommandStatus.ESME_RSYSERR, CommandStatus.ESME_RX_T_APPN, CommandStatus.ESME_RINVBNDSTS, 0x408]
)
async def test_what_is_refused_for_three_seconds_is_sent_then(tmp_path: Path, status: int) -> None:
    async with NodeSmsc() as node:
        await node.tell("refuse_all", status=status)
        own = settings("one", node.port, refusals={"0x00000408": Refusal.TEMPORARY})
        async with sending(tmp_path, own) as sender:
            await sender.send(*map(str, range(20)), priority=Priority.BULK)
            await asyncio.sleep(3)
            await node.tell("refuse_all", status=0)
            await sender.until(["sent"] * 20, 30)
            assert await endings(sender) == [("sent", None, 0)] * 20
            binds = sender.links[0].counters.binds
            assert binds > 1 if status == CommandStatus.ESME_RINVBNDSTS else binds == 1


async def test_a_nack_without_a_number_makes_a_new_bind_at_once(tmp_path: Path) -> None:
    async with NodeSmsc() as node:
        await node.tell("nack", submits=1, binds=1)
        began = asyncio.get_running_loop().time()
        async with sending(tmp_path, settings("one", node.port)) as sender:
            await sender.send("hello")
            await sender.until(["sent"], 5)
            assert asyncio.get_running_loop().time() - began < 5  # neither bind nor response timed out
            assert seen(node) == Counter({"hello": 2})
            assert sender.links[0].counters.binds == 2
