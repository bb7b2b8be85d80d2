"""Proves that what a carrier limits is refused before anything is dialled, and told by text (C10)."""

from workbench.stage import EVERYBODY, GROUP, SUBSCRIBER, stage

SETTINGS = """
[numbers]
barred = ["+44909"]
[conference]
longest = 6
"""


async def test_barred_numbers_and_the_longest_time() -> None:
    """Nobody ever hangs up, and speech goes on from all: the longest time ends it."""
    async with stage(SETTINGS) as parts:
        answer = await parts.text("IC +449090123456 " + " ".join(GROUP.values()))
        assert "+449090123456" in answer
        assert parts.switch.invites == []
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("call joined", 20, len(EVERYBODY))
        await parts.usn.until_event("conference ended", 20, reason="time-limit")
        assert "longest time" in (await parts.smsc.next_text(SUBSCRIBER, 10)).body
        assert [cdr["outcome"] for cdr in parts.usn.cdrs()] == ["completed"] * 4
