"""Proves that a machine which answers does not join, and who presses 1 does (C9)."""

from workbench.demo.stage import GROUP, SUBSCRIBER, stage
from workbench.parts.process import until

ALFA, BRAVO, CHARLIE = GROUP.values()


async def test_who_presses_one_joins_and_a_machine_does_not() -> None:
    """Alfa presses at once, Bravo a wrong key first, Charlie is a machine."""
    async with stage() as parts:
        parts.usn.command("subscriber", "set", SUBSCRIBER, "--press-one")
        await parts.switch.put(
            parts.handset(SUBSCRIBER, digits="1"),
            parts.handset(ALFA, digits="1"),
            parts.handset(BRAVO, digits="5ww1"),
            parts.handset(CHARLIE),
        )
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("call joined", 20, 3)
        assert len(await parts.until_heard([SUBSCRIBER, ALFA, BRAVO])) == 6
        assert CHARLIE not in parts.speakers(SUBSCRIBER, parts.tones)
        await parts.usn.until_event("call ended", 30, number=CHARLIE)
        (cdr,) = parts.usn.cdrs()
        assert (cdr["dnis"], cdr["outcome"]) == (CHARLIE, "not-accepted")
        assert cdr["answer"]


async def test_what_was_pressed_while_usnd_was_dead_is_known_after() -> None:
    """Joined and left in the outage is completed; answered and never pressed is not accepted."""
    async with stage("[conference]\npress_one = true\n") as parts:
        await parts.switch.put(
            parts.handset(SUBSCRIBER, digits="1"),
            parts.handset(ALFA, digits="1"),
            parts.handset(BRAVO, digits="1", ring=2.0, stay=1.0),
            parts.handset(CHARLIE, ring=2.0, stay=1.0),
        )
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("call joined", 10, 2)
        assert await until(lambda: len(parts.switch.invites) == 1 + len(GROUP), 10)
        parts.usn.process.kill()
        for number in (BRAVO, CHARLIE):  # they ring, answer and hang up
            await parts.switch.until_state(number, "idle")
        await parts.usn.start_daemon()
        await parts.usn.until_event("call ended", 10, 2)
        outcomes = {cdr["dnis"]: cdr["outcome"] for cdr in parts.usn.cdrs()}
        assert outcomes == {BRAVO: "completed", CHARLIE: "not-accepted"}
