"""Proves what the node answers to requests within a call and out of one: a peer of our own asks, and sipp."""

import asyncio

import pytest
from listener import until
from peer_trunks import RING, peers_at
from sip_peer import HOST, Headers, Peer
from sipp_trunks import SCENARIOS, calls_to

from usnd.asterisk.progress import Digit
from usnd.domain.conference.call import CallEvent, CallNews
from workbench.parts.voice.sipp import Sipp

RELAY = [("Content-Type", "application/dtmf-relay")]
PLAIN = [("Content-Type", "text/plain")]
AWAY = [("Refer-To", f"<sip:+449098790000@{HOST}>")]
WITHIN: list[tuple[str, Headers, str, int]] = [
    ("INFO", RELAY, "Signal=5\r\nDuration=160\r\n", 200),
    ("INFO", [("Content-Type", "application/dtmf")], "*", 200),
    ("INFO", RELAY, "Signal=no\r\n", 500),
    ("INFO", [], "", 200),
    ("INFO", [("Content-Type", "application/media_control+xml")], "<x/>", 200),
    ("REFER", AWAY, "", 0),
    ("MESSAGE", PLAIN, "hello", 202),
    ("UPDATE", [], "", 200),
    ("OPTIONS", [], "", 200),
]
OUT: list[tuple[str, Headers, str, int]] = [
    ("INFO", RELAY, "Signal=5\r\n", 501),
    ("REFER", AWAY, "", 501),
    ("MESSAGE", PLAIN, "hello", 404),
    ("NOTIFY", [("Event", "talk"), ("Subscription-State", "active")], "", 501),
    ("UPDATE", [], "", 501),
    ("PUBLISH", [("Event", "presence")], "", 489),
    ("SUBSCRIBE", [("Event", "presence"), ("Expires", "60")], "", 603),
    ("SUBSCRIBE", [("Event", "dialog"), ("Expires", "60")], "", 603),
    ("FROBNICATE", [], "", 501),
    ("OPTIONS", [], "", 200),
]


async def test_each_request_is_answered_and_the_call_goes_on() -> None:
    peer = Peer()
    async with peers_at({"msc": peer}) as stage:
        await stage.join("usn-1-1", peer, "msc")
        speech = asyncio.create_task(peer.rtp.speak(60))
        for method, headers, body, status in WITHIN:
            assert (method, headers, await peer.ask(method, headers, body)) == (method, headers, status)
        for method, headers, body, status in OUT:
            answer = await peer.ask(method, headers, body, at=stage.node.ports.sip)
            assert (method, headers, answer) == (method, headers, status)
        assert [digit.digit for digit in stage.digits("usn-1-1")] == ["5", "*"]
        assert await stage.in_rooms() == ["usn-1-1"]
        assert [invite.first for invite in peer.got("INVITE")] == [peer.got("INVITE")[0].first]
        assert stage.released == 0
        speech.cancel()


@pytest.mark.parametrize("more", [[], [("Require", "replaces")]])
async def test_an_invite_with_replaces_takes_over_nobody(more: Headers) -> None:
    """RFC 3891: it would put a stranger into the room in the place of one whom we called."""
    peer, stranger = Peer(), Peer()
    async with peers_at({"msc": peer, "far": stranger}) as stage:
        await stage.join("usn-1-1", peer, "msc")
        assert peer.invite is not None
        ours = peer.invite.header("From").partition("tag=")[2]
        leg = f"{peer.invite.header('Call-ID')};to-tag={ours};from-tag={peer.tag}"
        headers = [("Replaces", leg), *more, ("Content-Type", "application/sdp")]
        await stranger.ask("INVITE", headers, stranger.sdp(), at=stage.node.ports.sip, patience=1.5)
        assert peer.got("BYE") == []
        assert await stage.in_rooms() == ["usn-1-1"]
        assert stage.causes() == {}


@pytest.mark.parametrize("direction", ["out", "in"])
async def test_a_text_within_a_call_reaches_nobody_else(direction: str) -> None:
    peer, other = Peer(), Peer()
    async with peers_at({"msc": peer, "far": other}) as stage:
        await stage.join("usn-1-1", peer, "msc")
        await stage.join("usn-1-2", other, "far")
        speaker, listener = (peer, other) if direction == "out" else (other, peer)
        assert await speaker.ask("MESSAGE", PLAIN, "for all of you") == 202
        await asyncio.sleep(0.5)
        assert listener.got("MESSAGE") == []
        await until(lambda: speaker.responses)


async def test_sipp_has_an_answer_to_each_request_and_hangs_up() -> None:
    """It plays on only after the answer that its scenario names: its own BYE shows that it had them all."""
    async with calls_to({"ask": Sipp(SCENARIOS / "ask.xml")}) as (calls, news):
        await calls.place("usn-1-1", "+447700900001", "+447", "c1", RING, trunk="ask")
        await until(lambda: CallNews("usn-1-1", CallEvent.ENDED, 16) in news, 10)
        assert [one.digit for one in news if isinstance(one, Digit)] == ["5"]
        assert CallNews("usn-1-1", CallEvent.JOINED) in news


async def test_sipp_diverts_in_vain() -> None:
    async with calls_to({"divert": Sipp(SCENARIOS / "divert.xml")}) as (calls, news):
        await calls.place("usn-1-1", "+447700900001", "+447", "c1", RING, trunk="divert")
        await until(
            lambda: any(isinstance(one, CallNews) and one.event is CallEvent.ENDED for one in news), 10
        )
        await asyncio.sleep(0.5)
        assert {one.call for one in news} == {"usn-1-1"}
        assert not any(isinstance(one, CallNews) and one.event is CallEvent.ANSWERED for one in news)
