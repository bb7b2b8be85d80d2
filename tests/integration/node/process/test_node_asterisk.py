"""Proves that the death and the silence of Asterisk are noticed, and that nothing stale is dialled."""

import asyncio

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, Stage, stage

NOTICED = 3.0  # seconds, on an idle machine; that the defaults add up to it is a unit test


async def launch(parts: Stage) -> None:
    await parts.text("IC " + " ".join(GROUP.values()))
    await parts.usn.until_event("call joined", 20, len(EVERYBODY))


async def test_a_killed_asterisk_ends_its_calls_and_is_not_asked_twice() -> None:
    async with stage() as parts:
        await launch(parts)
        parts.usn.asterisk.kill()
        await parts.usn.until_event("voice lost", NOTICED)
        await parts.usn.until_event("conference ended", 5, reason="voice-lost")
        assert sorted(cdr["outcome"] for cdr in parts.usn.cdrs()) == ["voice-lost"] * 4

        # A launch in the outage is refused by a text, and is not remembered by anybody.
        assert "cannot be placed" in await parts.text("IC " + " ".join(GROUP.values()))
        invites = len(parts.switch.invites)
        await parts.usn.asterisk.start()
        await parts.usn.until_event("voice up", 10, 2)
        await asyncio.sleep(2)
        assert len(parts.switch.invites) == invites

        # And then everything works again. The switch frees the handsets of the lost calls by itself.
        for number in EVERYBODY.values():
            if await parts.switch.state(number) != "idle":
                await parts.switch.hang_up(number)
        await launch_again(parts)


async def launch_again(parts: Stage) -> None:
    before = parts.usn.count("call joined")
    await parts.text("IC " + " ".join(GROUP.values()))
    await parts.usn.until_event("call joined", 20, before + len(EVERYBODY))


async def test_a_frozen_asterisk_is_noticed_and_its_calls_survive_a_thaw() -> None:
    async with stage("") as parts:
        await launch(parts)
        parts.usn.asterisk.freeze()
        await parts.usn.until_event("voice silent", NOTICED)
        parts.usn.asterisk.thaw()
        await parts.usn.until_event("voice up", 10, 2)
        assert len(await parts.until_heard(EVERYBODY.values())) == 12
        assert parts.usn.cdrs() == []


async def test_an_asterisk_that_stays_frozen_is_given_up() -> None:
    """Its calls get their CDRs; when it thaws, what is left of them is released."""
    async with stage(frozen_after=2.0) as parts:
        await launch(parts)
        parts.usn.asterisk.freeze()
        await parts.usn.until_event("voice lost", NOTICED + 3)
        await parts.usn.until_event("conference ended", 5, reason="voice-lost")
        assert sorted(cdr["outcome"] for cdr in parts.usn.cdrs()) == ["voice-lost"] * 4
        parts.usn.asterisk.thaw()
        await parts.usn.until_event("voice up", 10, 2)
        for _ in range(600):
            states = [await parts.switch.state(number) for number in EVERYBODY.values()]
            if states == ["idle"] * 4:
                break
            await asyncio.sleep(0.1)
        assert states == ["idle"] * 4
        assert len(parts.usn.cdrs()) == 4


async def test_the_subscriber_calls_back_in_time() -> None:
    """C5: away, back by a call from the own phone within the time, and the conference goes on."""
    async with stage("[conference]\naway = 20\n") as parts:
        await launch(parts)
        await parts.switch.hang_up(SUBSCRIBER)
        await parts.usn.until_event("conference away", 5)
        await parts.switch.call(SUBSCRIBER, "52272", parts.usn.asterisk.ports.sip)
        await parts.usn.until_event("conference running", 10, 2)
        assert len(await parts.until_heard(EVERYBODY.values())) == 12
