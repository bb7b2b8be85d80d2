"""Proves that each way a call can fail is told apart, recorded, and does no harm to the others (C2, C9)."""

import asyncio

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, stage
from workbench.demo.tones import TONES
from workbench.parts.voice.switch import NEVER, Refusal


async def test_refusals_are_told_apart_and_the_conference_goes_on() -> None:
    """One answers, one is busy, one rejects, one is unreachable, one never answers."""
    async with stage("[conference]\nring = 3\n") as parts:
        alfa, bravo, charlie = GROUP.values()
        delta = "+447700900005"
        parts.tones[delta] = TONES[len(EVERYBODY)]
        await parts.switch.put(
            parts.handset(alfa, refusal=Refusal.BUSY),
            parts.handset(bravo, refusal=Refusal.REJECTED),
            parts.handset(charlie, refusal=Refusal.UNREACHABLE),
            parts.handset(delta, ring=NEVER),
        )
        await parts.text(f"IC {alfa} {bravo} {charlie} {delta}")
        await parts.usn.until_event("call joined", 10, number=SUBSCRIBER)
        await parts.usn.until_event("call ended", 10, 4)
        outcomes = {cdr["dnis"]: cdr["outcome"] for cdr in parts.usn.cdrs()}
        assert outcomes == {
            alfa: "busy",
            bravo: "rejected",
            charlie: "unreachable",
            delta: "no-answer",
        }
        await parts.switch.hang_up(SUBSCRIBER)
        await parts.usn.until_event("conference ended", 10, reason="empty")
        assert len(parts.usn.cdrs()) == 5
        assert {invite.calling for invite in parts.switch.invites} == {SUBSCRIBER}

        # A call of which no note is left when usnd comes back: it has a record, which says so.
        await parts.switch.put(parts.handset(alfa, ring=NEVER))
        await parts.text(f"IC {alfa}")
        await parts.usn.until_event("call ringing", 10, 1, call="usn-2-2")
        await parts.usn.until_event("call joined", 10, 2)
        parts.usn.process.kill()
        await parts.usn.asterisk.act("Hangup", Channel="usn-2-2", Cause="16")
        await asyncio.sleep(0.5)
        await parts.usn.asterisk.cli("database del usn usn-2-2")
        await parts.usn.start_daemon()
        await parts.usn.until_event("call ended", 10, number=alfa, outcome="unknown")


async def test_lack_of_credit_ends_the_launch_and_is_told_by_text() -> None:
    async with stage() as parts:
        alfa, bravo, charlie = GROUP.values()
        await parts.switch.put(
            parts.handset(charlie, credit=False, ring=0.0),
            parts.handset(alfa, ring=5.0),
            parts.handset(bravo, ring=5.0),
        )
        await parts.text(f"IC {alfa} {bravo} {charlie}")
        told = await parts.smsc.next_text(SUBSCRIBER, 10)
        assert "not enough credit" in told.body
        await parts.usn.until_event("conference ended", 15, reason="no-credit")
        outcomes = {cdr["dnis"]: cdr["outcome"] for cdr in parts.usn.cdrs()}
        assert outcomes[charlie] == "no-credit"
        assert outcomes[alfa] == outcomes[bravo] == "cancelled"
        assert [await parts.switch.state(number) for number in EVERYBODY.values()] == ["idle"] * 4


async def test_an_unregistered_mobile_gets_no_service() -> None:
    async with stage() as parts:
        answer = await parts.text(f"IC {GROUP['alfa']}", sender="+447700900099")
        assert "not registered" in answer
        assert parts.switch.invites == []
