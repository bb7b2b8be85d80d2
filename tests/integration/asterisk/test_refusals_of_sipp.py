"""Proves what each SIP refusal means, against a called side of another make (REQUIREMENTS C2, C9, V1)."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from listener import listening, until

from usnd.asterisk.ami import AmiSettings
from usnd.asterisk.calls import Calls, CallSettings
from usnd.asterisk.progress import News
from usnd.config_trunks import TrunkConfig, TrunksConfig
from usnd.domain.calls import CallEvent, CallNews
from usnd.pjsip import pjsip_conf
from workbench.asterisk import asterisk_tree, usn_asterisk
from workbench.ports import HOST
from workbench.sipp import Sipp
from workbench.usn import product_dialplan

SCENARIOS = Path(__file__).parents[2] / "peers" / "sipp"
CAUSES = {
    400: 41, 401: 47, 402: 50, 403: 21, 404: 1, 407: 47, 408: 102, 410: 22, 480: 18, 484: 28, 486: 17,
    488: 58, 500: 41, 502: 38, 503: 41, 504: 102, 600: 17, 603: 21, 604: 1, 606: 58,
}  # fmt: skip
"""The Q.850 cause of each status, as the records tell it."""


@asynccontextmanager
async def calls_to(*scenarios: str) -> AsyncIterator[tuple[Calls, list[News]]]:
    """A node with a trunk to each, named as the scenario, as the product's own pjsip.conf has it."""
    news: list[News] = []
    async with AsyncExitStack() as parts:
        peers = [await parts.enter_async_context(Sipp(SCENARIOS / f"{name}.xml")) for name in scenarios]
        trunks = [
            TrunkConfig(name=name, host=HOST, port=sipp.port, qualify=0)
            for name, sipp in zip(scenarios, peers, strict=True)
        ]
        node = usn_asterisk(asterisk_tree(), 9, product_dialplan())
        common = TrunksConfig(bind=HOST, bind_port=node.ports.sip, silence=7)
        node.add_files({"pjsip.conf": pjsip_conf(trunks, common)})
        await parts.enter_async_context(node)
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
    async with calls_to("refuse") as (calls, news):
        ring = timedelta(seconds=10)
        for status in CAUSES:
            await calls.place(f"usn-1-{status}", f"+44{status}", "+447", "c1", ring, trunk="refuse")
        await until(lambda: len(causes(news)) == len(CAUSES), 15)
        wanted = {f"usn-1-{status}": cause for status, cause in CAUSES.items()}
        assert causes(news) == wanted
        records = (await calls.survey()).settled
        assert {call: settled.cause for call, settled in records.items()} == wanted


async def test_trunks_that_say_nothing_of_use_are_given_up_in_time() -> None:
    async with calls_to("garbage", "nothing") as (calls, news):
        started = time.monotonic()
        for trunk in ("garbage", "nothing"):
            await calls.place(f"usn-1-{trunk}", "+44200", "+447", "c1", timedelta(seconds=30), trunk=trunk)
        await until(lambda: len(causes(news)) == 2, 12)
        assert causes(news) == {"usn-1-garbage": 102, "usn-1-nothing": 102}
        assert time.monotonic() - started < 10
