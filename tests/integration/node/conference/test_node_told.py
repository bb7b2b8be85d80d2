"""Proves that people hear and read what became of things, and that the operator sees it (C8, C13, B1)."""

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, Stage, stage
from workbench.demo.tones import TONES
from workbench.parts.process import until
from workbench.parts.voice.switch import Refusal

ALFA, BRAVO, CHARLIE = GROUP.values()
DELTA = "+447700900005"


async def played(parts: Stage, sound: str) -> bool:
    return bool(await until(lambda: f"Playing '{sound}" in parts.usn.asterisk.log(400), 10, 0.2))


async def test_a_conference_whose_host_is_busy_hears_so_and_the_host_reads_it() -> None:
    async with stage() as parts:
        await parts.switch.put(parts.handset(SUBSCRIBER, refusal=Refusal.BUSY))
        await parts.text(f"IC {ALFA} {BRAVO}")
        assert "begun without you" in (await parts.smsc.next_text(SUBSCRIBER, 20)).body
        assert await played(parts, "conf-waitforleader")


async def test_whoever_presses_keys_hears_what_became_of_it_and_the_operator_sees_who_did() -> None:
    async with stage() as parts:
        parts.tones[DELTA] = TONES[len(EVERYBODY)]
        await parts.switch.put(parts.handset(DELTA, refusal=Refusal.BUSY))
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("call joined", 20, len(EVERYBODY))

        await parts.switch.press(SUBSCRIBER, "*207700900005#")
        assert await played(parts, "vm-isonphone")
        await parts.switch.press(SUBSCRIBER, "*9")
        assert await played(parts, "conf-errormenu")
        await parts.switch.press(ALFA, "*7")
        assert await played(parts, "feature-not-avail-line")
        await parts.switch.press(SUBSCRIBER, "*5")
        await parts.switch.press(ALFA, "*6")
        muted_by_host = "The host has muted all participants."
        await parts.usn.until_event("said", 10, number=ALFA, words=muted_by_host)
        await parts.switch.press(SUBSCRIBER, "*3")
        await parts.usn.until_event("call ended", 10, number=CHARLIE)

        shown = parts.usn.command("conference", "show", "1")
        lately = [
            line.split(maxsplit=3)[2:] for line in shown.splitlines() if "pressed" in line or "told" in line
        ]
        assert [ALFA, "pressed *6: mute-me"] in lately
        assert [SUBSCRIBER, "pressed *5: mute-all"] in lately
        assert [ALFA, f"is told: {muted_by_host}"] in lately
        assert [SUBSCRIBER, "is told: The participant who was added last has been dropped."] in lately
