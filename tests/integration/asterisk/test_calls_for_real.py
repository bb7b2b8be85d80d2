"""Calls through a real Asterisk to the handsets of a real switch, by the product's dialplan."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from listener import Listener, listening, until
from voice_network import VoiceNetwork

from usnd.asterisk.calls import Calls, CallSettings
from usnd.asterisk.progress import EVENTS, IncomingCall, Survey
from usnd.domain.conference.call import CallEvent, CallNews, CallState
from usnd.domain.conference.model import LaunchPlan, Participant, Rules
from usnd.domain.conference.transitions import launch
from workbench.parts.voice.switch import NEVER, Handset, Refusal

ANNA, BEN, CLEO = "+447900000001", "+447900000002", "+447900000003"
TRUNK = "trunk-msc"
T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
RING = timedelta(seconds=20)


class Desk:
    """Calls over one link, and the news of them: what a daemon has."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.link = listener.link
        self.news: list[CallNews | IncomingCall] = []
        self.surveys: list[Survey] = []
        self.calls = Calls(listener.link, CallSettings(), self.news.append, time.monotonic)
        listener.on_event = self.calls.hear
        listener.on_up = self._survey

    async def _survey(self, _: object) -> None:
        self.surveys.append(await self.calls.survey())

    async def place(self, call: str, number: str, ring: timedelta = RING) -> None:
        await self.calls.place(call, number, ANNA, "c42", ring, trunk=TRUNK)

    def told(self, call: str) -> list[str]:
        return [news.event.value for news in self.news if isinstance(news, CallNews) and news.call == call]

    def end(self, call: str) -> CallNews:
        return next(
            news
            for news in self.news
            if isinstance(news, CallNews) and (news.call, news.event) == (call, CallEvent.ENDED)
        )

    def incoming(self) -> list[IncomingCall]:
        return [news for news in self.news if isinstance(news, IncomingCall)]


@asynccontextmanager
async def desk_of(network: VoiceNetwork) -> AsyncIterator[Desk]:
    async with listening(network.settings, up=False, wanted=EVENTS) as listener:
        desk = Desk(listener)
        await until(lambda: desk.surveys)
        yield desk


@pytest.fixture
async def desk(network: VoiceNetwork) -> AsyncIterator[Desk]:
    async with desk_of(network) as desk:
        yield desk


async def test_a_call_is_followed_from_the_order_to_the_release(network: VoiceNetwork, desk: Desk) -> None:
    await network.switch.put(Handset(BEN, 500, stay=0.5))
    await desk.place("usn-42-1", BEN)
    await until(lambda: "ended" in desk.told("usn-42-1"))
    assert desk.told("usn-42-1") == ["placed", "ringing", "answered", "joined", "left", "ended"]
    assert desk.end("usn-42-1").cause == 16
    assert [(invite.called, invite.calling) for invite in network.switch.invites] == [(BEN, ANNA)]


async def test_each_way_not_to_answer_has_its_cause_also_in_the_records(
    network: VoiceNetwork, desk: Desk
) -> None:
    handsets = {
        "usn-42-1": (Handset("+441", 500, refusal=Refusal.BUSY), 17),
        "usn-42-2": (Handset("+442", 500, refusal=Refusal.REJECTED), 21),
        "usn-42-3": (Handset("+443", 500, refusal=Refusal.UNREACHABLE), 18),
        "usn-42-4": (Handset("+444", 500, ring=NEVER), 19),
        "usn-42-5": (Handset("+445", 500, credit=False), 50),
    }
    await network.switch.put(*(handset for handset, _ in handsets.values()))
    for call, (handset, _) in handsets.items():
        await desk.place(call, handset.number, timedelta(seconds=1))
    await desk.place("usn-42-6", "+446")
    await until(lambda: all("ended" in desk.told(call) for call in (*handsets, "usn-42-6")))
    causes = {call: cause for call, (_, cause) in handsets.items()} | {"usn-42-6": 1}
    assert {call: desk.end(call).cause for call in causes} == causes
    survey = await desk.calls.survey()
    assert {call: settled.cause for call, settled in survey.settled.items()} == causes
    assert all(settled.answered_at is None for settled in survey.settled.values())
    assert all("answered" not in desk.told(call) for call in causes)


async def test_a_call_that_no_trunk_takes_is_refused(desk: Desk) -> None:
    await desk.calls.place("usn-42-1", BEN, ANNA, "c42", RING, trunk="nowhere")
    await until(lambda: desk.news)
    assert desk.news == [CallNews("usn-42-1", CallEvent.REFUSED)]


async def test_a_second_order_with_the_same_id_dials_nobody(network: VoiceNetwork, desk: Desk) -> None:
    await network.switch.put(Handset(BEN, 500), Handset(CLEO, 600))
    await desk.place("usn-42-1", BEN)
    await until(lambda: "joined" in desk.told("usn-42-1"))
    told = desk.told("usn-42-1")
    await desk.place("usn-42-1", CLEO)
    await until(lambda: desk.listener.names().count("OriginateResponse") == 2)
    assert [invite.called for invite in network.switch.invites] == [BEN]
    assert desk.told("usn-42-1") == told
    assert (await desk.calls.survey()).live["usn-42-1"].state is CallState.JOINED


async def test_calls_that_asterisk_places_in_another_order_are_all_placed(
    network: VoiceNetwork, desk: Desk
) -> None:
    """It refuses an id that another channel's begins with: ours never do."""
    await network.switch.put(Handset(BEN, 500), Handset(CLEO, 600))
    people = tuple(Participant(f"+4479000002{index:02}", "") for index in range(11))
    first, *_, eleventh, _ = (
        call.id for call in launch(7, LaunchPlan(1, ANNA, people), Rules(), T0).conference.calls
    )
    await desk.place(eleventh, BEN)
    await until(lambda: "joined" in desk.told(eleventh))
    await desk.place(first, CLEO)
    await until(lambda: "joined" in desk.told(first))
    await desk.place("usn-7", CLEO)
    await until(lambda: desk.told("usn-7"))
    assert desk.told("usn-7") == ["refused"], "Asterisk no longer does: calls may be numbered as they are"


async def test_a_call_hung_up_as_soon_as_ordered_does_not_stay(network: VoiceNetwork, desk: Desk) -> None:
    await network.switch.put(Handset(BEN, 500, ring=NEVER))
    await desk.place("usn-42-1", BEN)
    assert await desk.calls.hang_up("usn-42-1")
    await until(lambda: "ended" in desk.told("usn-42-1"))
    assert (await desk.calls.survey()).live == {}
    assert not await desk.calls.hang_up("usn-42-1")


async def test_twenty_calls_meet_and_only_useful_events_come(network: VoiceNetwork, desk: Desk) -> None:
    numbers = [f"+4479000001{index:02}" for index in range(20)]
    await network.switch.put(*(Handset(number, 500) for number in numbers))
    await asyncio.gather(*(desk.place(f"usn-42-{index}", number) for index, number in enumerate(numbers)))
    await until(lambda: all("joined" in desk.told(f"usn-42-{index}") for index in range(20)))
    assert sorted(invite.called for invite in network.switch.invites) == numbers
    members = await desk.link.listing("ConfbridgeList", Conference="c42")
    assert len(members) == 20
    assert set(desk.listener.names()) <= EVENTS | {"FullyBooted"}
    assert len(desk.listener.events) <= 20 * 6


async def test_a_goodbye_is_spoken_before_the_release(network: VoiceNetwork, desk: Desk) -> None:
    await network.switch.put(Handset(BEN, 500), Handset(CLEO, 600))
    await desk.place("usn-42-1", BEN)
    await until(lambda: "joined" in desk.told("usn-42-1"))
    started = time.monotonic()
    assert await desk.calls.goodbye("usn-42-1", "subscriber-away")
    await until(lambda: "ended" in desk.told("usn-42-1"), 15)
    assert time.monotonic() - started > 1
    assert desk.told("usn-42-1")[-2:] == ["left", "ended"]
    settled = (await desk.calls.survey()).settled["usn-42-1"]
    assert settled.answered_at is not None
    assert settled.ended_at is not None
    assert settled.cause == 16


async def test_a_goodbye_without_its_sounds_is_a_release(network: VoiceNetwork, desk: Desk) -> None:
    await network.switch.put(Handset(BEN, 500))
    await desk.place("usn-42-1", BEN)
    await until(lambda: "joined" in desk.told("usn-42-1"))
    dialplan = network.node.home / "etc" / "extensions.conf"
    dialplan.write_text(dialplan.read_text().replace("confbridge-conf-end", "no-such-sound"))
    await network.node.cli("dialplan reload")
    assert await desk.calls.goodbye("usn-42-1", "told")
    await until(lambda: "ended" in desk.told("usn-42-1"), 2)


async def test_a_call_that_comes_in_is_announced_unanswered_and_can_be_admitted(
    network: VoiceNetwork, desk: Desk
) -> None:
    await network.switch.put(Handset(BEN, 500))
    await network.switch.call(BEN, "+44300042", network.node.ports.sip)
    await until(desk.incoming)
    call = desk.incoming()[0]
    assert (call.cli, call.dnis) == (BEN, "+44300042")
    await asyncio.sleep(0.3)
    assert await network.switch.state(BEN) == "Ringing"
    assert await desk.calls.admit(call.call, "c42")
    await until(lambda: "joined" in desk.told(call.call))
    live = (await desk.calls.survey()).live[call.call]
    assert (live.state, live.room) == (CallState.JOINED, "c42")
    assert live.answered_at is not None
    await network.switch.hang_up(BEN)
    await until(lambda: "ended" in desk.told(call.call))
    assert call.call in (await desk.calls.survey()).settled


async def test_a_call_that_comes_in_can_be_turned_away(network: VoiceNetwork, desk: Desk) -> None:
    await network.switch.put(Handset(BEN, 500))
    await network.switch.call(BEN, "+44300042", network.node.ports.sip)
    await until(desk.incoming)
    call = desk.incoming()[0].call
    assert await desk.calls.hang_up(call, 21)
    await until(lambda: desk.told(call))
    assert desk.told(call) == ["ended"]
    assert desk.end(call).cause == 21


async def test_a_call_that_nobody_admits_is_released_in_time(network: VoiceNetwork, desk: Desk) -> None:
    await network.switch.put(Handset(BEN, 500))
    await network.switch.call(BEN, "+44300042", network.node.ports.sip)
    await until(desk.incoming)
    call = desk.incoming()[0].call
    await until(lambda: "ended" in desk.told(call), 7)
    assert desk.end(call).cause == 41


async def test_a_calling_number_cannot_add_headers(network: VoiceNetwork, desk: Desk) -> None:
    await network.switch.asterisk.act(
        "Originate",
        Channel=f"PJSIP/usn/sip:+44300@127.0.0.1:{network.node.ports.sip}",
        Context="talk",
        Exten=BEN,
        Priority="1",
        CallerID="<44,Dnis: 999>",
        Async="true",
    )
    await until(desk.incoming)
    call = desk.incoming()[0]
    assert call.dnis == "+44300"
    assert call.cli is None or call.cli.isdigit()


async def calls_of(network: VoiceNetwork) -> set[str]:
    """The calls that its Asterisk has; an announcer's channel is none."""
    lines = (await network.node.cli("core show channels concise")).splitlines()
    return {call for line in lines if (call := line.split("!")[-1].strip()).startswith("usn-")}


async def test_calls_outlive_the_daemon_and_the_next_one_finds_what_became_of_them(
    network: VoiceNetwork,
) -> None:
    busy_later = Handset("+441", 500, refusal=Refusal.BUSY, ring=1)
    await network.switch.put(Handset(BEN, 500), Handset(CLEO, 600), busy_later)
    started = datetime.now(UTC).replace(microsecond=0)
    async with desk_of(network) as desk:
        for call, number in (("usn-42-1", BEN), ("usn-42-2", CLEO), ("usn-42-3", "+441")):
            await desk.place(call, number)
        await until(lambda: "joined" in desk.told("usn-42-1") and "joined" in desk.told("usn-42-2"))
    await network.switch.hang_up(BEN)
    while await calls_of(network) != {"usn-42-2"}:  # noqa: ASYNC110 - the switch is another process
        await asyncio.sleep(0.2)
    async with desk_of(network) as desk:
        found = desk.surveys[0]
        assert set(found.live) == {"usn-42-2"}
        assert (found.live["usn-42-2"].state, found.live["usn-42-2"].room) == (CallState.JOINED, "c42")
        assert found.live["usn-42-2"].answered_at is not None
        assert set(found.settled) == {"usn-42-1", "usn-42-3"}
        ended, busy = found.settled["usn-42-1"], found.settled["usn-42-3"]
        assert ended.answered_at is not None
        assert ended.ended_at is not None
        assert started <= ended.answered_at <= ended.ended_at <= datetime.now(UTC)
        assert (ended.cause, busy.cause, busy.answered_at) == (16, 17, None)
        await network.switch.hang_up(CLEO)
        await until(lambda: "ended" in desk.told("usn-42-2"))
        await desk.calls.forget(["usn-42-1", "usn-42-2", "usn-42-3"])
        assert (await desk.calls.survey()) == Survey({}, {})


async def test_a_withheld_calling_number_is_nobodys(network: VoiceNetwork, desk: Desk) -> None:
    """The switch sends the number, for the network's own use, and says that it is private (RFC 3325)."""
    answer = await network.switch.asterisk.act(
        "Originate",
        Channel=f"PJSIP/usn/sip:+44300042@127.0.0.1:{network.node.ports.sip}",
        Context="talk",
        Exten=BEN,
        Priority="1",
        CallerID=BEN,
        Variable=f"PJSIP_HEADER(add,Privacy)=id,PJSIP_HEADER(add,P-Asserted-Identity)=<sip:{BEN}@127.0.0.1>",
        Async="true",
    )
    assert answer.good
    await until(desk.incoming)
    call = desk.incoming()[0]
    assert (call.cli, call.dnis) == (None, "+44300042")
    assert await desk.calls.hang_up(call.call)
