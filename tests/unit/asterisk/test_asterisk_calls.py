"""Placing, pacing, releasing: what Asterisk is asked, over a link that only notes it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest

from usnd.asterisk.ami import AmiDown, AmiFailed, AmiRefused, AmiTimeout
from usnd.asterisk.calls import Calls, CallSettings, Pacer
from usnd.domain.conference.call import Call, CallEvent, CallNews, CallState, Direction, Role
from usnd.domain.conference.model import EndReason
from usnd.domain.trunks.number_format import Style, TrunkNumbers, Writing
from usnd.services.conference.voice_actions import news_of

RING = timedelta(seconds=45)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class NotedAmi:
    """A link that notes each action and answers from `errors`, or with success, once after `meanwhile`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str | Sequence[str]]]] = []
        self.errors: dict[str, Exception] = {}
        self.lists: dict[str, list[dict[str, str]]] = {}
        self.meanwhile: Callable[[], None] | None = None

    async def action(
        self, name: str, *, within_s: float = 5.0, **fields: str | Sequence[str]
    ) -> dict[str, str]:
        self.asked.append((name, fields))
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        if name in self.errors:
            raise self.errors[name]
        return {"response": "Success"}

    async def listing(
        self, name: str, *, within_s: float = 5.0, **fields: str | Sequence[str]
    ) -> list[dict[str, str]]:
        self.asked.append((name, fields))
        return self.lists.get(name, [])


class Bench:
    def __init__(self, rate: float = 1e6) -> None:
        self.ami = NotedAmi()
        self.news: list[object] = []
        settings = CallSettings(originates_per_s=rate, doubt_s=0.01)
        self.calls = Calls(self.ami, settings, self.news.append, lambda: 0.0)

    async def place(
        self,
        call: str = "usn-1",
        number: str = "+447911",
        cli: str = "+447922",
        room: str = "c1",
        trunk: str = "trunk-msc",
    ) -> None:
        await self.calls.place(call, number, cli, room, RING, trunk=trunk)

    def hear(self, name: str, call: str = "usn-1", **fields: str) -> None:
        self.calls.hear({"event": name, "uniqueid": call, **fields})


async def test_an_order_carries_all_that_the_dialplan_needs() -> None:
    bench = Bench()
    await bench.place()
    assert bench.ami.asked == [
        (
            "Originate",
            {
                "ActionID": "usn-1",
                "ChannelId": "usn-1",
                "Channel": 'PJSIP/+447911@"usn/trunk-msc"',
                "CallerID": "<+447922>",
                "Context": "usn-join",
                "Exten": "c1",
                "Priority": "1",
                "Variable": [r"CHANNEL(hangup_handler_wipe)=usn-ended\,s\,1", "USN_ROOM=c1"],
                "Timeout": "45000",
                "Codecs": "alaw",
                "EarlyMedia": "false",
                "Async": "true",
            },
        )
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "44&PJSIP/99"},
        {"number": "44@other"},
        {"number": ""},
        {"number": "4\n4"},
        {"number": "44\n"},
        {"trunk": "msc/x"},
        {"trunk": "msc&PJSIP"},
        {"trunk": "msc\n"},
        {"trunk": ""},
        {"cli": "+44>"},
        {"cli": ""},
        {"room": "s"},
        {"room": "c1,2"},
        {"call": "x-1"},
        {"call": "usn-1/2"},
        {"call": "usn-" + "1" * 100},
    ],
)
async def test_what_is_no_number_room_or_call_id_is_not_dialled(wrong: dict[str, str]) -> None:
    bench = Bench()
    with pytest.raises(AmiRefused):
        await bench.place(**wrong)
    assert bench.ami.asked == []


def test_turns_are_in_order_and_never_closer_than_the_rate() -> None:
    pacer = Pacer(50)
    waits = [pacer.turn(10.0) for _ in range(4)]
    assert waits == pytest.approx([0, 0.02, 0.04, 0.06])
    assert pacer.turn(10.07) == pytest.approx(0.01)
    assert pacer.turn(99.0) == 0


async def test_calls_go_out_in_the_order_asked() -> None:
    bench = Bench(rate=10_000)
    await asyncio.gather(*(bench.place(f"usn-{number}") for number in range(30)))
    assert [fields["ChannelId"] for _, fields in bench.ami.asked] == [f"usn-{number}" for number in range(30)]


async def test_a_call_hung_up_while_it_waits_is_never_dialled() -> None:
    bench = Bench(rate=100)
    await bench.place("usn-0")
    waiting = asyncio.create_task(bench.place("usn-1"))
    await asyncio.sleep(0)
    await bench.place("usn-1")  # as a survey asks for that meets the call in the queue: not ordered twice
    assert await bench.calls.hang_up("usn-1")
    await waiting
    assert [fields["ChannelId"] for _, fields in bench.ami.asked] == ["usn-0"]
    assert bench.news == [CallNews("usn-1", CallEvent.ENDED, 16)]


async def test_a_call_hung_up_before_it_has_a_channel_is_released_when_it_gets_one() -> None:
    bench = Bench()
    bench.ami.errors["Hangup"] = AmiFailed("No such channel")
    await bench.place()
    assert await bench.calls.hang_up("usn-1", 17)
    del bench.ami.errors["Hangup"]
    bench.hear("Newchannel")
    await asyncio.sleep(0)
    assert bench.ami.asked[-1] == ("Hangup", {"Channel": "usn-1", "Cause": "17"})
    assert [name for name, _ in bench.ami.asked].count("Hangup") == 2


async def test_a_channel_that_comes_while_its_release_fails_is_not_taken_for_gone() -> None:
    bench = Bench()
    await bench.place()
    bench.ami.errors["Hangup"] = AmiFailed("No such channel")
    bench.ami.meanwhile = lambda: bench.hear("Newchannel")
    assert await bench.calls.hang_up("usn-1")
    await asyncio.sleep(0)
    assert [name for name, _ in bench.ami.asked] == ["Originate", "Hangup", "Hangup"]


async def test_a_release_that_cannot_be_sent_later_is_left_to_the_survey() -> None:
    bench = Bench()
    bench.ami.errors["Hangup"] = AmiDown("no link")
    await bench.place()
    with pytest.raises(AmiDown):
        await bench.calls.hang_up("usn-1")
    bench.hear("Newchannel")
    await asyncio.sleep(0)
    assert bench.news == [CallNews("usn-1", CallEvent.PLACED)]


@pytest.mark.parametrize("error", [AmiDown(""), AmiFailed(""), AmiRefused("")])
async def test_an_order_that_asterisk_did_not_take_is_not_waited_for(error: Exception) -> None:
    bench = Bench()
    bench.ami.errors["Originate"] = error
    with pytest.raises(type(error)):
        await bench.place()
    bench.hear("OriginateResponse", actionid="usn-1", response="Failure")
    assert bench.news == []


async def test_an_order_without_answer_may_still_be_refused() -> None:
    bench = Bench()
    bench.ami.errors["Originate"] = AmiTimeout("no answer")
    with pytest.raises(AmiTimeout):
        await bench.place()
    bench.hear("OriginateResponse", actionid="usn-1", response="Failure")
    assert bench.news == []
    await asyncio.sleep(0.05)
    assert bench.news == [CallNews("usn-1", CallEvent.REFUSED)]


async def test_a_channel_that_is_told_of_late_wins_over_the_refusal() -> None:
    """A busy Asterisk tells first what became of an order, and then of its channel."""
    bench = Bench()
    await bench.place()
    bench.hear("OriginateResponse", actionid="usn-1", response="Failure")
    bench.hear("Newchannel")
    bench.hear("Hangup", cause="17")
    await asyncio.sleep(0.05)
    assert bench.news == [CallNews("usn-1", CallEvent.PLACED), CallNews("usn-1", CallEvent.ENDED, 17)]


async def test_news_that_come_during_a_survey_win_over_what_it_did_not_see() -> None:
    bench = Bench()
    await bench.place("usn-1")
    await bench.place("usn-2")
    await bench.place("usn-3")
    bench.hear("OriginateResponse", actionid="usn-3", response="Failure")

    async def listing(name: str, **_: object) -> list[dict[str, str]]:
        if name == "DBGetTree":
            bench.hear("Newchannel")
            bench.hear("OriginateResponse", actionid="usn-2", response="Failure")
        return []

    bench.ami.listing = listing
    found = await bench.calls.survey()
    assert (found.live, found.heard) == ({}, {"usn-1"})
    call = Call("usn-1", "", "", Role.PARTICIPANT, Direction.OUT, CallState.PLANNED, NOW)
    assert list(news_of(found, call, NOW)) == []
    missing = replace(call, id="usn-2")
    assert [news.event for news, _ in news_of(found, missing, NOW)] == [CallEvent.MISSING]
    await asyncio.sleep(0.05)
    bench.hear("Newstate", channelstate="6")
    bench.hear("Hangup", cause="16")
    assert [(news.call, news.event) for news in bench.news] == [
        ("usn-1", CallEvent.PLACED),
        ("usn-1", CallEvent.ANSWERED),
        ("usn-1", CallEvent.ENDED),
    ], "nothing of the refusals: what is missing is ordered again"


async def test_a_call_that_is_gone_cannot_be_released_admitted_or_taken_out() -> None:
    bench = Bench()
    bench.ami.errors = {name: AmiFailed("No such channel") for name in ("Hangup", "Redirect", "Setvar")}
    assert not await bench.calls.hang_up("usn-1")
    assert not await bench.calls.admit("node-1.1", "c1")
    assert not await bench.calls.goodbye("usn-1", "told")


async def test_admission_and_goodbye_go_to_the_contract_s_contexts() -> None:
    bench = Bench()
    assert await bench.calls.admit("node-1.1", "c1")
    assert await bench.calls.goodbye("usn-1", EndReason.SUBSCRIBER_AWAY.value)
    same = {"Priority": "1"}
    assert bench.ami.asked == [
        ("Setvar", {"Channel": "node-1.1", "Variable": "USN_ROOM", "Value": "c1"}),
        ("Redirect", {"Channel": "node-1.1", "Context": "usn-join", "Exten": "c1", **same}),
        ("Redirect", {"Channel": "usn-1", "Context": "usn-goodbye", "Exten": "subscriber-away", **same}),
    ]


async def test_every_reason_of_the_domain_has_an_announcement() -> None:
    bench = Bench()
    for reason in EndReason:
        assert await bench.calls.goodbye("usn-1", reason.value)


async def test_a_survey_asks_for_channels_before_records() -> None:
    bench = Bench()
    bench.ami.lists = {"DBGetTree": [{"key": "/usn/usn-1", "val": ",1,17"}]}
    found = await bench.calls.survey()
    assert [name for name, _ in bench.ami.asked] == ["CoreShowChannels", "DBGetTree", "Status"]
    assert set(found.settled) == {"usn-1"}


async def test_forgetting_a_record_that_is_not_there_goes_on() -> None:
    bench = Bench()
    bench.ami.errors["DBDel"] = AmiFailed("Database entry not found")
    await bench.calls.forget(["usn-1", "node-1.1"])
    assert [fields["Key"] for _, fields in bench.ami.asked] == ["usn-1", "node-1.1"]


def test_the_dialplan_has_the_contexts_and_the_handler_that_the_calls_name() -> None:
    text = (files("usnd.asterisk") / "conf" / "extensions-usn.conf").read_text()
    for context in ("usn-join", "usn-incoming", "usn-goodbye", "usn-ended"):
        assert f"[{context}]\n" in text


async def test_who_must_press_one_is_asked_first() -> None:
    bench = Bench()
    await bench.calls.place("usn-1", "+447911", "+447922", "c1", RING, trunk="trunk-msc", ask=True)
    assert bench.ami.asked[0][1]["Context"] == "usn-ask"


async def test_a_mute_is_on_the_calls_own_channel() -> None:
    bench = Bench()
    assert await bench.calls.mute("usn-1", on=True)
    assert bench.ami.asked == [("MuteAudio", {"Channel": "usn-1", "Direction": "in", "State": "on"})]
    bench.ami.errors["MuteAudio"] = AmiFailed("No such channel")
    assert not await bench.calls.mute("usn-1", on=False)


async def test_an_announcement_is_no_call_of_ours() -> None:
    bench = Bench()
    await bench.calls.announce("c7", "count", 3)
    ((name, fields),) = bench.ami.asked
    assert (name, fields["ChannelId"], fields["OtherChannelId"]) == ("Originate", "say-1-c7", "say-1-c7-room")
    assert (fields["Exten"], fields["Variable"]) == ("count", ("USN_COUNT=3", "USN_ROOM=c7"))
    with pytest.raises(AmiRefused):
        await bench.calls.announce("c7", "count,1", 3)


async def soon(bench: Bench) -> list[tuple[str, object]]:
    """What is asked of mutes once all is done that was begun."""
    await asyncio.sleep(0.01)
    return [(name, fields.get("State", fields.get("Value"))) for name, fields in bench.ami.asked]


async def test_who_holds_is_not_heard_until_back() -> None:
    bench = Bench()
    bench.hear("Hold")
    bench.hear("Hold")
    assert await soon(bench) == [("MuteAudio", "on"), ("Setvar", "1")]
    bench.hear("Unhold")
    bench.hear("Unhold")
    assert (await soon(bench))[2:] == [("MuteAudio", "off"), ("Setvar", "")]


async def test_who_is_muted_stays_so_behind_a_hold_and_who_holds_behind_a_mute() -> None:
    bench = Bench()
    assert await bench.calls.mute("usn-1", on=True)
    bench.hear("Hold")
    bench.hear("Unhold")
    assert {state for name, state in await soon(bench) if name == "MuteAudio"} == {"on"}
    bench.hear("Hold")
    await soon(bench)
    bench.ami.asked.clear()
    assert await bench.calls.mute("usn-1", on=False)
    assert bench.ami.asked == [("MuteAudio", {"Channel": "usn-1", "Direction": "in", "State": "on"})]


async def test_who_presses_a_key_is_back_also_after_a_restart() -> None:
    bench = Bench()
    bench.ami.lists = {"Status": [{"uniqueid": "usn-1", "variable": "USN_HELD=1"}, {"uniqueid": "usn-2"}]}
    await bench.calls.survey()
    bench.ami.asked.clear()
    bench.hear("DTMFEnd", "usn-2", digit="5", direction="Received")
    assert await soon(bench) == []
    bench.hear("DTMFEnd", digit="5", direction="Received")
    assert await soon(bench) == [("MuteAudio", "off"), ("Setvar", "")]


async def test_a_hold_of_a_call_that_just_ended_does_no_harm() -> None:
    bench = Bench()
    bench.ami.errors["MuteAudio"] = AmiFailed("No such channel")
    bench.hear("Hold")
    await soon(bench)
    bench.hear("Hangup", cause="16")
    bench.hear("Hold", "node-1.9")
    assert [name for name, _ in await soon(bench)] == ["MuteAudio"]


def test_each_trunk_gets_numbers_as_it_wants_them() -> None:
    abroad = TrunkNumbers(called_out=Writing(Style.ZEROS), calling_out=Writing(Style.NATIONAL, add="9"))
    settings = CallSettings(home_region="GB", trunks={"abroad": abroad})
    assert settings.written("+4989123456", "+447700900001", "abroad") == ("004989123456", "907700900001")
    assert settings.written("+4989123456", "+447700900001", "msc") == ("+4989123456", "+447700900001")
