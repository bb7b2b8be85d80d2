"""A carrier that asks us to register: every answer of its registrar, and what each does to the trunk (V4).

The registrar is a SIP peer of the tests' own; each goes through a real Asterisk into usnd's status.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sip_carrier import OK, Answer, Carrier, Message
from trunk_stage import put_trunks

from workbench.parts.ports import HOST
from workbench.parts.process import until
from workbench.parts.smsc.handsets import Smsc
from workbench.parts.usn import SHORT_CODE, Usn
from workbench.parts.voice.asterisk import asterisk_tree

SUBSCRIBER = "+447700900001"
PASSWORD = "S3cretOfTheTrunk"
REGISTERS = f"""
username = "acc77"
password = "{PASSWORD}"
register = true
register_expiry = 30
register_retry = 5
register_forbidden_retry = 6
qualify = 0
"""
Registrar = Callable[[Message], Answer | None]


@dataclass(frozen=True)
class World:
    usn: Usn
    carrier: Carrier
    other: Carrier
    smsc: Smsc

    async def trunk(self, name: str = "carrier") -> dict[str, Any]:
        """The trunk as `usnd trunk status` shows it."""
        said = await asyncio.to_thread(self.usn.command, "trunk", "status", "--json")
        return next(row for row in map(json.loads, said.splitlines()) if row["trunk"] == name)

    async def until_shown(self, registration: str) -> dict[str, Any]:
        """The trunk, once it is shown so: what is shown is of the last second."""
        async with asyncio.timeout(20):
            while (row := await self.trunk())["registration"] != registration:  # noqa: ASYNC110 - a process
                await asyncio.sleep(0.2)
        return row


@asynccontextmanager
async def world(
    registrar: Registrar | None = None, password: str = PASSWORD, keys: str = "", other: str = ""
) -> AsyncIterator[World]:
    """A node with the trunk `carrier`, which registers, and one to `other` behind it, of the keys `other`."""
    smsc = Smsc(time.monotonic)
    await smsc.start()
    try:
        async with Carrier(password=password) as carrier, Carrier(password=PASSWORD) as second:
            carrier.registrar = registrar or carrier.registrar
            usn = Usn(asterisk_tree(), 9, smsc.port, settings='[dial_in]\ncommon = "52270"\n')
            put_trunks(
                usn,
                ("carrier", carrier.port, HOST, REGISTERS + keys),
                ("other", second.port, HOST, other or "qualify = 0"),
            )
            async with usn:
                await smsc.bound()
                await asyncio.to_thread(usn.command, "subscriber", "add", SUBSCRIBER)
                yield World(usn, carrier, second, smsc)
    finally:
        await smsc.stop()


async def launch(here: World) -> None:
    await here.smsc.deliver(SUBSCRIBER, SHORT_CODE, "IC +447700900002")
    assert await until(lambda: here.carrier.of("INVITE") or here.other.of("INVITE"), 10)


async def test_it_registers_with_the_password_again_in_time_and_is_used() -> None:
    async with world() as here:
        await here.usn.until_event("trunk registered", 20, trunk="carrier")
        asked = here.carrier.of("REGISTER")[0]  # it may come twice before the answer does
        given = next(one for one in here.carrier.of("REGISTER") if one["authorization"])
        assert (asked["authorization"], asked["expires"]) == ("", "30")
        assert "sip:acc77@" in given["to"]
        assert "acc77" in given["contact"]
        assert "acc77" in given["authorization"]
        assert (await here.until_shown("registered"))["state"] == "up"
        assert (await here.trunk("other"))["registration"] == ""
        await launch(here)
        assert {one.uri.partition("@")[0] for one in here.carrier.of("INVITE")} >= {f"sip:{SUBSCRIBER}"}
        # A usnd that comes later learns it from Asterisk's list.
        await here.usn.stop_daemon()
        await here.usn.start_daemon()
        await here.until_shown("registered")
        known = len(here.carrier.of("REGISTER"))
        assert await until(lambda: len(here.carrier.of("REGISTER")) > known, 30), "it does not register again"


async def test_who_is_refused_asks_again_and_calls_go_by_the_other_trunk_meanwhile() -> None:
    async with world(lambda _: (403, "Forbidden", {})) as here:
        await here.usn.until_event(
            "alarm raised: trunk not registered", 20, trunk="carrier", registration="refused"
        )
        await launch(here)
        assert here.carrier.of("INVITE") == []
        known = len(here.carrier.of("REGISTER"))
        here.carrier.registrar = lambda _: OK
        assert await until(lambda: len(here.carrier.of("REGISTER")) > known, 10)
        await here.usn.until_event("alarm cleared: trunk not registered", 5, trunk="carrier")


async def test_a_wrong_password_is_not_for_ever() -> None:
    async with world(password="another") as here:
        await here.usn.until_event("alarm raised: trunk not registered", 20, registration="refused")
        here.carrier.password = PASSWORD
        await here.usn.until_event("alarm cleared: trunk not registered", 15, trunk="carrier")


async def test_a_registrar_that_wants_a_longer_time_gets_it() -> None:
    """RFC 3261 §10.2.8: 423 with Min-Expires."""

    def strict(request: Message) -> Answer:
        if int(request["expires"] or "0") < 120:
            return 423, "Interval Too Brief", {"Min-Expires": "120"}
        return OK

    async with world(strict) as here:
        await here.usn.until_event("trunk registered", 25, trunk="carrier")
        assert here.carrier.of("REGISTER")[-1]["expires"] == "120"


async def test_a_silent_registrar_and_one_that_comes_back() -> None:
    async with world(lambda _: None, keys="") as here:
        await here.usn.until_event("alarm raised: trunk not registered", 25, registration="refused")
        await here.until_shown("refused")
        here.carrier.registrar = here.carrier.challenge
        await here.usn.until_event("alarm cleared: trunk not registered", 20, trunk="carrier")


async def test_two_trunks_at_one_address_are_told_apart_by_port() -> None:
    """Calls are counted on the trunk that they came by."""
    async with world() as here:
        node = here.usn.asterisk.ports.sip
        identity = ("P-Asserted-Identity", "<sip:+447700900077@carrier>")
        for number, name in ((here.carrier, "carrier"), (here.other, "other"), (here.other, "other")):
            call = number.call(node, f"sip:52270@{HOST}:{node}", [identity])
            assert await until(lambda: call.final, 10), "no answer"  # noqa: B023 # awaited here
            log = here.usn.asterisk.log(3000)
            assert f"PJSIP/usn/{name}-" in log.rpartition("usn-incoming")[0] + log, name


async def test_two_accounts_at_one_address_are_told_apart_by_what_was_registered() -> None:
    """Both trunks lead to one address and port; the call names the Contact of the second."""
    same = REGISTERS.replace("acc77", "acc88")
    async with world(keys="", other=same) as here:
        await here.usn.until_event("trunk registered", 20, trunk="other")
        assert "line=" in here.other.contact
        stranger = ("P-Asserted-Identity", "<sip:+447700900077@carrier>")
        call = here.carrier.call(
            here.usn.asterisk.ports.sip, here.other.contact, [stranger], to="<sip:52270@carrier>"
        )
        assert await until(lambda: call.final, 10)
        shown = here.usn.asterisk.log(3000)
        assert "PJSIP/usn/other-" in shown
