"""One number in all its spellings reaches the same conference, and is the same caller (S11, C3, V4).

The carrier is a SIP peer of the tests' own; each spelling goes through a real Asterisk into usnd.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sip_carrier import Call, Carrier
from trunk_stage import put_trunks

from workbench.parts.ports import HOST
from workbench.parts.process import until
from workbench.parts.smsc.handsets import Smsc
from workbench.parts.usn import SHORT_CODE, Usn
from workbench.parts.voice.asterisk import asterisk_tree

COMMON = "+442079460000"
SUBSCRIBER = "+447700900001"
OTHER = "+447700900077"
WAYS_IN = f'[dial_in]\ncommon = "{COMMON}"\n'
ANYBODY = ("P-Asserted-Identity", f"<sip:{OTHER}@carrier>")

CALLED = [
    "sip:+442079460000@{host}",
    "sip:+442079460000@{host};user=phone",
    "sip:+442079460000;npdi@{host};user=phone",
    "sip:+442079460000;npdi;rn=+447700900999@{host}",
    "sip:+442079460000;isub=1234@{host}",
    "sip:2079460000;phone-context=+44@{host};user=phone",
    "sip:02079460000;phone-context=+44@{host};user=phone",
    "sip:02079460000;phone-context=carrier.example@{host}",
    "sip:02079460000;phone-context=national@{host}",
    "sip:+44-20-7946-0000@{host}",
    "sip:%2B442079460000@{host}",
    "sip:00442079460000@{host}",
    "sip:442079460000@{host}",
    "sip:02079460000@{host}",
    "sip:+442079460000:secret@{host}",
    "tel:+442079460000",
    "tel:+44-20-7946-0000;isub=99",
    "tel:2079460000;phone-context=+44",
    "tel:02079460000;phone-context=carrier.example",
]


@dataclass(frozen=True)
class World:
    usn: Usn
    carrier: Carrier
    smsc: Smsc

    @property
    def host(self) -> str:
        return f"{HOST}:{self.usn.asterisk.ports.sip}"

    def call(self, uri: str, *headers: tuple[str, str], to: str = "") -> Call:
        port = self.usn.asterisk.ports.sip
        return self.carrier.call(port, uri.format(host=self.host), headers, to)

    async def refused(self, *headers: tuple[str, str]) -> str | None:
        """The caller that usnd takes the call for."""
        before = self.usn.count("incoming call refused")
        self.call("sip:999999@{host}", *headers)
        await self.usn.until_event("incoming call refused", 10, before + 1)
        last = [line for line in self.usn.events() if line["event"] == "incoming call refused"][-1]
        return last.get("cli")


@asynccontextmanager
async def world(keys: str = "", settings: str = WAYS_IN) -> AsyncIterator[World]:
    smsc = Smsc(time.monotonic)
    await smsc.start()
    try:
        async with Carrier() as carrier:
            usn = Usn(asterisk_tree(), 9, smsc.port, settings=settings)
            put_trunks(usn, ("carrier", carrier.port, HOST, f"qualify = 0\n{keys}"))
            async with usn:
                await smsc.bound()
                await asyncio.to_thread(usn.command, "subscriber", "add", SUBSCRIBER)
                yield World(usn, carrier, smsc)
    finally:
        await smsc.stop()


async def finals(calls: Sequence[Call]) -> dict[str, int]:
    await until(lambda: all(call.final for call in calls), 15)
    return {call.request: call.final for call in calls}


async def test_the_number_called_is_one_in_all_its_spellings() -> None:
    """Where a PIN is asked for, the call is answered; a number that leads nowhere is refused."""
    async with world() as here:
        diverted = (
            ("Diversion", "<sip:+447700900055@carrier>;reason=unconditional"),
            ("History-Info", "<sip:+447700900055@carrier>;index=1,<sip:+442079460000@usn>;index=1.1"),
        )
        calls = [here.call(uri, ANYBODY) for uri in CALLED]
        calls.append(here.call(CALLED[0], ANYBODY, *diverted, to="<sip:+447700900055@carrier>"))
        found = await finals(calls)
        assert {uri: status for uri, status in found.items() if status != 200} == {}
        wrong = await finals([here.call("sip:+442079460009@{host}", ANYBODY)])
        assert 200 not in wrong.values()


SAME_CALLER = [
    [("P-Asserted-Identity", f"<sip:{SUBSCRIBER}@carrier>")],
    [("P-Asserted-Identity", f"<sip:{SUBSCRIBER}@carrier>, <tel:{SUBSCRIBER}>")],
    [("P-Asserted-Identity", f"<tel:{SUBSCRIBER}>"), ("P-Asserted-Identity", f"<sip:{SUBSCRIBER}@carrier>")],
    [("P-Asserted-Identity", f'"Smith, Ann" <sip:gateway@carrier>, <tel:{SUBSCRIBER}>')],
    [("P-Asserted-Identity", "<sip:07700900001;phone-context=+44@carrier;user=phone>")],
    [("P-Asserted-Identity", "sip:00447700900001@carrier;user=phone")],
    [("P-Asserted-Identity", f"<sip:{SUBSCRIBER};verstat=TN-Validation-Passed@carrier>")],
    [("Remote-Party-ID", "<sip:447700900001@carrier>;party=calling;privacy=off;screen=yes")],
    [("From", f'"Ann" <sip:{SUBSCRIBER};isub=2@carrier;user=phone>')],
    [("From", f"<tel:{SUBSCRIBER}>")],
    [
        ("From", '"Anonymous" <sip:anonymous@anonymous.invalid>'),
        ("P-Asserted-Identity", f"<tel:{SUBSCRIBER}>"),
    ],
    [
        ("From", f"<sip:{OTHER}@carrier>"),
        ("P-Asserted-Identity", f"<sip:{SUBSCRIBER}@carrier>"),
        ("P-Preferred-Identity", f"<sip:{OTHER}@carrier>"),
        ("Diversion", f"<sip:{OTHER}@carrier>;reason=no-answer"),
    ],
]
NOBODY = [
    [("P-Asserted-Identity", f"<sip:{SUBSCRIBER}@carrier>"), ("Privacy", "id")],
    [("P-Asserted-Identity", f"<sip:{SUBSCRIBER}@carrier>"), ("Privacy", "user;id;critical")],
    [("From", f"<sip:{SUBSCRIBER}@carrier>"), ("P-Asserted-Identity", "<sip:anonymous@anonymous.invalid>")],
    [("Remote-Party-ID", f"<sip:{SUBSCRIBER}@carrier>;privacy=full")],
    [("Remote-Party-ID", f"<sip:{SUBSCRIBER}@carrier>;screen=no")],
    [("P-Asserted-Identity", f"<sip:{SUBSCRIBER};verstat=TN-Validation-Failed@carrier>")],
    [("P-Asserted-Identity", f"<sip:{SUBSCRIBER}@carrier>"), ("Privacy", "history"), ("Privacy", "id")],
    [("P-Asserted-Identity", f"<sip:{SUBSCRIBER}@carrier>"), *[("Privacy", "none")] * 3],
    [
        ("Remote-Party-ID", f"<sip:{SUBSCRIBER}@carrier>;party=called;screen=yes"),
        ("Remote-Party-ID", f"<sip:{SUBSCRIBER}@carrier>;party=calling;screen=no"),
    ],
    [("P-Preferred-Identity", f"<sip:{SUBSCRIBER}@carrier>")],
    [("Diversion", f"<sip:{SUBSCRIBER}@carrier>")],
]


async def test_the_caller_is_whom_the_network_vouches_for() -> None:
    async with world() as here:
        found = [await here.refused(*headers) for headers in SAME_CALLER]
        assert found == [SUBSCRIBER] * len(SAME_CALLER)
        found = [await here.refused(*headers) for headers in NOBODY]
        assert found == [None] * len(NOBODY)


async def test_a_trunk_whose_callers_write_from_themselves_is_believed_only_what_its_network_says() -> None:
    async with world('identity_in = ["pai"]') as here:
        assert await here.refused(("From", f"<sip:{SUBSCRIBER}@carrier>")) is None
        asserted = ("P-Asserted-Identity", f"<sip:{SUBSCRIBER}@carrier>")
        assert await here.refused(asserted) == SUBSCRIBER


async def test_numbers_go_and_come_as_the_carrier_writes_them() -> None:
    """National with a prefix to the carrier, whose calls have the number called in To, behind a 9."""
    keys = """
called_out = "00"
called_out_add = "99"
calling_out = "national"
from_user = "acc77"
from_domain = "carrier.example"
identity_out = "both"
called_in_header = "to"
called_in = "digits"
called_in_strip = "9"
calling_in = "digits"
"""
    async with world(keys) as here:
        await here.smsc.deliver(SUBSCRIBER, SHORT_CODE, "IC +4989123456")
        assert await until(lambda: len(here.carrier.of("INVITE")) == 2, 10)
        dialled = {one.uri.partition("@")[0]: one for one in here.carrier.of("INVITE")}
        assert dialled.keys() == {"sip:99004989123456", "sip:9900447700900001"}
        for invite in dialled.values():
            assert "sip:acc77@carrier.example" in invite["from"]
            assert "sip:07700900001@" in invite["p-asserted-identity"]
            assert "sip:07700900001@" in invite["remote-party-id"]
        call = here.call(
            "sip:acc77@{host}",
            ("P-Asserted-Identity", "<sip:447700900077@carrier>"),
            to="<sip:9442079460000@carrier>",
        )
        assert await finals([call]) == {call.request: 200}
