"""Proves each way into a conference by a call, and each refusal, on real handsets (C3, C4, C5, B1)."""

import asyncio
import json
import socket
from contextlib import suppress
from itertools import permutations
from typing import Any

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, Path, Stage, stage
from workbench.demo.tones import TONES
from workbench.parts.process import PartError, until

COMMON, THIRD = "52270", "52203"
SETTINGS = f"""
[dial_in]
common = "{COMMON}"
conferences = ["52201", "52202", "{THIRD}"]
wrong_pins_alarm = 4
[conference]
away = 30
"""
ALFA, BRAVO, CHARLIE = GROUP.values()
DELTA = "+447700900005"


async def define(parts: Stage) -> dict[str, str]:
    """Conference 3 of the subscriber is with everybody; its PINs."""
    answer = await parts.text("CC3 " + " ".join(GROUP.values()))
    rows = map(json.loads, parts.usn.command("subscriber", "pins", SUBSCRIBER, "--json").splitlines())
    found: dict[str, str] = next(row for row in rows if row["conference"] == 3)
    assert found["dnis"] == THIRD
    assert {len(found["activation_pin"]), len(found["user_pin"])} == {7}
    assert all(way in answer for way in (THIRD, COMMON, found["activation_pin"], found["user_pin"]))
    return found


def played(parts: Stage, sound: str = "conf-getpin") -> int:
    return parts.usn.asterisk.log(5000).count(f"Playing '{sound}")


async def no_note_is_left(parts: Stage) -> bool:
    """AstDB keeps nothing of calls that reached no conference."""
    for _ in range(300):
        if "0 results found" in await parts.usn.asterisk.cli("database show usn"):
            return True
        await asyncio.sleep(0.2)
    return False


async def hung_up(parts: Stage, number: str) -> None:
    """The handset is free again: it was told, and heard why."""
    for _ in range(300):
        if await parts.switch.state(number) == "idle":
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"{number} is still in a call")


async def shows(parts: Stage, words: tuple[str, ...], **wanted: object) -> None:
    """The status comes to show these figures; usnd writes them down once a second."""
    for _ in range(300):
        row = await asyncio.to_thread(parts.usn.command, *words, "status", "--json")
        shown = {name: json.loads(row)[name] for name in wanted}
        if shown == wanted:
            break
        await asyncio.sleep(0.2)
    assert shown == wanted


def forged_call(port: int) -> int:
    """The status that an INVITE gets which shows the subscriber's number, from a host that is no trunk."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.2", 0))
        stranger.settimeout(5)
        here = f"127.0.0.2:{stranger.getsockname()[1]}"
        lines = (
            f"INVITE sip:{THIRD}@127.0.0.1:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bKforged",
            f"From: <sip:{SUBSCRIBER}@{here}>;tag=forged",
            f"To: <sip:{THIRD}@127.0.0.1:{port}>",
            f"P-Asserted-Identity: <sip:{SUBSCRIBER}@127.0.0.1>",
            f"Contact: <sip:{here}>",
            "Call-ID: forged",
            "CSeq: 1 INVITE",
            "Max-Forwards: 70",
            "Content-Length: 0",
        )
        stranger.sendto("\r\n".join((*lines, "", "")).encode(), ("127.0.0.1", port))
        return int(stranger.recv(4096).split(maxsplit=2)[1])


async def call(parts: Stage, number: str, dnis: str, *pins: str) -> None:
    """The handset calls, and types each PIN when it is asked for one."""
    asked = played(parts)
    await parts.switch.call(number, dnis, parts.usn.asterisk.ports.sip)
    for index, pin in enumerate(pins, start=1):
        await until(lambda: played(parts) >= asked + index, 15, 0.2)  # noqa: B023 # awaited here
        await parts.switch.press(number, pin)


async def test_a_call_to_the_conferences_own_number_launches_it() -> None:
    """Speed dial: the subscriber is in by that call, and is not called."""
    async with stage(SETTINGS) as parts:
        await define(parts)
        await call(parts, SUBSCRIBER, THIRD)
        assert len(await parts.until_heard(EVERYBODY.values(), 30)) == 12
        assert sorted(invite.called for invite in parts.switch.invites) == sorted(GROUP.values())
        await parts.switch.press(SUBSCRIBER, "**")
        await parts.usn.until_event("conference ended", 20)
        (own,) = [cdr for cdr in parts.usn.cdrs() if cdr["direction"] == "in"]
        assert (own["cli"], own["dnis"]) == (SUBSCRIBER, THIRD)


async def test_strangers_and_undefined_conferences_are_refused() -> None:
    async with stage(SETTINGS) as parts:
        await define(parts)
        await call(parts, ALFA, THIRD)
        await parts.usn.until_event("incoming call refused", 10, 1, reason="unknown")
        await call(parts, SUBSCRIBER, "52201")
        await parts.usn.until_event("incoming call refused", 10, 2, reason="unknown")
        assert "1" in (await parts.smsc.next_text(SUBSCRIBER, 10)).body
        await hung_up(parts, SUBSCRIBER)

        # Who withholds the number is nobody, also if it is the subscriber.
        await parts.switch.call(SUBSCRIBER, THIRD, parts.usn.asterisk.ports.sip, withheld=True)
        await parts.usn.until_event("incoming call refused", 10, reason="withheld")
        # A number that does not come over the trunk is not believed: it does not even reach usnd.
        assert await asyncio.to_thread(forged_call, parts.usn.asterisk.ports.sip) >= 400
        assert parts.usn.count("incoming call refused") == 3
        assert parts.usn.count("call dialling") == 0
        assert parts.switch.invites == []


async def test_the_activation_pin_launches_and_a_second_caller_joins_by_it() -> None:
    async with stage(SETTINGS) as parts:
        pins = await define(parts)
        parts.tones[DELTA] = TONES[len(EVERYBODY)]
        await parts.switch.put(parts.handset(DELTA))
        await call(parts, DELTA, COMMON, pins["activation_pin"])
        await parts.usn.until_event("call joined", 20, 4)
        await call(parts, SUBSCRIBER, COMMON)  # their own conference: no PIN is asked
        await parts.usn.until_event("subscriber calls in", 5)
        await parts.switch.hang_up(ALFA)
        await parts.usn.until_event("call ended", 10, number=ALFA)
        await call(parts, ALFA, COMMON, pins["activation_pin"])
        await parts.usn.until_event("participant calls in", 20)
        await parts.usn.until_event("call joined", 10, 2, number=ALFA)

        # A participant who comes in twice is in by two calls, each with its record.
        await call(parts, ALFA, COMMON, pins["user_pin"])
        await parts.usn.until_event("call joined", 30, 3, number=ALFA)
        await parts.switch.hang_up(ALFA)
        await parts.usn.until_event("call ended", 10, 2, number=ALFA)
        await parts.switch.call(SUBSCRIBER, THIRD, parts.usn.asterisk.ports.sip)
        await parts.usn.until_event("subscriber calls in", 10, 2)

        # The subscriber never is: the new call takes over the old one (C13).
        await parts.usn.until_event("call ended", 10, number=SUBSCRIBER)
        await parts.usn.until_event("call joined", 10, 2, number=SUBSCRIBER)
        inside = (DELTA, BRAVO, SUBSCRIBER)
        assert (await parts.until_heard(inside)) == {Path(*pair) for pair in permutations(inside, 2)}
        await parts.switch.press(DELTA, "**")
        await parts.usn.until_event("conference ended", 20, reason="told")
        used = {(cdr["cli"], cdr["role"]) for cdr in parts.usn.cdrs() if cdr["activation_pin"]}
        assert used == {(DELTA, "subscriber"), (ALFA, "participant")}
        assert len([cdr for cdr in parts.usn.cdrs() if ALFA in (cdr["cli"], cdr["dnis"])]) == 3


async def test_the_user_pin_joins_the_running_conference_only() -> None:
    async with stage(SETTINGS) as parts:
        pins = await define(parts)
        await parts.switch.call(ALFA, COMMON, parts.usn.asterisk.ports.sip)
        assert await until(lambda: played(parts) > 0, 15, 0.2)
        await shows(parts, ("trunk",), in_use=1)  # whoever types a PIN holds a line
        await parts.switch.press(ALFA, pins["user_pin"])
        await parts.usn.until_event("incoming call refused", 20, reason="not-running")
        await hung_up(parts, ALFA)
        await shows(parts, ("trunk",), in_use=0)
        parts.usn.command("subscriber", "set", SUBSCRIBER, "--call-texts")
        await parts.text("IC3")
        told = (await parts.smsc.next_text(ALFA, 10)).body
        assert told.endswith(f"Call {COMMON}, PIN {pins['user_pin']}.")
        await parts.usn.until_event("call joined", 20, 4)
        await parts.switch.hang_up(ALFA)
        await parts.usn.until_event("call ended", 10, number=ALFA)
        await call(parts, ALFA, COMMON, pins["user_pin"])
        assert len(await parts.until_heard(EVERYBODY.values(), 30)) == 12

        await parts.switch.press(SUBSCRIBER, "*7")
        await parts.switch.hang_up(BRAVO)
        await parts.usn.until_event("keys pressed", 5, asks="lock")
        await call(parts, BRAVO, COMMON, pins["user_pin"])
        await parts.usn.until_event("participant calls in", 20, 2)
        assert await until(lambda: played(parts, "conf-locked.") > 0, 10)


async def shown(parts: Any, pins: int) -> dict[str, Any]:
    """The figures of dial-in, once they show so many PINs: what is shown is of the last second."""
    async with asyncio.timeout(20):
        while True:
            figures: dict[str, Any] = json.loads(parts.usn.command("dial-in", "status", "--json"))
            if figures["pins"] == pins:
                return figures
            await asyncio.sleep(0.2)


async def test_where_a_guess_would_soon_hit_a_pin_opens_less() -> None:
    """Twelve PINs, where ten are too many: from a stranger both kinds are wrong while nothing runs."""
    async with stage(SETTINGS.replace("wrong_pins_alarm = 4", "guess_one_in = 1000000")) as parts:
        for number in range(5, 10):
            await parts.text(f"CC{number} {ALFA}")
        pins = await define(parts)
        await parts.usn.until_event("an activation pin counts from its subscriber's number only", 20)
        figures = await shown(parts, 12)
        assert (figures["guess_one_in"], figures["own_number_only"]) == (None, True)
        await call(parts, ALFA, COMMON, pins["user_pin"], pins["activation_pin"], pins["activation_pin"])
        await parts.usn.until_event("incoming call refused", 30, reason="wrong-pin")
        assert parts.usn.count("wrong pin") == 3
        await hung_up(parts, ALFA)
        assert parts.switch.invites == []

        await call(parts, SUBSCRIBER, COMMON, pins["activation_pin"])
        await parts.usn.until_event("call joined", 30, 4)
        await parts.switch.hang_up(ALFA)
        await parts.usn.until_event("call ended", 10, number=ALFA)
        await call(parts, ALFA, COMMON, pins["activation_pin"], pins["user_pin"])
        await parts.usn.until_event("participant calls in", 30)
        assert parts.usn.count("wrong pin") == 4


async def test_three_wrong_pins_end_the_call_and_guessing_is_barred() -> None:
    async with stage(SETTINGS) as parts:
        await define(parts)
        await call(parts, ALFA, COMMON, "1111111")
        with suppress(PartError):  # the call ends under the finger
            await parts.switch.press(ALFA, "2" * 40)
        await parts.usn.until_event("incoming call refused", 30, reason="wrong-pin")
        assert parts.usn.count("wrong pin") == 3
        await hung_up(parts, ALFA)
        await call(parts, ALFA, COMMON, "4444444", "5555555", "6666666")
        await parts.usn.until_event("wrong pin", 30, barred=True)
        await parts.usn.until_event("incoming call refused", 20, 2, reason="wrong-pin")
        await hung_up(parts, ALFA)
        await call(parts, ALFA, COMMON)
        await parts.usn.until_event("incoming call refused", 10, 3, reason="wrong-pin")
        assert parts.usn.count("wrong pin") == 6
        await hung_up(parts, ALFA)
        await parts.usn.until_event("alarm raised: PINs are guessed", 3)
        await shows(parts, ("dial-in",), calls=3, waiting=0, refused={"wrong-pin": 3}, wrong_pins=6, barred=1)
        await shows(parts, ("dial-in",), alarm=True)
        assert "wrong-pin:3" in parts.usn.command("dial-in", "status")
        assert await no_note_is_left(parts)
