"""Proves what each SIP refusal means, against a called side of another make (REQUIREMENTS C2, C9, V1)."""

import time
from datetime import timedelta

from listener import until
from sipp_trunks import SCENARIOS, calls_to

from usnd.asterisk.progress import News
from usnd.domain.conference.call import CallEvent, CallNews
from workbench.parts.voice.sipp import Sipp

CAUSES = {
    400: 41, 401: 47, 402: 50, 403: 21, 404: 1, 407: 47, 408: 102, 410: 22, 480: 18, 484: 28, 486: 17,
    488: 58, 500: 41, 502: 38, 503: 41, 504: 102, 600: 17, 603: 21, 604: 1, 606: 58,
}  # fmt: skip
"""The Q.850 cause of each status, as the records tell it."""


def playing(*scenarios: str) -> dict[str, Sipp]:
    """Trunks named as what the far side plays."""
    return {name: Sipp(SCENARIOS / f"{name}.xml") for name in scenarios}


def causes(news: list[News]) -> dict[str, int | None]:
    ended = (one for one in news if isinstance(one, CallNews) and one.event is CallEvent.ENDED)
    return {one.call: one.cause for one in ended}


async def test_each_status_has_its_cause_also_in_the_records() -> None:
    async with calls_to(playing("refuse")) as (calls, news):
        ring = timedelta(seconds=10)
        for status in CAUSES:
            await calls.place(f"usn-1-{status}", f"+44{status}", "+447", "c1", ring, trunk="refuse")
        await until(lambda: len(causes(news)) == len(CAUSES), 15)
        wanted = {f"usn-1-{status}": cause for status, cause in CAUSES.items()}
        assert causes(news) == wanted
        records = (await calls.survey()).settled
        assert {call: settled.cause for call, settled in records.items()} == wanted


async def test_trunks_that_say_nothing_of_use_are_given_up_in_time() -> None:
    async with calls_to(playing("garbage", "nothing")) as (calls, news):
        started, ring = time.monotonic(), timedelta(seconds=300)
        for trunk in ("garbage", "nothing"):
            await calls.place(f"usn-1-{trunk}", "+44200", "+447", "c1", ring, trunk=trunk)
        await until(lambda: len(causes(news)) == 2, 12)
        assert causes(news) == {"usn-1-garbage": 102, "usn-1-nothing": 102}
        assert time.monotonic() - started < ring.total_seconds() / 3, "not by the ring's own end"
