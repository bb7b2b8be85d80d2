"""Proves what each SIP refusal means, against a called side of another make (REQUIREMENTS C2, C9, V1)."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from listener import listening, until

from usnd.asterisk.ami import AmiSettings
from usnd.asterisk.calls import Calls, CallSettings
from usnd.asterisk.progress import News
from usnd.domain.calls import CallEvent, CallNews
from workbench.asterisk import asterisk_tree, usn_asterisk
from workbench.sipp import Sipp
from workbench.usn import product_dialplan

SCENARIOS = Path(__file__).parents[2] / "peers" / "sipp"
CAUSES = {
    400: 41, 401: 47, 402: 50, 403: 21, 404: 1, 407: 47, 408: 102, 410: 22, 480: 18, 484: 28, 486: 17,
    488: 58, 500: 41, 502: 38, 503: 41, 504: 102, 600: 17, 603: 21, 604: 1, 606: 58,
}  # fmt: skip
"""The Q.850 cause of each status, as the records tell it."""


@asynccontextmanager
async def calls_to(scenario: str) -> AsyncIterator[tuple[Calls, list[News]]]:
    news: list[News] = []
    tree = asterisk_tree()
    async with Sipp(SCENARIOS / scenario) as sipp, usn_asterisk(tree, sipp.port, product_dialplan()) as node:
        account = node.usnd_account
        settings = AmiSettings("127.0.0.1", account.port, account.user, account.secret)
        async with listening(settings, up=False) as listener:
            calls = Calls(listener.link, CallSettings(), news.append, time.monotonic)
            listener.on_event = calls.hear
            await until(lambda: listener.ups)
            yield calls, news


def causes(news: list[News]) -> dict[str, int | None]:
    ended = (one for one in news if isinstance(one, CallNews) and one.event is CallEvent.ENDED)
    return {one.call: one.cause for one in ended}


async def test_each_status_has_its_cause_also_in_the_records() -> None:
    async with calls_to("refuse.xml") as (calls, news):
        ring = timedelta(seconds=10)
        for status in CAUSES:
            await calls.place(f"usn-1-{status}", f"+44{status}", "+447", "c1", ring, trunk="trunk-msc")
        await until(lambda: len(causes(news)) == len(CAUSES), 15)
        wanted = {f"usn-1-{status}": cause for status, cause in CAUSES.items()}
        assert causes(news) == wanted
        records = (await calls.survey()).settled
        assert {call: settled.cause for call, settled in records.items()} == wanted


@pytest.mark.parametrize("scenario", ["garbage.xml", "nothing.xml"])
async def test_a_trunk_that_says_nothing_of_use_is_given_up_in_time(scenario: str) -> None:
    async with calls_to(scenario) as (calls, news):
        started = asyncio.get_running_loop().time()
        await calls.place("usn-1-1", "+44200", "+447", "c1", timedelta(seconds=30), trunk="trunk-msc")
        await until(lambda: causes(news), 10)
        assert causes(news) == {"usn-1-1": 102}
        assert asyncio.get_running_loop().time() - started < 8
