"""Proves that a subscriber's new call takes the place of an older one, which may be dead (C5, C13)."""

from workbench.demo.stage import EVERYBODY, GROUP, SUBSCRIBER, stage


async def test_a_call_to_the_node_and_another_ic_each_take_the_place_of_the_older_call() -> None:
    async with stage() as parts:
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("call joined", 20, len(EVERYBODY))
        await parts.switch.call(SUBSCRIBER, "52272", parts.usn.asterisk.ports.sip)
        await parts.usn.until_event("call joined", 15, 2, number=SUBSCRIBER)
        await parts.usn.until_event("call ended", 15, 1, number=SUBSCRIBER)

        # A handset without power: the network takes it for free, its call is still up.
        await parts.switch.asterisk.cli(f"database del handset/{SUBSCRIBER} channel")
        assert "calling you into it" in await parts.text(f"IC {GROUP['alfa']}")
        await parts.usn.until_event("call joined", 15, 3, number=SUBSCRIBER)
        await parts.usn.until_event("call ended", 15, 2, number=SUBSCRIBER)

        assert len(await parts.until_heard(EVERYBODY.values())) == 12
        assert parts.usn.count("conference away") == parts.usn.count("incoming call refused") == 0
        assert {cdr["outcome"] for cdr in parts.usn.cdrs()} == {"completed"}


async def test_right_behind_two_stars_the_next_conference_is_launched() -> None:
    async with stage() as parts:
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("call joined", 20, len(EVERYBODY))
        await parts.switch.press(SUBSCRIBER, "**")
        await parts.usn.until_event("conference ending", 10)
        assert (await parts.text(f"IC {GROUP['alfa']}")).startswith("Calling you and 1 more")
        await parts.usn.until_event("call dialling", 10, conference=2)
