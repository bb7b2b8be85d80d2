"""Proves how a leg ends of which the far end is gone, and that one on hold stays (REQUIREMENTS C13)."""

import asyncio
import time

import pytest
from listener import until
from peer_trunks import both_speak, peers_at
from sip_peer import Peer

HEARD = 0.1
"""Of a tone that is let through; of one that is not, nothing is. A machine with other work drops packets."""


@pytest.mark.slow
async def test_a_leg_whose_speech_stopped_ends_in_seconds_and_one_on_hold_stays() -> None:
    dead, held, muted = Peer(), Peer(), Peer()
    async with peers_at({"dead": dead, "held": held, "muted": muted}, media_timeout=3) as stage:
        for call, peer, trunk in (
            ("usn-1-1", dead, "dead"),
            ("usn-1-2", held, "held"),
            ("usn-1-3", muted, "muted"),
        ):
            await stage.join(call, peer, trunk)
        speech = [asyncio.create_task(peer.rtp.speak(20)) for peer in (held, muted)]
        await dead.rtp.speak(1)
        started = time.monotonic()
        await until(lambda: "usn-1-1" in stage.causes(), 8)
        assert 2 < time.monotonic() - started < 7
        assert stage.causes() == {"usn-1-1": 44}
        assert dead.got("BYE"), "a peer that lives after all is told"
        for one, direction in ((held, "sendonly"), (muted, "inactive")):
            assert await one.reinvite(direction) == 200
        for task in speech:
            task.cancel()
        await asyncio.sleep(7)
        assert list(stage.causes()) == ["usn-1-1"]
        assert await stage.in_rooms() == ["usn-1-2", "usn-1-3"]


@pytest.mark.slow
async def test_a_held_leg_whose_far_end_died_ends_by_its_session_timer() -> None:
    peer = Peer()
    async with peers_at({"msc": peer}, session_expires=90, silence=7) as stage:
        await stage.join("usn-1-1", peer, "msc")
        assert peer.invite is not None
        assert peer.invite.header("Session-Expires").startswith("90")
        assert await peer.reinvite("inactive") == 200
        before = len(peer.requests)
        peer.answers_within = False
        await until(lambda: peer.requests[before:], 60)
        assert peer.requests[before].method in {"INVITE", "UPDATE"}
        await until(stage.causes, 20)


async def test_who_holds_is_not_heard_and_is_again_afterwards() -> None:
    holder, other = Peer(), Peer()
    async with peers_at({"msc": holder, "far": other}) as stage:
        await stage.join("usn-1-1", holder, "msc")
        await stage.join("usn-1-2", other, "far")
        assert await both_speak(holder, other, 1.5) > HEARD
        for direction in ("sendonly", "inactive"):
            assert await holder.reinvite(direction) == 200
            await asyncio.sleep(0.3)
            assert await both_speak(holder, other, 1.5) == 0
            assert await holder.reinvite("sendrecv") == 200
            await asyncio.sleep(0.3)
            assert await both_speak(holder, other, 1.5) > HEARD
        assert stage.causes() == {}
