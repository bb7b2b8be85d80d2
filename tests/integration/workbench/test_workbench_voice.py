"""Proves the voice parts on the real thing: two Asterisks, handsets that call, answer, refuse and hear."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from usnd.asterisk.technology.pjsip import PJSIP
from workbench.demo.tones import RATE, TONES, present
from workbench.parts.process import PartError
from workbench.parts.usn import product_dialplan
from workbench.parts.voice.asterisk import TRUNK, Asterisk, usn_asterisk
from workbench.parts.voice.switch import NEVER, Handset, Refusal, Switch

SUBSCRIBER = "306911111111"
DIALPLAN = """
[usn-incoming](+)
exten => 8001,1,Answer()
 same => n,Set(DB(incoming/cli)=${CALLERID(num)})
 same => n,Read(PIN,,4,,1,8)
 same => n,Set(DB(incoming/pin)=${PIN})
 same => n,Set(USN_ROOM=c77)
 same => n,Goto(usn-join,c77,1)
[probe]
exten => _X!,1,Set(NUMBER=${EXTEN})
 same => n,Dial(PJSIP/${EXTEN}@\\"usn/trunk-msc\\",2,g)
 same => n,Set(LEG=${CUT(HANGUPCAUSE_KEYS(),\\,,1)})
 same => n,Set(DB(result/${NUMBER})=${DIALSTATUS} ${HANGUPCAUSE(${LEG},ast)} ${HANGUPCAUSE(${LEG},tech)})
[wait]
exten => s,1,Wait(30)
"""
NUMBERS = [f"30690000000{n}" for n in range(4)]


def probing(usn: Asterisk) -> Asterisk:
    """With what the dialplan above needs beside the product's."""
    modules = (usn.home / "etc" / "modules.conf").read_text()
    usn.add_files({"modules.conf": modules + "load = app_dial.so\nload = func_cut.so\n"})
    return usn


@asynccontextmanager
async def network(tree: Path, *handsets: Handset) -> AsyncIterator[tuple[Switch, Asterisk]]:
    files = product_dialplan()
    files["extensions.conf"] += DIALPLAN
    async with Switch(tree) as switch, probing(usn_asterisk(tree, switch.port, files)) as usn:
        await switch.put(*handsets)
        yield switch, usn


async def ring(usn: Asterisk, number: str, channel: str | None = None) -> None:
    """As the product does, by its own dialplan: the subscriber's number as CLI, into the room."""
    answer = await usn.act(
        "Originate",
        Channel=PJSIP.dial_string(number, TRUNK),
        ChannelId=channel or f"leg-{number}",
        Context="usn-join",
        Exten="c77",
        Priority="1",
        Variable="USN_ROOM=c77",
        CallerID=SUBSCRIBER,
        Async="true",
    )
    assert answer.good


async def eventually(look: Callable[[], Awaitable[Any]], expected: Any, patience: float = 60.0) -> None:
    deadline = time.monotonic() + patience
    while (seen := await look()) != expected:
        assert time.monotonic() < deadline, f"still {seen!r}, not {expected!r}"
        await asyncio.sleep(0.1)


async def stored(usn: Asterisk, family: str, key: str) -> str:
    return (await usn.cli(f"database get {family} {key}")).removeprefix("Value: ").strip()


def recently(switch: Switch, number: str, seconds: float = 0.5) -> Sequence[int]:
    return switch.heard(number)[-int(seconds * RATE) :]


async def test_everyone_hears_everyone_else_and_nobody_himself(tree: Path) -> None:
    handsets = [Handset(number, TONES[4 * n], ring=0.1 * n) for n, number in enumerate(NUMBERS)]
    tones = {handset.number: handset.tone for handset in handsets}
    async with network(tree, *handsets) as (switch, usn):
        before = time.time()
        for number in NUMBERS:
            await ring(usn, number)

        async def heard() -> Any:
            return {number: present(recently(switch, number)) for number in NUMBERS}

        await eventually(heard, {n: {tones[m] for m in NUMBERS if m != n} for n in NUMBERS})
        assert sorted(invite.called for invite in switch.invites) == NUMBERS
        assert {invite.calling for invite in switch.invites} == {SUBSCRIBER}
        assert all(before < invite.at < time.time() for invite in switch.invites)


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        ({"refusal": Refusal.BUSY}, "BUSY User busy SIP 486 Busy Here"),
        # PJSIP reads the code, not the Q.850 reason beside it: absent looks like unanswered, but at once.
        (
            {"refusal": Refusal.UNREACHABLE},
            "NOANSWER User alerting, no answer SIP 480 Temporarily Unavailable",
        ),
        ({"refusal": Refusal.REJECTED}, "CHANUNAVAIL Call Rejected SIP 403 Forbidden"),
        ({"credit": False}, "CHANUNAVAIL Interworking, unspecified SIP 402 Payment Required"),
        ({"ring": NEVER}, "NOANSWER Normal Clearing SIP 180 Ringing"),
        ({"stay": 0.3}, "ANSWER Normal Clearing SIP 200 OK"),
    ],
    ids=["busy", "unreachable", "rejected", "no credit", "no answer", "hangs up"],
)
async def test_how_the_usn_sees_a_handset_that_is(
    tree: Path, behaviour: dict[str, Any], outcome: str
) -> None:
    async with network(tree, Handset("306900000001", 1750, **behaviour)) as (_switch, usn):
        where = {"Context": "wait", "Exten": "s", "Priority": "1", "Async": "true"}
        await usn.act("Originate", Channel="Local/306900000001@probe", **where)
        await eventually(lambda: stored(usn, "result", "306900000001"), outcome)


async def test_a_number_without_handset_is_unallocated(tree: Path) -> None:
    async with network(tree) as (_switch, usn):
        where = {"Context": "wait", "Exten": "s", "Priority": "1", "Async": "true"}
        await usn.act("Originate", Channel="Local/306900000009@probe", **where)
        outcome = "CHANUNAVAIL Unallocated (unassigned) number SIP 404 Not Found"
        await eventually(lambda: stored(usn, "result", "306900000009"), outcome)


async def test_a_handset_is_busy_while_in_a_call_and_free_after(tree: Path) -> None:
    number = "306900000001"
    async with network(tree, Handset(number, 1750)) as (switch, usn):
        await ring(usn, number)
        await eventually(lambda: switch.state(number), "Up")
        where = {"Context": "wait", "Exten": "s", "Priority": "1", "Async": "true"}
        await usn.act("Originate", Channel=f"Local/{number}@probe", **where)
        await eventually(lambda: stored(usn, "result", number), "BUSY User busy SIP 486 Busy Here")
        assert await switch.state(number) == "Up"
        await switch.hang_up(number)
        await eventually(lambda: switch.state(number), "idle")
        await ring(usn, number, "leg-again")
        await eventually(lambda: switch.state(number), "Up")


async def test_what_a_handset_does_can_be_changed_at_run_time(tree: Path) -> None:
    number = "306900000001"
    async with network(tree, Handset(number, 1750, ring=NEVER)) as (switch, usn):
        await ring(usn, number)
        await eventually(lambda: switch.state(number), "Ring")
        await usn.act("Hangup", Channel=f"leg-{number}")
        await eventually(lambda: switch.state(number), "idle")
        await switch.put(Handset(number, 1750))
        await ring(usn, number, "leg-again")
        await eventually(lambda: switch.state(number), "Up")
        assert len(switch.invites) == 2


async def test_a_handset_calls_in_with_its_number_and_presses_a_pin(tree: Path) -> None:
    caller, other = NUMBERS[:2]
    async with network(tree, Handset(caller, 1750), Handset(other, 2350)) as (switch, usn):
        await ring(usn, other)
        await switch.call(caller, "8001", usn.ports.sip)
        await eventually(lambda: switch.state(caller), "Up")
        await eventually(lambda: stored(usn, "incoming", "cli"), caller)
        await switch.press(caller, "4711")
        await eventually(lambda: stored(usn, "incoming", "pin"), "4711")

        async def heard() -> Any:
            return [present(recently(switch, number)) for number in (caller, other)]

        await eventually(heard, [{2350}, {1750}])


@pytest.mark.slow
async def test_a_handset_presses_digits_after_its_answer_and_goes_on_sending_its_tone(tree: Path) -> None:
    presser, other = NUMBERS[:2]
    async with network(tree, Handset(presser, 1750, digits="12"), Handset(other, 2350)) as (switch, usn):
        await usn.act("DBPut", Family="incoming", Key="pin", Val="")
        where = {"Context": "usn-incoming", "Exten": "8001", "Priority": "1", "Async": "true"}
        await usn.act("Originate", Channel=PJSIP.dial_string(presser, TRUNK), CallerID=SUBSCRIBER, **where)
        await ring(usn, other)
        await eventually(lambda: stored(usn, "incoming", "pin"), "12")

        async def heard() -> Any:
            return present(recently(switch, other))

        await eventually(heard, {1750})


async def test_a_handset_in_no_call_can_press_nothing(tree: Path) -> None:
    async with network(tree, Handset("306900000001", 1750)) as (switch, _usn):
        with pytest.raises(PartError, match="in no call"):
            await switch.press("306900000001", "1")
