"""A real Asterisk with trunks to sipp, as the product's own pjsip.conf has them, and a link to it."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from listener import listening, until
from peer_trunks import account_of, node_at

from usnd.asterisk.calls import Calls, CallSettings
from usnd.asterisk.progress import News
from workbench.parts.voice.sipp import Sipp

SCENARIOS = Path(__file__).parents[3] / "peers" / "sipp"


@asynccontextmanager
async def calls_to(sipps: Mapping[str, Sipp]) -> AsyncIterator[tuple[Calls, list[News]]]:
    """By the trunks' names; what becomes of the calls is in the list."""
    news: list[News] = []
    async with AsyncExitStack() as parts:
        for sipp in sipps.values():
            await parts.enter_async_context(sipp)
        ports = {name: sipp.port for name, sipp in sipps.items()}
        node = await parts.enter_async_context(node_at(ports, silence=7))
        async with listening(account_of(node), up=False) as listener:
            calls = Calls(listener.link, CallSettings(), news.append, time.monotonic)
            listener.on_event = calls.hear
            await until(lambda: listener.ups)
            yield calls, news
