"""Proves the keys of a conference on real handsets: DTMF in, audio, calls and texts out (C6, C8)."""

import asyncio
import re
from collections.abc import Mapping

import pytest

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, Stage, stage
from workbench.demo.tones import TONES
from workbench.parts.process import PartError, until

DELTA = "+447700900005"
ALFA, BRAVO, CHARLIE = GROUP.values()


async def launch(parts: Stage) -> None:
    await parts.text("IC " + " ".join(GROUP.values()))
    await parts.usn.until_event("call joined", 20, len(EVERYBODY))
    await parts.until_heard(EVERYBODY.values())


async def hears(parts: Stage, wanted: Mapping[str, set[str]]) -> bool:
    """Waits until each listener hears exactly those speakers, themselves left out."""
    numbers = list(EVERYBODY.values())

    def so() -> bool:
        return all(parts.speakers(one, numbers) - {one} == set(others) for one, others in wanted.items())

    return bool(await until(so, 10, 0.5))


async def played(parts: Stage, sound: str) -> bool:
    return bool(await until(lambda: f"Playing '{sound}" in parts.usn.asterisk.log(400), 5, 0.2))


async def test_the_subscriber_mutes_all_and_lets_them_speak_again() -> None:
    async with stage() as parts:
        await launch(parts)
        await parts.switch.press(SUBSCRIBER, "*5")
        assert await played(parts, "conf-now-muted")
        assert await hears(parts, {ALFA: {SUBSCRIBER}, BRAVO: {SUBSCRIBER}, SUBSCRIBER: set()})

        # Muted they stay over a restart of usnd; whoever joins later is muted too.
        await parts.usn.stop_daemon()
        await parts.usn.start_daemon()
        parts.tones[DELTA] = TONES[len(EVERYBODY)]
        await parts.switch.put(parts.handset(DELTA))
        await parts.switch.press(SUBSCRIBER, "*207700900005#")
        await parts.usn.until_event("call joined", 10, number=DELTA)
        assert await hears(parts, {DELTA: {SUBSCRIBER}, ALFA: {SUBSCRIBER}})
        assert DELTA not in parts.speakers(ALFA, parts.tones)

        await parts.switch.press(SUBSCRIBER, "*5")
        assert await played(parts, "conf-now-unmuted")
        assert len(await parts.until_heard([*EVERYBODY.values(), DELTA])) == 20


async def test_a_participant_mutes_only_himself() -> None:
    async with stage() as parts:
        await launch(parts)
        await parts.switch.press(ALFA, "*6")
        everybody = set(EVERYBODY.values())
        assert await hears(parts, {BRAVO: everybody - {ALFA, BRAVO}, ALFA: everybody - {ALFA}})
        for digits in ("**", "*5", "*2+", "*3", "*4", "*7"):
            await parts.switch.press(ALFA, digits)
        await parts.switch.press(ALFA, "*6")
        assert len(await parts.until_heard(everybody)) == 12
        assert parts.usn.cdrs() == []


async def test_two_stars_end_the_conference_and_nobody_is_called_back() -> None:
    async with stage("[conference]\ncall_backs = 3\ncall_back_pause = 0.2\n") as parts:
        await launch(parts)
        await parts.switch.press(SUBSCRIBER, "**")
        await parts.usn.until_event("conference ended", 20, reason="told")
        assert parts.usn.count("conference recalling") == parts.usn.count("conference away") == 0
        assert len(parts.switch.invites) == len(EVERYBODY)


async def test_somebody_is_added_and_dropped_again_and_people_are_counted() -> None:
    async with stage() as parts:
        parts.tones[DELTA] = TONES[len(EVERYBODY)]
        await parts.switch.put(parts.handset(DELTA))
        await launch(parts)
        await parts.switch.press(SUBSCRIBER, "*207700900005#")
        await parts.usn.until_event("call joined", 10, number=DELTA)
        assert parts.switch.invites[-1].calling == SUBSCRIBER
        await parts.switch.press(SUBSCRIBER, "*4")
        assert await played(parts, "digits/4")
        await parts.switch.press(SUBSCRIBER, "*3")
        await parts.usn.until_event("call ended", 10, number=DELTA)
        await parts.switch.press(SUBSCRIBER, "*2123#")
        assert await played(parts, "pbx-invalid")
        await parts.switch.press(SUBSCRIBER, "*0")
        told = await parts.smsc.next_text(SUBSCRIBER, 10)
        assert "*4 count" in told.body
        assert len(await parts.until_heard(EVERYBODY.values())) == 12


async def test_for_who_is_suspended_nobody_is_added_and_the_conference_goes_on() -> None:
    """Neither by key nor by command, from the moment that another process has suspended them."""
    async with stage() as parts:
        parts.tones[DELTA] = TONES[len(EVERYBODY)]
        await parts.switch.put(parts.handset(DELTA))
        await launch(parts)
        assert "conference 1 is still running" in parts.usn.command("subscriber", "suspend", SUBSCRIBER)
        await parts.switch.press(SUBSCRIBER, "*207700900005#")
        told = "Nobody can be added, since the service is suspended."
        await parts.usn.until_event("said", 10, number=SUBSCRIBER, words=told)
        with pytest.raises(PartError, match=rf"{re.escape(SUBSCRIBER)} is suspended: nobody was called"):
            parts.usn.command("conference", "add", "1", DELTA)
        assert len(parts.switch.invites) == len(EVERYBODY)
        assert len(await parts.until_heard(EVERYBODY.values())) == 12

        parts.usn.command("subscriber", "resume", SUBSCRIBER)
        await parts.switch.press(SUBSCRIBER, "*207700900005#")
        await parts.usn.until_event("call joined", 10, number=DELTA)


async def test_a_flood_of_digits_harms_nobody() -> None:
    """Two handsets press without pause; the others hear each other, and the subscriber's keys still work."""
    async with stage() as parts:
        await launch(parts)
        flood = "*5**#0*7*3" * 5
        await asyncio.gather(parts.switch.press(ALFA, flood), parts.switch.press(BRAVO, flood))
        await parts.switch.press(SUBSCRIBER, "*7")
        assert await played(parts, "conf-lockednow")
        assert len(await parts.until_heard(EVERYBODY.values())) == 12
        assert parts.usn.count("keys pressed", asks="lock") >= 1
        assert parts.usn.cdrs() == []
