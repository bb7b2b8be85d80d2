"""Proves whose cause a call's end has: the network's own, mapped once (REQUIREMENTS B1, C9, V4)."""

import asyncio
from datetime import timedelta
from pathlib import Path

from listener import until
from sipp_trunks import SCENARIOS, calls_to

from usnd.asterisk.progress import News
from usnd.domain.conference.call import CallEvent, CallNews
from workbench.parts.voice.sipp import ALONE, Sipp

RING = timedelta(seconds=10)
REFUSALS = {380: 23, 405: 63, 483: 25, 501: 79, 513: 127, 606: 58, 403: 21, 603: 21}
"""The Q.850 cause of each status."""


def events(news: list[News], call: str) -> list[CallEvent]:
    return [one.event for one in news if isinstance(one, CallNews) and one.call == call]


def causes(news: list[News]) -> dict[str, int | None]:
    ended = (one for one in news if isinstance(one, CallNews) and one.event is CallEvent.ENDED)
    return {one.call: one.cause for one in ended}


async def test_the_reason_of_a_bye_is_the_cause_and_who_answers_without_sdp_never_joins() -> None:
    trunks = {
        f"bye-{cause}": Sipp(SCENARIOS / "bye-reason.xml", [*ALONE, "-key", "cause", str(cause)])
        for cause in (18, 27, 31)
    }
    async with calls_to({**trunks, "no-sdp": Sipp(SCENARIOS / "no-sdp.xml")}) as (calls, news):
        for trunk in (*trunks, "no-sdp"):
            await calls.place(f"usn-1-{trunk}", "+44200", "+447", "c1", RING, trunk=trunk)
        await until(lambda: len(causes(news)) == 4, 15)
        wanted = {"usn-1-bye-18": 18, "usn-1-bye-27": 27, "usn-1-bye-31": 31}
        assert {call: cause for call, cause in causes(news).items() if call != "usn-1-no-sdp"} == wanted
        assert CallEvent.JOINED in events(news, "usn-1-bye-18")
        assert CallEvent.ANSWERED in events(news, "usn-1-no-sdp")
        assert CallEvent.JOINED not in events(news, "usn-1-no-sdp")
        records = (await calls.survey()).settled
        assert {call: records[call].cause for call in wanted} == wanted


REASONS = {
    "lines": ("Reason: SIP;cause=503\n      Reason: Q.850;cause=38", 38),
    "first": ('Reason: Q.850;cause=38;text="a, b", SIP;cause=503', 38),
    # Asterisk 22.10 reads the first value of a line alone, and hands on no other (docs/operator/trunks.md).
    "behind": ("Reason: SIP;cause=503, Q.850;cause=38", 34),
}
"""How a BYE may say both protocols' reasons (RFC 3326 §2), and the cause that is read."""


async def test_of_two_reasons_the_cause_of_q850_counts_where_asterisk_tells_it(tmp_path: Path) -> None:
    sipps = {}
    for name, (header, _) in REASONS.items():
        scenario = tmp_path / f"{name}.xml"
        said = (SCENARIOS / "bye-reason.xml").read_text().replace("Reason: Q.850;cause=[cause]", header)
        scenario.write_text(said)
        sipps[name] = Sipp(scenario, ALONE)
    async with calls_to(sipps) as (calls, news):
        for trunk in sipps:
            await calls.place(f"usn-1-{trunk}", "+44200", "+447", "c1", RING, trunk=trunk)
        await until(lambda: len(causes(news)) == len(REASONS), 15)
        assert causes(news) == {f"usn-1-{name}": cause for name, (_, cause) in REASONS.items()}


async def test_of_many_who_answer_without_sdp_at_once_none_comes_into_the_room() -> None:
    """Asterisk releases them, but of so many it lets some into the dialplan before."""
    async with calls_to({"no-sdp": Sipp(SCENARIOS / "no-sdp.xml")}) as (calls, news):
        ours = [f"usn-1-{number}" for number in range(60)]
        await asyncio.gather(
            *(calls.place(one, "+44200", "+447", "c1", RING, trunk="no-sdp") for one in ours)
        )
        await until(lambda: len(causes(news)) == len(ours), 30)
        assert [one for one in ours if CallEvent.JOINED in events(news, one)] == []


async def test_refusals_that_asterisk_blurs_have_the_cause_of_their_status(tmp_path: Path) -> None:
    sipps = {}
    for status in REFUSALS:
        scenario = tmp_path / f"{status}.xml"
        scenario.write_text((SCENARIOS / "refuse-all.xml").read_text().replace("STATUS", str(status)))
        sipps[f"says-{status}"] = Sipp(scenario)
    async with calls_to(sipps) as (calls, news):
        for trunk in sipps:
            await calls.place(f"usn-1-{trunk}", "+44200", "+447", "c1", RING, trunk=trunk)
        await until(lambda: len(causes(news)) == len(REFUSALS), 15)
        assert causes(news) == {f"usn-1-says-{status}": cause for status, cause in REFUSALS.items()}
