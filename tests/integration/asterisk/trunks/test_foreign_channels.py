"""Proves that nothing is dialled and nobody is in a room that usnd did not order (REQUIREMENTS C12)."""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from listener import until
from peer_trunks import RING, PeerStage, peers_at
from sip_peer import Message, Peer

from usnd.asterisk.progress import IncomingCall
from usnd.domain.conference.call import CallEvent, CallNews
from usnd.domain.media_server.foreign_channels import LONGEST_STAY
from usnd.services.alarms.alarms import Alarms
from usnd.services.media_server.foreign_channels import ForeignChannels
from workbench.parts.ports import HOST

CONTACTS = [
    "<sip:PJSIP/+449098790000%40msc@x>",
    "<sip:PJSIP/+449098790000%40usn%2Fmsc@x>",
    "<sip:PJSIP/+449098790000%40%22usn%2Fmsc%22@x>",
    "<sip:PJSIP%2Fmsc%2Fsip:+449098790000%40{host}@x>",
    "<sip:+449098790000@{host}>",
    "<sip:+449098790000@x;user=phone>",
    "<sip:Local/c1%40usn-join@x>",
    "<sip:Local/c1%40usn-join%2Fn@x>",
    "<sip:Local/s%40record-usn@x>",
    "<sip:c1@x>",
    "<sip:usn@x>",
    "<sip:s@usn>",
    "<sip:%22usn/msc%22@x>",
    "<tel:+449098790000>",
    "<sip:+4490987@{host}>;q=0.9, <sip:+4490988@{host}>;q=0.1",
    "<sips:+449098790000@{host}>",
]
STATUSES = [300, 301, 302, 305, 380]


def diverting(peer: Peer, asked: Mapping[str, tuple[int, str]]) -> None:
    """The peer diverts who calls one of these numbers, as they say."""

    def answer(invite: Message) -> Message | None:
        found = re.search(r"sip:(\+\d+)@", invite.first)
        status, contact = asked.get(found[1] if found else "", (0, ""))
        host = f"{HOST}:{peer.port}"
        return peer.response(invite, status, [("Contact", contact.format(host=host))]) if status else None

    peer.answers = answer


async def test_a_diversion_dials_nobody_whatever_it_says() -> None:
    peer = Peer()
    cases = [(302, contact) for contact in CONTACTS] + [(status, CONTACTS[4]) for status in STATUSES]
    asked = {f"+4477009{index:05}": case for index, case in enumerate(cases)}
    diverting(peer, asked)
    async with peers_at({"msc": peer}) as stage:
        for index, number in enumerate(asked):
            await stage.calls.place(f"usn-1-{index}", number, "+447", "c1", RING, trunk="msc")
        await until(lambda: len(stage.causes()) == len(cases), 15)
        await asyncio.sleep(0.5)
        called = {re.sub(r"^INVITE sip:|@.*$", "", invite.first) for invite in peer.got("INVITE")}
        assert called == set(asked)
        channels = {event["uniqueid"] for event in stage.listener.events if event["event"] == "Newchannel"}
        assert channels == {f"usn-1-{index}" for index in range(len(cases))}
        assert not any(
            isinstance(one, CallNews) and one.event in {CallEvent.ANSWERED, CallEvent.JOINED}
            for one in stage.news
        )
        assert await stage.in_rooms() == []


async def other_manager(stage: PeerStage) -> None:
    """Somebody else with rights at Asterisk tries each way into the room."""
    for way in ("c1@usn-join", "c1@usn-ask", "c1@announce-usn-room", "c1@record-usn-room"):
        await stage.node.act(
            "Originate",
            Channel=f"Local/{way}/n",
            Application="Wait",
            Data="3",
            Async="true",
            ChannelId=f"x-{way}",
        )
    await stage.node.act(
        "Originate",
        Channel='PJSIP/+449098790000@"usn/msc"',
        Context="usn-join",
        Exten="c1",
        Priority="1",
        Async="true",
    )


async def test_the_room_takes_nobody_whom_usnd_did_not_order() -> None:
    """The dialplan alone: nothing watches."""
    peer = Peer()
    async with peers_at({"msc": peer}) as stage:
        await stage.join("usn-1-1", peer, "msc")
        stage.listener.on_event = stage.calls.hear
        await other_manager(stage)
        await asyncio.sleep(1)
        assert await stage.in_rooms() == ["usn-1-1"]
        members = await stage.listener.link.listing("ConfbridgeList", Conference="c1")
        assert [one["uniqueid"] for one in members] == ["usn-1-1"]


async def test_a_foreign_channel_is_released_and_counted() -> None:
    peer, stranger = Peer(), Peer()
    async with peers_at({"msc": peer, "far": stranger}) as stage:
        await stage.join("usn-1-1", peer, "msc")
        await stage.calls.announce("c1", "count", 3)
        assert stage.released == 0
        await stage.node.act(
            "Originate", Channel='PJSIP/+4490@"usn/far"', Application="Wait", Data="60", Async="true"
        )
        await stage.node.act(
            "Originate", Channel="Local/s@record-usn/n", Application="Wait", Data="60", Async="true"
        )
        await until(lambda: stage.released >= 2)
        await until(lambda: stranger.got("CANCEL") or stranger.got("BYE"))
        await asyncio.sleep(0.5)
        channels = await stage.listener.link.listing("CoreShowChannels")
        others = [one for one in channels if not one["uniqueid"].startswith(("usn-", "say-"))]
        assert all(one["channel"].startswith("CBAnn/") for one in others)


async def test_a_call_that_comes_in_is_not_foreign_and_is_admitted_by_order() -> None:
    peer = Peer()
    async with peers_at({"msc": peer}) as stage:
        call = asyncio.create_task(
            peer.ask(
                "INVITE",
                [("Content-Type", "application/sdp")],
                peer.sdp(),
                at=stage.node.ports.sip,
                patience=8,
            )
        )
        await until(lambda: any(isinstance(one, IncomingCall) for one in stage.news))
        came = next(one for one in stage.news if isinstance(one, IncomingCall))
        assert await stage.calls.admit(came.call, "c1")
        assert await call == 200
        await until(lambda: CallNews(came.call, CallEvent.JOINED) in stage.news)
        assert await stage.in_rooms() == [came.call]
        assert stage.released == 0


async def test_a_call_that_comes_in_cannot_name_a_room_or_pick_up_a_call() -> None:
    peer = Peer()
    async with peers_at({"msc": peer}) as stage:
        for target in ("c1", "s", "*8", "again"):
            status = await peer.ask(
                "INVITE",
                [("Content-Type", "application/sdp")],
                peer.sdp(),
                at=stage.node.ports.sip,
                user=target,
            )
            # A name waits for usnd's answer, which is not here.
            assert status in ({0} if target in ("c1", "again") else {403, 404, 484}), target
        assert await stage.in_rooms() == []


async def test_calls_that_another_bridges_are_released() -> None:
    """They keep their ids, and talk where no conference is; whom ConfBridge has it does not give away."""
    peers = {"msc": Peer(), "far": Peer()}
    async with peers_at(peers) as stage:
        for call, trunk in (("usn-1-1", "msc"), ("usn-1-2", "far")):
            await stage.calls.place(call, "+447700900001", "+447", "c1", RING, trunk=trunk, ask=True)
        answered = {CallNews(call, CallEvent.ANSWERED) for call in ("usn-1-1", "usn-1-2")}
        await until(lambda: answered.issubset(stage.news))
        channels = await stage.listener.link.listing("CoreShowChannels")
        one, other = (item["channel"] for item in channels if item["uniqueid"].startswith("usn-"))
        assert (await stage.node.act("Bridge", Channel1=one, Channel2=other)).good
        await until(lambda: stage.released >= 1)  # the first may be gone before the other comes in
        await until(lambda: all(peer.got("BYE") for peer in peers.values()))


async def test_a_channel_that_no_row_has_does_not_stay_whatever_it_is_called() -> None:
    """It has an id like ours and rings only, so that no event is told from ours; ours beside it stays."""
    peer, far = Peer(), Peer()
    far.answers = lambda invite: far.response(invite, 180)
    async with peers_at({"msc": peer, "far": far}) as stage:
        await stage.join("usn-1-1", peer, "msc")
        order = {"Application": "Wait", "Data": "60", "Async": "true", "ChannelId": "usn-9-9"}
        await stage.node.act("Originate", Channel='PJSIP/+4490@"usn/far"', Timeout="60000", **order)
        await until(lambda: CallNews("usn-9-9", CallEvent.RINGING) in stage.news)
        now = datetime.now(UTC)
        foreign = ForeignChannels(stage.calls, "usn-", Alarms(lambda: now), lambda: now)
        for passed in (timedelta(), LONGEST_STAY):
            now += passed
            assert foreign.figures(now).released == 0
            foreign.check(await stage.listener.link.listing("CoreShowChannels"), {"usn-1-1"})
        assert foreign.figures(now).released == 1
        await until(lambda: far.got("CANCEL"))
        assert await stage.in_rooms() == ["usn-1-1"]
