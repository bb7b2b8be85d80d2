"""A real Asterisk with trunks to sipp, as the product's own pjsip.conf has them, and a link to it."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from listener import listening, until

from usnd.asterisk.ami import AmiSettings
from usnd.asterisk.calls import Calls, CallSettings
from usnd.asterisk.progress import News
from usnd.config_trunks import TrunkConfig, TrunksConfig
from usnd.domain.hosts import Host, OwnAddress
from usnd.pjsip import pjsip_conf
from workbench.asterisk import asterisk_tree, usn_asterisk
from workbench.ports import HOST
from workbench.sipp import Sipp
from workbench.usn import product_dialplan

SCENARIOS = Path(__file__).parents[2] / "peers" / "sipp"


@asynccontextmanager
async def calls_to(sipps: Mapping[str, Sipp]) -> AsyncIterator[tuple[Calls, list[News]]]:
    """By the trunks' names; what becomes of the calls is in the list."""
    news: list[News] = []
    async with AsyncExitStack() as parts:
        for sipp in sipps.values():
            await parts.enter_async_context(sipp)
        trunks = [
            TrunkConfig(name=name, host=Host(HOST), port=sipp.port, qualify=0) for name, sipp in sipps.items()
        ]
        node = usn_asterisk(asterisk_tree(), 9, product_dialplan())
        common = TrunksConfig(bind=OwnAddress(HOST), bind_port=node.ports.sip, silence=7)
        node.add_files({"pjsip.conf": pjsip_conf(trunks, common)})
        await parts.enter_async_context(node)
        account = node.usnd_account
        settings = AmiSettings(HOST, account.port, account.user, account.secret)
        async with listening(settings, up=False) as listener:
            calls = Calls(listener.link, CallSettings(), news.append, time.monotonic)
            listener.on_event = calls.hear
            await until(lambda: listener.ups)
            yield calls, news
