"""Proves the trunks of a whole node with two switches: limits, overflow, damping, OPTIONS (V1, C2, C10)."""

import asyncio
import json
import time
from typing import Any

from trunk_stage import TwoTrunks, two_trunks

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, Stage
from workbench.parts.process import until
from workbench.parts.voice.switch import NEVER, Refusal

ALFA, BRAVO, CHARLIE = GROUP.values()


async def trunks(parts: Stage) -> dict[str, dict[str, Any]]:
    """What `usnd trunk status` shows; in a thread, since the tap passes OPTIONS on meanwhile."""
    lines = (await asyncio.to_thread(parts.usn.command, "trunk", "status", "--json")).splitlines()
    return {row["trunk"]: row for row in map(json.loads, lines)}


async def shows(parts: Stage, wanted: dict[str, dict[str, Any]]) -> None:
    """`usnd trunk status` comes to show these figures; usnd writes them down once a second."""
    deadline = time.monotonic() + 60
    while True:
        rows = await trunks(parts)
        shown = {trunk: {name: rows[trunk][name] for name in figures} for trunk, figures in wanted.items()}
        if shown == wanted or time.monotonic() > deadline:
            assert shown == wanted
            return
        await asyncio.sleep(0.2)


def called(stage: TwoTrunks) -> tuple[list[str], list[str]]:
    """Who was called over each trunk since the last time."""
    switches = (stage.parts.switch, stage.second)
    first, second = ([invite.called for invite in switch.invites] for switch in switches)
    for switch in switches:
        switch.invites.clear()
    return first, second


async def end(parts: Stage, count: int) -> None:
    """The subscriber ends the conference, the so-manieth."""
    await parts.switch.hang_up(SUBSCRIBER)
    await parts.usn.until_event("conference ended", 15, count)


async def test_limits_overflow_and_what_is_not_asked_of_another_trunk() -> None:
    settings = '[conference]\naway = 1\n[dial_in]\nconferences = ["52201"]\n'
    async with two_trunks("channels = 3", "channels = 1", settings) as stage:
        await five_are_more_than_four_lines(stage)
        await four_fill_both_trunks(stage)
        await congestion_goes_on_over_the_second_trunk_and_busy_does_not(stage)
        await what_no_trunk_can_do_is_told(stage)


async def five_are_more_than_four_lines(stage: TwoTrunks) -> None:
    """Three lines and one. By a text, and by a call, which hears why."""
    parts = stage.parts
    assert "All lines are busy" in await parts.text(f"IC {ALFA} {BRAVO} {CHARLIE} +447700900009")
    await parts.text(f"CC1 {ALFA} {BRAVO} {CHARLIE} +447700900009")
    await parts.switch.call(SUBSCRIBER, "52201", parts.usn.asterisk.ports.sip)
    await parts.usn.until_event("incoming call refused", 10, reason="busy")
    assert "All lines are busy" in (await parts.smsc.next_text(SUBSCRIBER, 10)).body
    heard = "Playing 'all-circuits-busy-now"
    assert await until(lambda: heard in parts.usn.asterisk.log(400), 5, 0.2)
    for _ in range(300):
        if await parts.switch.state(SUBSCRIBER) == "idle":
            break
        await asyncio.sleep(0.2)
    assert called(stage) == ([], [])


async def four_fill_both_trunks(stage: TwoTrunks) -> None:
    parts = stage.parts
    await parts.text("IC " + " ".join(GROUP.values()))
    await parts.usn.until_event("call joined", 15, 4)
    assert called(stage) == ([SUBSCRIBER, ALFA, BRAVO], [CHARLIE])
    full = {"first": (3, 3, "up"), "second": (1, 1, "up")}
    figures = ("in_use", "channels", "state")
    await shows(parts, {trunk: dict(zip(figures, row, strict=True)) for trunk, row in full.items()})
    head = (await asyncio.to_thread(parts.usn.command, "trunk", "status")).splitlines()[0]
    wanted = ["trunk", "state", "registration", "in_use", "channels", "calls", "unanswered"]
    assert head.split() == wanted
    await end(parts, 1)
    assert {cdr["dnis"]: cdr["trunk"] for cdr in parts.usn.cdrs()} == {
        **dict.fromkeys((SUBSCRIBER, ALFA, BRAVO), "first"),
        CHARLIE: "second",
    }


async def congestion_goes_on_over_the_second_trunk_and_busy_does_not(stage: TwoTrunks) -> None:
    parts = stage.parts
    await parts.switch.put(
        parts.handset(ALFA, refusal=Refusal.CONGESTED, ring=0.0),
        parts.handset(BRAVO, refusal=Refusal.BUSY, ring=0.0),
    )
    await parts.text(f"IC {ALFA} {BRAVO}")
    await parts.usn.until_event("call joined", 15, 6)
    assert called(stage) == ([SUBSCRIBER, ALFA, BRAVO], [ALFA])
    await end(parts, 2)
    records = {cdr["dnis"]: (cdr["trunk"], cdr["outcome"]) for cdr in parts.usn.cdrs()[4:]}
    assert len(parts.usn.cdrs()) == 4 + 3
    assert records == {
        SUBSCRIBER: ("first", "completed"),
        ALFA: ("second", "completed"),
        BRAVO: ("first", "busy"),
    }
    await shows(parts, {"first": {"causes": {"17": 1, "41": 1}}})


async def what_no_trunk_can_do_is_told(stage: TwoTrunks) -> None:
    """Who is congested on both is lost to the conference; a lack of credit is no matter of the trunk."""
    parts = stage.parts
    await stage.second.put(parts.handset(ALFA, refusal=Refusal.CONGESTED, ring=0.0))
    await parts.text(f"IC {ALFA}")
    assert "Nobody could be reached" in (await parts.smsc.next_text(SUBSCRIBER, 10)).body
    assert called(stage) == ([SUBSCRIBER, ALFA], [ALFA])
    await end(parts, 3)
    await parts.switch.put(parts.handset(ALFA, credit=False, ring=0.0))
    await parts.text(f"IC {ALFA}")
    assert "not enough credit" in (await parts.smsc.next_text(SUBSCRIBER, 10)).body
    await parts.usn.until_event("conference ended", 15, reason="no-credit")
    assert called(stage) == ([SUBSCRIBER, ALFA], [])


async def test_a_kill_in_the_middle_of_an_overflow_calls_everybody_once() -> None:
    async with two_trunks() as stage:
        parts = stage.parts
        await parts.switch.put(parts.handset(ALFA, refusal=Refusal.CONGESTED, ring=1.0))
        await stage.second.put(parts.handset(ALFA, ring=1.0))
        await parts.text(f"IC {ALFA}")
        assert await until(lambda: len(parts.switch.invites) == 2, 5)
        parts.usn.process.kill()  # the first trunk refuses while nobody listens
        await asyncio.sleep(1.5)
        await parts.usn.start_daemon()
        await parts.usn.until_event("call joined", 15, number=ALFA)
        assert called(stage) == ([SUBSCRIBER, ALFA], [ALFA])
        # Once more, and the daemon dies when the second attempt rings.
        await parts.switch.hang_up(SUBSCRIBER)
        await stage.second.hang_up(ALFA)
        await parts.usn.until_event("conference ended", 15)
        await stage.second.put(parts.handset(ALFA, ring=2.0))
        await parts.text(f"IC {ALFA}")
        assert await until(lambda: len(stage.second.invites) == 1, 5)
        parts.usn.process.kill()
        await parts.usn.start_daemon()
        assert await until(lambda: parts.usn.count("call joined", number=ALFA) == 2, 15)
        assert called(stage) == ([SUBSCRIBER, ALFA], [ALFA])


async def test_a_trunk_whose_switch_dies_is_passed_by_until_it_answers_again() -> None:
    async with two_trunks() as stage:
        parts = stage.parts
        await shows(parts, {"first": {"state": "up"}, "second": {"state": "up"}})
        before = parts.usn.count("alarm raised: trunk down", trunk="first")
        parts.switch.asterisk.kill()
        await parts.usn.until_event("alarm raised: trunk down", 15, before + 1, trunk="first")
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("call joined", 15, len(EVERYBODY))
        assert called(stage) == ([], [*EVERYBODY.values()])
        await shows(parts, {"first": {"state": "down"}})
        before = parts.usn.count("alarm cleared: trunk down", trunk="first")
        await parts.switch.asterisk.start()
        await parts.usn.until_event("alarm cleared: trunk down", 15, before + 1, trunk="first")


async def test_minutes_are_used_up_and_then_nobody_is_called() -> None:
    async with two_trunks() as stage:
        parts = stage.parts
        parts.usn.command("subscriber", "set", SUBSCRIBER, "--minutes", "1")
        await parts.switch.put(parts.handset(CHARLIE, ring=NEVER))
        # Three talk: twenty seconds.
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("conference ended", 45, reason="no-minutes")
        assert "used up" in (await parts.smsc.next_text(SUBSCRIBER, 10)).body
        called(stage)
        assert "used up" in await parts.text(f"IC {ALFA}")
        assert called(stage) == ([], [])
