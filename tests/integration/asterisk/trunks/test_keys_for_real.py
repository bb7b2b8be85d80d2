"""Proves that a key is one key however the far end sends it (REQUIREMENTS C8)."""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from listener import until
from peer_trunks import PeerStage, peers_at, tone
from sip_peer import HOST, Peer

from usnd.asterisk.progress import IncomingCall, PinEntered
from usnd.domain.conference.dtmf_menu import Menu, Typed
from usnd.domain.conference.events import Feature
from usnd.domain.dial_in.pin_entry import press_pin
from usnd.services.conference.keypads import Keypads

DUAL = {"*": (941, 1209), "4": (770, 1209), "5": (770, 1336), "1": (697, 1209)}


def chosen(stage: PeerStage) -> Sequence[Feature]:
    """What the handset chose by all its keys."""
    keypads = Keypads(Menu())
    asked = [keypads.press(digit, digit.at or datetime.now(UTC)) for digit in stage.digits("usn-1-1")]
    return [chosen[0].feature for chosen in asked if chosen is not None]


@pytest.mark.parametrize("packets", [1, 2, 5, 25])
@pytest.mark.parametrize("moving", [False, True])
async def test_an_event_is_one_key_also_where_its_time_stamp_moves(packets: int, *, moving: bool) -> None:
    peer = Peer()
    async with peers_at({"msc": peer}) as stage:
        await stage.join("usn-1-1", peer, "msc")
        await peer.rtp.speak(0.3)
        for digit in "*4":
            await peer.rtp.press(digit, packets, moving=moving)
            await peer.rtp.speak(0.6)
        await asyncio.sleep(0.3)
        assert chosen(stage) == [Feature.COUNT]
        if moving and packets == 1:
            return  # nothing tells its next press from the rest of this one
        for _ in range(2):
            await peer.rtp.press("*", packets, moving=moving)
            await peer.rtp.speak(0.6)
        await asyncio.sleep(0.3)
        assert chosen(stage) == [Feature.COUNT, Feature.END]


@pytest.mark.parametrize("pause", [0.08, 0.2])
async def test_a_number_whose_ends_move_is_right_or_none_and_ends_no_conference(pause: float) -> None:
    peer = Peer()
    async with peers_at({"msc": peer}) as stage:
        await stage.join("usn-1-1", peer, "msc")
        await peer.rtp.speak(0.3)
        for digit in "*207700900044#":
            await peer.rtp.press(digit, ends_move=True)
            await peer.rtp.speak(pause)
        await peer.rtp.speak(2.0)
        keypads = Keypads(Menu())
        told = [(digit, digit.at or datetime.now(UTC)) for digit in stage.digits("usn-1-1")]
        asked = [control for control in (keypads.press(*one) for one in told) if control is not None]
        assert {control.number for control, _ in asked} <= {"", "+447700900044"}, told
        assert Feature.END not in {control.feature for control, _ in asked}
        assert len(told) > len("*207700900044#"), "Asterisk told keys more than once"


async def test_keys_are_heard_in_the_sound_where_no_events_are_agreed() -> None:
    peer = Peer(events=False)
    async with peers_at({"msc": peer}) as stage:
        await stage.join("usn-1-1", peer, "msc")
        await peer.rtp.speak(0.3)
        for digit in "*4*5":
            await peer.rtp.speak(0.1, tone(*DUAL[digit]))
            await peer.rtp.speak(0.3)
        await asyncio.sleep(0.3)
        assert "".join(digit.digit for digit in stage.digits("usn-1-1")) == "*4*5"
        assert chosen(stage) == [Feature.COUNT, Feature.MUTE_ALL]


async def test_two_keys_of_the_same_sort_by_sip_info_are_two() -> None:
    peer = Peer()
    async with peers_at({"msc": peer}) as stage:
        await stage.join("usn-1-1", peer, "msc")
        for _ in range(2):
            sent = await peer.ask(
                "INFO", [("Content-Type", "application/dtmf-relay")], "Signal=*\r\nDuration=100\r\n"
            )
            assert sent == 200
            await peer.rtp.speak(0.3)
        assert chosen(stage) == [Feature.END]


async def test_a_pin_is_one_digit_a_key_where_the_far_end_tells_each_more_than_once() -> None:
    """Asterisk's own reading has each key as often, so that it is usnd that says when the PIN is complete."""
    peer = Peer()
    async with peers_at({"msc": peer}) as stage:
        offer = [("Content-Type", "application/sdp")]
        calling = asyncio.create_task(
            peer.ask("INVITE", offer, peer.sdp(), at=stage.node.ports.sip, patience=8)
        )
        await until(lambda: any(isinstance(one, IncomingCall) for one in stage.news))
        call = next(one for one in stage.news if isinstance(one, IncomingCall)).call
        assert await stage.calls.ask_pin(call, again=False)
        assert await calling == 200
        media = re.search(r"m=audio (\d+)", next(one.body for one in peer.responses if one.status == 200))
        assert media is not None
        peer.rtp.other = (HOST, int(media[1]))
        await peer.rtp.speak(0.3)
        for digit in "1123456":
            await peer.rtp.press(digit, moving=True)
            await peer.rtp.speak(0.5)
        await peer.rtp.speak(0.3)
        assert not any(isinstance(one, PinEntered) for one in stage.news), "Asterisk still reads"
        told, typed, pins = stage.digits(call), Typed(), []
        for digit in told:
            typed, pin = press_pin(typed, digit.digit, digit.at or datetime.now(UTC), begun=digit.begun)
            pins += [pin] if pin is not None else []
        assert pins == ["1123456"], told
        assert len(told) > len("1123456"), "Asterisk told keys more than once"
