"""Proves that what a carrier limits is refused before anything is dialled, and told by text (C10)."""

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, stage

SETTINGS = """
[dial_in]
common = "443001234500"
[numbers]
allowed = ["+44"]
barred = ["+44909"]
[conference]
longest = 6
most_participants = 3
"""


async def test_barred_numbers_too_many_people_and_the_longest_time() -> None:
    """Nobody ever hangs up, and speech goes on from all: the longest time ends it."""
    async with stage(SETTINGS) as parts:
        # Barred, in a country that is not allowed, and a number of the node's own, which would be a loop.
        for number in ("+449090123456", "+12125550123", "+443001234500"):
            assert number in await parts.text(f"IC {number} " + " ".join(list(GROUP.values())[:2]))
        assert "at most 3" in await parts.text("IC +447700900009 " + " ".join(GROUP.values()))
        parts.usn.command("subscriber", "set", SUBSCRIBER, "--participants", "2")
        assert "at most 2" in await parts.text("IC " + " ".join(GROUP.values()))
        assert parts.switch.invites == []
        parts.usn.command("subscriber", "set", SUBSCRIBER, "--participants", "default")
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("call joined", 20, len(EVERYBODY))
        await parts.usn.until_event("conference ended", 20, reason="time-limit")
        assert "longest time" in (await parts.smsc.next_text(SUBSCRIBER, 10)).body
        assert [cdr["outcome"] for cdr in parts.usn.cdrs()] == ["completed"] * 4
