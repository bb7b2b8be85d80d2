"""Proves that the death of usnd loses nobody (C11, B1): real Asterisk, real handsets, kill -9."""

import asyncio
from datetime import datetime

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, Stage, stage
from workbench.demo.tones import RATE, longest_gap

LONGEST_GAP = 1000  # ms; usnd is dead for four times as long. Shorter ones are the benchmark's matter


async def launch(parts: Stage) -> None:
    for nick, number in GROUP.items():
        await parts.text(f"UC {nick} {number} {nick}.Jones Mkting")
    await parts.text("IC Mkting")
    await parts.usn.until_event("call joined", 20, len(EVERYBODY))
    await parts.until_heard(EVERYBODY.values())


async def test_a_killed_daemon_finds_its_conference_again() -> None:
    async with stage("[conference]\naway = 2\n") as parts:
        await launch(parts)
        start = {number: len(parts.switch.heard(number)) for number in EVERYBODY.values()}
        parts.usn.process.kill()
        await asyncio.sleep(2)
        await parts.switch.hang_up(GROUP["charlie"])
        hung_up_at = asyncio.get_running_loop().time()
        await asyncio.sleep(2)
        await parts.usn.start_daemon()
        late = asyncio.get_running_loop().time() - hung_up_at

        remaining = [number for name, number in EVERYBODY.items() if name != "charlie"]
        heard = await parts.until_heard(remaining)
        assert len(heard) == 6
        await asyncio.sleep(2)  # the recorder writes up to 2 s late
        for listener in remaining:
            samples = parts.switch.heard(listener)[start[listener] :]
            assert len(samples) > 4 * RATE
            for speaker in remaining:
                if speaker != listener:
                    assert longest_gap(samples, parts.tones[speaker]) <= LONGEST_GAP

        await parts.switch.hang_up(SUBSCRIBER)
        await parts.usn.until_event("conference ended", 20, reason="subscriber-away")
        cdrs = {cdr["dnis"]: cdr for cdr in parts.usn.cdrs()}
        assert len(parts.usn.cdrs()) == len(EVERYBODY)
        assert set(cdrs) == set(EVERYBODY.values())
        assert {cdr["conference"] for cdr in cdrs.values()} == {1}
        assert {cdr["outcome"] for cdr in cdrs.values()} == {"completed"}
        # Charlie's record ends when the call ended, not when usnd came back to hear of it.
        away = datetime.fromisoformat(cdrs[GROUP["alfa"]]["stop"])
        gone = datetime.fromisoformat(cdrs[GROUP["charlie"]]["stop"])
        assert (away - gone).total_seconds() > late
        assert len(parts.switch.invites) == len(EVERYBODY), "somebody was called twice"


async def test_calls_ring_on_through_a_restart() -> None:
    """Killed while handsets ring: those that answer meanwhile are in, nobody is called again."""
    async with stage() as parts:
        await parts.switch.put(*(parts.handset(number, ring=2.0) for number in EVERYBODY.values()))
        for nick, number in GROUP.items():
            await parts.text(f"UC {nick} {number} {nick}.Jones Mkting")
        await parts.text("IC Mkting")
        await parts.usn.until_event("call ringing", 10, len(EVERYBODY))
        parts.usn.process.kill()
        await asyncio.sleep(3)
        await parts.usn.start_daemon()
        await parts.usn.until_event("call joined", 10, len(EVERYBODY))
        assert len(await parts.until_heard(EVERYBODY.values())) == 12
        assert len(parts.switch.invites) == len(EVERYBODY)


async def test_a_stop_in_good_order_leaves_calls_up() -> None:
    async with stage() as parts:
        await launch(parts)
        await parts.usn.stop_daemon()
        assert parts.usn.process.returncode == 0
        assert [await parts.switch.state(number) for number in EVERYBODY.values()] == ["Up"] * 4
        await parts.usn.start_daemon()
        assert len(await parts.until_heard(EVERYBODY.values())) == 12


async def test_deadlines_that_passed_while_usnd_was_dead_are_judged_by_what_was_found() -> None:
    """Dead for longer than a call may ring: who answered meanwhile stays; only then the clock goes on."""
    async with stage("[conference]\nring = 20\naway = 60\n") as parts:
        await parts.switch.put(*(parts.handset(number, ring=2.0) for number in EVERYBODY.values()))
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("call ringing", 10, len(EVERYBODY))
        parts.usn.process.kill()
        for number in EVERYBODY.values():
            await parts.switch.until_state(number, "Up")
        await parts.usn.start_daemon(ahead=60)  # ring and grace
        assert len(await parts.until_heard(EVERYBODY.values())) == 12
        assert parts.usn.cdrs() == []
