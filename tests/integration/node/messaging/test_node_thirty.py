"""Proves that a subscriber has thirty conferences, each with a number and PINs of its own, no more (C3)."""

import json

from workbench.demo.stage import GROUP, SUBSCRIBER, Stage, stage

FIRST = 52201
NUMBERS = [str(FIRST + number) for number in range(30)]
SETTINGS = f'[dial_in]\ncommon = "52270"\nconferences = {json.dumps(NUMBERS)}\n'
ALFA, BRAVO, CHARLIE = GROUP.values()


def pins(parts: Stage, number: str) -> list[dict[str, str]]:
    """What the command lists of each conference of that subscriber."""
    rows = parts.usn.command("subscriber", "pins", number, "--json").splitlines()
    return [json.loads(row) for row in rows]


async def test_the_thirtieth_is_called_by_its_number_and_there_is_no_31st() -> None:
    """Two subscribers call the same number, each for the own conference, at the same time."""
    async with stage(SETTINGS) as parts:
        parts.usn.command("subscriber", "add", ALFA)
        for number in range(1, 31):
            assert f"Conference {number} created" in await parts.text(f"CC{number} {BRAVO}")
        for refused in (f"CC31 {BRAVO}", "IC31", "CC0 " + BRAVO):
            assert "1 to 30" in await parts.text(refused)
        assert "created" in await parts.text(f"CC30 {CHARLIE}", sender=ALFA)
        rows = pins(parts, SUBSCRIBER)
        assert [row["dnis"] for row in rows] == NUMBERS
        given = [row[kind] for row in (*rows, *pins(parts, ALFA)) for kind in ("activation_pin", "user_pin")]
        assert len(set(given)) == 62
        assert {len(pin) for pin in given} == {7}

        for caller in (SUBSCRIBER, ALFA):
            await parts.switch.call(caller, NUMBERS[-1], parts.usn.asterisk.ports.sip)
        await parts.usn.until_event("call joined", 20, 4)
        assert len(await parts.until_heard([SUBSCRIBER, BRAVO])) == 2
        assert len(await parts.until_heard([ALFA, CHARLIE])) == 2
        assert parts.speakers(BRAVO, parts.tones) - {BRAVO} == {SUBSCRIBER}
        called = {invite.called: invite.calling for invite in parts.switch.invites}
        assert called == {BRAVO: SUBSCRIBER, CHARLIE: ALFA}
