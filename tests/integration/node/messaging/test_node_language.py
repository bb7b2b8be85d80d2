"""Proves the language on the running daemon: texts by node-smpp in, replies, blasts and refusals out.

Asterisk is away on purpose where no text needs it.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest
from node_smsc import NodeSmsc

from workbench.demo.stage import EVERYBODY, GROUP, GROUP_NAME, SUBSCRIBER, stage
from workbench.parts.process import PartError
from workbench.parts.usn import SHORT_CODE, Usn
from workbench.parts.voice.asterisk import asterisk_tree

SETTINGS = "[texts]\nunregistered_pause = 3600\nunregistered_per_minute = 2\nlongest_blast = 40\n"
BOB, EVE = "+447700900002", "+447700900003"


class Phone:
    """A subscriber's handset behind node-smpp."""

    def __init__(self, smsc: NodeSmsc, usn: Usn) -> None:
        self.smsc = smsc
        self.usn = usn

    async def send(self, body: str, sender: str = SUBSCRIBER) -> None:
        status = await self.smsc.deliver(
            source_addr_ton=1,
            source_addr=sender.removeprefix("+"),
            destination_addr=SHORT_CODE,
            octets=body.encode("utf-16-be").hex(),
            data_coding=8,
        )
        assert status == 0

    async def text(self, body: str) -> str:
        seen = len(self.got(SUBSCRIBER))
        await self.send(body)
        async with asyncio.timeout(60):
            while len(self.got(SUBSCRIBER)) == seen:  # noqa: ASYNC110 - the peer is another process
                await asyncio.sleep(0.02)
        return self.got(SUBSCRIBER)[seen]

    def got(self, number: str) -> list[str]:
        """What the SMSC was given for that number, as node-smpp decoded it."""
        pdus = [event["pdu"] for event in self.smsc.events if event["event"] == "pdu"]
        return [
            pdu["short_message"]
            for pdu in pdus
            if pdu["command"] == "submit_sm" and pdu["destination_addr"] == number.removeprefix("+")
        ]


@pytest.fixture
async def phone() -> AsyncIterator[Phone]:
    async with NodeSmsc() as smsc:
        usn = Usn(asterisk_tree(), 9, smsc.port, settings=SETTINGS)
        try:
            usn.command("db", "upgrade")
            usn.command("subscriber", "add", SUBSCRIBER)
            usn.process.start()
            await usn.until_event("smsc link bound")
            yield Phone(smsc, usn)
        finally:
            await usn.stop()


async def test_a_subscriber_lives_by_text_alone(phone: Phone) -> None:
    for body, answer in (
        (f"uc bob {BOB} Robert.Smith Mkting", f"User bob created: {BOB} Robert Smith, in Mkting."),
        ("UC J\u00f6rg 07700 900003 . mkting", f"User J\u00f6rg created: {EVE}, in Mkting."),
        ("GC mkting golf", "Not known: golf. Create users with UC, groups with GC. Nothing was done."),
        ("CC3 Mkting", "Conference 3 created (1): Mkting. Text IC 3 to call."),
        ("UE bob .Jones -mkting", f"User bob changed: {BOB} Robert Jones, in no group."),
        ("GL Mkting", "Group Mkting (1): J\u00f6rg."),
        ("UD 07700900003", "User J\u00f6rg deleted, also from Mkting."),
        ("LC3", "Conference 3 (1): Mkting. Text IC 3 to call."),
        ("IC3", "Nobody to call: nobody is in Mkting."),
        ("IC bob", "Calls cannot be placed at the moment. Please text again in a few minutes."),
        ("gd MKTING", "Group Mkting deleted, also from IC 3. Its members stay."),
        ("LC 3", "Nobody is in conference 3 any more. Text CC3 and whom to call."),
    ):
        assert await phone.text(body) == answer


async def test_a_blast_reaches_each_once_from_the_short_code(phone: Phone) -> None:
    answer = await phone.text(f"SB {BOB} {EVE} {BOB} {SUBSCRIBER}: At 10:30 \u20ac5")
    assert answer == f"Your text goes to 2: {BOB}, {EVE}."
    async with asyncio.timeout(60):
        while not (phone.got(BOB) and phone.got(EVE)):  # noqa: ASYNC110 - the peer is another process
            await asyncio.sleep(0.02)
    for number in (BOB, EVE):
        assert phone.got(number) == [f"From {SUBSCRIBER}: At 10:30 \u20ac5"]
    pdus = [e["pdu"] for e in phone.smsc.events if e.get("pdu", {}).get("command") == "submit_sm"]
    assert {pdu["source_addr"] for pdu in pdus} == {SHORT_CODE}
    assert await phone.text(f"SB {BOB}: {'x' * 41}") == (
        "41 characters are too many for one text: at most 40. Nothing was done."
    )


async def test_strangers_are_told_once_and_few_in_a_minute(phone: Phone) -> None:
    strangers = [f"+4477009001{number:02}" for number in range(5)]
    for group in ("Mkting", "Sales"):  # the same again at once would be the SMSC's repetition
        for stranger in strangers:
            await phone.send(f"IC {group}", stranger)
    assert await phone.text("?")
    assert phone.usn.count("not registered") == 10
    assert phone.usn.count("not registered", told=True) == 2
    answers = [answer for stranger in strangers for answer in phone.got(stranger)]
    assert answers == ["This number is not registered for Instant Conferencing."] * 2


async def test_what_is_set_for_a_subscriber_by_the_command(phone: Phone) -> None:
    listed = phone.usn.command("subscriber", "list", "--json")
    assert '"call_texts": false' in listed
    assert '"language": "en"' in listed
    phone.usn.command("subscriber", "set", SUBSCRIBER, "--call-texts", "--language", "fr")
    phone.usn.command("subscriber", "set", SUBSCRIBER)
    listed = phone.usn.command("subscriber", "list", "--json")
    assert '"call_texts": true' in listed
    assert '"language": "fr"' in listed
    assert (await phone.text("?")).startswith("Commands: UC, UE")
    phone.usn.command("subscriber", "set", SUBSCRIBER, "--no-call-texts")
    assert '"call_texts": false' in phone.usn.command("subscriber", "list", "--json")
    with pytest.raises(PartError, match="not registered"):
        phone.usn.command("subscriber", "set", BOB, "--call-texts")
    with pytest.raises(PartError, match="a language of this node: de, en, "):
        phone.usn.command("subscriber", "set", SUBSCRIBER, "--language", "Finnish")


async def test_a_stored_conference_is_called_with_a_text_beside_each_call() -> None:
    """On a real Asterisk, with handsets that answer."""
    async with stage() as parts:
        parts.usn.command("subscriber", "set", SUBSCRIBER, "--call-texts")
        for nick, number in GROUP.items():
            await parts.text(f"UC {nick} {number} . {GROUP_NAME}")
        await parts.text(f"CC7 {GROUP_NAME} {SUBSCRIBER}")
        assert await parts.text("ic7") == f"Calling you and 3 more: {', '.join(GROUP)}."
        await parts.usn.until_event("call joined", 20, len(EVERYBODY))
        for number in GROUP.values():
            beside = await parts.smsc.next_text(number)
            assert beside.body == f"{SUBSCRIBER} is calling you into a conference."
        assert len([text for text in parts.smsc.texts if text.recipient in GROUP.values()]) == len(GROUP)
        called = sorted(invite.called for invite in parts.switch.invites)
        assert called == sorted(EVERYBODY.values())
