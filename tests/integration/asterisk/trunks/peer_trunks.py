"""A real Asterisk with trunks to SIP peers of our own, by the product's own pjsip.conf, and a link to it."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from listener import Listener, joined, listening, until
from sip_peer import Peer

from usnd.asterisk.ami import AmiSettings
from usnd.asterisk.calls import Calls, CallSettings
from usnd.asterisk.progress import Digit, News
from usnd.config.pjsip_conf import pjsip_conf
from usnd.config.trunks import TrunkConfig, TrunksConfig
from usnd.domain.conference.call import CallEvent, CallNews
from usnd.domain.network.hosts import Host, OwnAddress
from usnd.services.alarms.alarms import Alarms
from usnd.services.media_server.foreign_channels import ForeignChannels
from workbench.bench.handset_media import encode
from workbench.parts.ports import HOST
from workbench.parts.usn import product_dialplan
from workbench.parts.voice.asterisk import Asterisk, asterisk_tree, usn_asterisk

RING = timedelta(seconds=5)


@dataclass
class PeerStage:
    """The node, and what its usnd has heard."""

    node: Asterisk
    listener: Listener
    calls: Calls
    foreign: ForeignChannels
    news: list[News]

    async def join(self, call: str, peer: Peer, trunk: str) -> None:
        """Calls the peer into room c1; returns once it is there."""
        before = joined(self.news)
        await self.calls.place(call, "+447700900001", "+447700900000", "c1", RING, trunk=trunk)
        await until(lambda: peer.invite is not None and joined(self.news) > before)

    @property
    def released(self) -> int:
        """How many foreign channels were, as the status file tells."""
        return self.foreign.figures(datetime.now(UTC)).released

    def causes(self) -> dict[str, int | None]:
        ended = (one for one in self.news if isinstance(one, CallNews) and one.event is CallEvent.ENDED)
        return {one.call: one.cause for one in ended}

    def digits(self, call: str) -> list[Digit]:
        return [one for one in self.news if isinstance(one, Digit) and one.call == call]

    async def in_rooms(self) -> list[str]:
        """The ids of all that ConfBridge has in its rooms."""
        channels = await self.listener.link.listing("CoreShowChannels")
        return sorted(one["uniqueid"] for one in channels if one.get("application") == "ConfBridge")


def node_at(ports: Mapping[str, int], **common: int) -> Asterisk:
    """An Asterisk with trunks of these names to these ports; `common`: keys of [trunks]."""
    trunks = [TrunkConfig(name=name, host=Host(HOST), port=port, qualify=0) for name, port in ports.items()]
    node = usn_asterisk(asterisk_tree(), 9, product_dialplan())
    settings = TrunksConfig(bind=OwnAddress(HOST), bind_port=node.ports.sip, **common)
    node.add_files({"pjsip.conf": pjsip_conf(trunks, settings)})
    return node


def account_of(node: Asterisk) -> AmiSettings:
    """By which usnd logs in to it."""
    account = node.usnd_account
    return AmiSettings(HOST, account.port, account.user, account.secret)


@asynccontextmanager
async def peers_at(peers: Mapping[str, Peer], **common: int) -> AsyncIterator[PeerStage]:
    """By the trunks' names; `common`: keys of [trunks]."""
    news: list[News] = []
    async with AsyncExitStack() as parts:
        for peer in peers.values():
            await parts.enter_async_context(peer)
        node = await parts.enter_async_context(
            node_at({name: peer.port for name, peer in peers.items()}, **common)
        )
        listener = await parts.enter_async_context(listening(account_of(node)))
        calls = Calls(listener.link, CallSettings(), news.append, time.monotonic)
        foreign = ForeignChannels(
            calls, CallSettings().prefix, Alarms(lambda: datetime.now(UTC)), lambda: datetime.now(UTC)
        )

        def hear(event: Mapping[str, str]) -> None:
            calls.hear(event)
            foreign.hear(event)

        listener.on_event = hear
        yield PeerStage(node, listener, calls, foreign, news)


def tone(*hertz: int) -> Callable[[int], bytes]:
    """What `Rtp.speak` sends of these frequencies together."""

    def payload(number: int) -> bytes:
        samples = range(number * 160, number * 160 + 160)
        return encode(
            [round(sum(5000 * math.sin(2 * math.pi * one * at / 8000) for one in hertz)) for at in samples]
        )

    return payload


def loud(peer: Peer, since: float) -> float:
    """Of the packets that the peer has heard since then, the part that is no silence."""
    heard = [payload for at, payload in peer.rtp.heard if at > since]
    return sum(len(set(payload)) > 8 for payload in heard) / max(1, len(heard))


async def both_speak(speaker: Peer, listener: Peer, seconds: float) -> float:
    """The speaker a tone, the other silence; how much of it the other has heard."""
    since = time.monotonic() + 0.4  # what was on its way is over
    await asyncio.gather(speaker.rtp.speak(seconds, tone(600)), listener.rtp.speak(seconds))
    return loud(listener, since)
