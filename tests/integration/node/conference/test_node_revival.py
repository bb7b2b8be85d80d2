"""Proves that the conference of a dead Asterisk is called together again (C11)."""

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, stage


async def test_a_conference_survives_the_death_of_asterisk() -> None:
    async with stage("[conference]\nrevive = true\n") as parts:
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("call joined", 20, len(EVERYBODY))
        parts.usn.asterisk.kill()
        await parts.usn.until_event("voice lost", 5)
        told = await parts.smsc.next_text(SUBSCRIBER, 10)
        assert "called again" in told.body
        for number in EVERYBODY.values():  # the switch still believes in the calls of the dead one
            if await parts.switch.state(number) != "idle":
                await parts.switch.hang_up(number)
        await parts.usn.asterisk.start()
        await parts.usn.until_event("call joined", 20, 2 * len(EVERYBODY))
        assert len(await parts.until_heard(EVERYBODY.values())) == 12
        assert parts.usn.count("conference ended") == 0
        assert [cdr["outcome"] for cdr in parts.usn.cdrs()] == ["voice-lost"] * 4
        assert len(parts.switch.invites) == 2 * len(EVERYBODY)
