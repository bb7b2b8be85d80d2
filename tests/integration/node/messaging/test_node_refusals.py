"""Proves what each SIP refusal means in the record of the call, over a trunk of another make (C2, C9)."""

import asyncio

from trunk_stage import refusing_trunk

from workbench.demo.stage import SUBSCRIBER, Stage

OUTCOMES = {
    400: "congested", 401: "congested", 403: "rejected", 404: "unreachable", 407: "congested",
    408: "congested", 410: "unreachable", 480: "unreachable", 484: "unreachable", 486: "busy", 488: "failed",
    500: "congested", 502: "congested", 503: "congested", 504: "congested",
    600: "busy", 603: "rejected", 604: "unreachable", 606: "failed",
}  # fmt: skip
"""Of each status but 402, which ends the launch."""


def number_of(status: int) -> str:
    return f"+447700900{status}"


async def wait_for_records(parts: Stage, count: int) -> dict[str, str]:
    """The outcome of each called number."""
    await parts.usn.until_event("call ended", 20, count)
    for _ in range(100):  # the journal's line comes just before the commit
        records = await asyncio.to_thread(parts.usn.cdrs)
        if len(records) >= count:
            break
        await asyncio.sleep(0.2)
    assert len(records) == count
    return {cdr["dnis"]: cdr["outcome"] for cdr in records}


async def told(parts: Stage, words: str) -> None:
    """Waits for a text to the subscriber that says so; others may come before it. Raises TimeoutError."""
    while words not in (await parts.smsc.next_text(SUBSCRIBER, 10)).body:
        pass


async def test_each_status_is_told_apart_and_lack_of_credit_ends_the_launch() -> None:
    async with refusing_trunk() as parts:
        await parts.text("IC " + " ".join(map(number_of, OUTCOMES)))
        records = await wait_for_records(parts, len(OUTCOMES))
        assert records == {number_of(status): outcome for status, outcome in OUTCOMES.items()}
        # Of all those who were not reached the subscriber is told by one text.
        await told(parts, "Nobody could be reached")
        # The subscriber is in, alone, and has not paid for any.
        await parts.usn.until_event("conference running", 10)
        await parts.switch.hang_up(SUBSCRIBER)
        await parts.usn.until_event("conference ended", 10, reason="empty")
        await wait_for_records(parts, len(OUTCOMES) + 1)

        await parts.text(f"IC {number_of(402)}")
        await told(parts, "not enough credit")
        await parts.usn.until_event("conference ended", 15, reason="no-credit")
        records = await wait_for_records(parts, len(OUTCOMES) + 3)
        assert records[number_of(402)] == "no-credit"
