"""Proves that who sent a text to many reads what was not sent, by an SMSC of another make (S3, S8)."""

from texting_node import texting_node

from usnd.smpp.pdu.status import CommandStatus
from workbench.demo.stage import GROUP, SUBSCRIBER
from workbench.parts.usn import SHORT_CODE

ALFA, BRAVO, _ = GROUP.values()
INTERNATIONAL = {"source_addr_ton": 1, "source_addr_npi": 1, "dest_addr_ton": 1, "dest_addr_npi": 1}


async def test_who_sent_a_text_to_many_reads_what_the_network_refused_from_the_short_code() -> None:
    """The SMSC calls our short code an international number; the report comes from it as configured."""
    async with texting_node() as (usn, smsc):
        await smsc.tell("refuse_all", status=CommandStatus.ESME_RINVDSTADR)
        text = {"source_addr": SUBSCRIBER.removeprefix("+"), "destination_addr": SHORT_CODE}
        octets = f"SB {ALFA} {BRAVO}: hello".encode().hex()
        assert await smsc.deliver(**text, **INTERNATIONAL, octets=octets) == 0
        await usn.until_event("text rejected", 20, 3)
        await smsc.tell("refuse_all", status=0)
        told = await smsc.until(lambda event: "not sent" in str(event.get("pdu", {}).get("short_message")))
        assert told["pdu"]["short_message"] == (
            f"Your text was not sent to {ALFA}, {BRAVO}: the network refused it."
        )
        assert told["pdu"]["source_addr"] == SHORT_CODE
        assert told["pdu"]["source_addr_ton"] == 0
