"""Proves that a handset with an auto-reply gets few answers, by an SMSC of another make (S13)."""

from collections.abc import Sequence

from node_smsc import NodeSmsc
from texting_node import texting_node

from usnd.domain.messaging.automatic_senders import AutomaticSenderRules
from workbench.demo.stage import SUBSCRIBER
from workbench.parts.usn import SHORT_CODE

TIMES = 39


def replies(smsc: NodeSmsc) -> Sequence[str]:
    pdus = (event["pdu"] for event in smsc.events if event["event"] == "pdu")
    return [pdu["short_message"] for pdu in pdus if pdu["command"] == "submit_sm"]


async def test_a_handset_with_an_auto_reply_gets_few_answers_and_its_owner_is_heard_all_the_same() -> None:
    async with texting_node() as (_, smsc):
        text = {"source_addr": SUBSCRIBER.removeprefix("+"), "source_addr_ton": 1, "source_addr_npi": 1}
        text["destination_addr"] = SHORT_CODE
        for number in range(TIMES):
            assert await smsc.deliver(**text, octets=f"Away until {number} May".encode().hex()) == 0
        assert await smsc.deliver(**text, octets=b"UC bob 07700900002".hex()) == 0
        # Replies to one number come one after the other: behind this one there is none of before.
        await smsc.until(lambda event: "bob" in str(event.get("pdu", {}).get("short_message")))
        assert len(replies(smsc)) == AutomaticSenderRules().answers + 1
