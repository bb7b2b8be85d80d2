"""The link's life against a scripted server on loopback."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest
from fake_ami import FakeAmi, fake_ami
from listener import listening, until
from structlog.testing import capture_logs

from usnd.asterisk.ami import AmiDown, AmiSettings, AmiTimeout


@pytest.fixture
async def server() -> AsyncIterator[FakeAmi]:
    async with fake_ami() as server:
        yield server


def settings(server: FakeAmi, **others: object) -> AmiSettings:
    quick = {"ping_every_s": 0.1, "ping_answer_s": 30, "answer_s": 30, "retry_s": (0.02, 0.1)}
    return AmiSettings("127.0.0.1", server.port, "usnd", "right", **{**quick, **others})


async def test_log_in_asks_for_the_events_it_uses_only(server: FakeAmi) -> None:
    async with listening(settings(server)) as listener:
        assert listener.link.up
        assert server.asked[0]["Events"] == "call,user,system,dtmf"
        assert listener.ups[0].same is None


async def test_asterisk_is_told_the_names_of_the_events_that_are_read(server: FakeAmi) -> None:
    async with listening(settings(server), wanted=frozenset({"Hangup", "BridgeEnter"})) as listener:
        server.event(Event="DialEnd")
        server.event(Event="Hangup")
        await until(lambda: len(listener.events) == 2)
    assert [action["MatchCriteria"] for action in server.asked if action["Action"] == "Filter"] == [
        "action(include),name(FullyBooted)",
        "action(include),name(BridgeEnter)",
        "action(include),name(Hangup)",
    ]
    assert listener.names() == ["FullyBooted", "Hangup"]


async def test_an_asterisk_that_does_not_filter_serves_too(server: FakeAmi) -> None:
    server.refuse = {"Filter"}
    with capture_logs() as logs:
        async with listening(settings(server), wanted=frozenset({"Hangup"})) as listener:
            server.event(Event="Hangup")
            await until(lambda: listener.names() == ["FullyBooted", "Hangup"])
    assert [log["answer"] for log in logs if log["log_level"] == "warning"] == ["Permission denied"]


async def test_a_link_lost_while_events_are_chosen_is_made_again(server: FakeAmi) -> None:
    server.mute = {"Filter"}
    async with listening(settings(server), up=False, wanted=frozenset({"Hangup"})) as listener:
        await until(lambda: "Filter" in server.names())
        server.cut()
        await until(lambda: listener.downs)
        server.mute = set()
        await until(lambda: listener.ups)
    assert listener.reasons() == ["cut"]


async def test_the_secret_is_not_in_what_is_printed(server: FakeAmi) -> None:
    assert "right" not in repr(settings(server))


async def test_nothing_is_up_before_asterisk_has_booted(server: FakeAmi) -> None:
    server.booted = False
    async with listening(settings(server), up=False) as listener:
        await until(lambda: "Ping" in [action["Action"] for action in server.asked])
        assert not listener.link.up
        with pytest.raises(AmiDown):
            await listener.link.action("Originate")
        server.event(Event="FullyBooted")
        await until(lambda: listener.ups)
    assert server.names() == ["Login", "CoreStatus"]


async def test_an_asterisk_that_never_boots_is_tried_again(server: FakeAmi) -> None:
    server.booted = False
    async with listening(settings(server, boot_s=0.1), up=False) as listener:
        await until(lambda: server.connections > 1)
        assert listener.reasons() == ["fault"]


async def test_utf8_split_between_two_reads_arrives_whole(server: FakeAmi) -> None:
    async with listening(settings(server, ping_every_s=30)) as listener:  # no answer between the two
        data = "Event: UserEvent\r\nName: Zoë\r\n\r\n".encode()
        server.send(data[: data.index(b"\xab")])
        await asyncio.sleep(0.05)
        server.send(data[data.index(b"\xab") :])
        await until(lambda: listener.names()[-1] == "UserEvent")
        assert listener.events[-1]["name"] == "Zoë"


async def test_an_oversize_message_costs_the_link_not_the_memory(server: FakeAmi) -> None:
    async with listening(settings(server)) as listener:
        server.send(b"Event: X\r\n" + b"A: b\r\n" * 100_000)
        await until(lambda: len(listener.ups) == 2)
        assert listener.reasons() == ["oversize"]


async def test_a_silent_server_is_noticed_by_default_within_three_seconds(server: FakeAmi) -> None:
    defaults = AmiSettings("127.0.0.1", server.port, "usnd", "right")
    assert defaults.ping_every_s + defaults.ping_answer_s < 3
    async with listening(settings(server, ping_answer_s=0.2)) as listener:
        server.mute = {"Ping"}
        await until(lambda: listener.downs)
        assert listener.reasons() == ["frozen"]


async def test_nothing_of_an_outage_is_sent_later(server: FakeAmi) -> None:
    async with listening(settings(server, answer_s=1)) as listener:
        server.mute = {"Originate"}
        unanswered = asyncio.create_task(
            listener.link.action("Originate", Channel="PJSIP/1@x", ActionID="usn-1")
        )
        await until(lambda: "Originate" in server.names())
        await server.close()
        with pytest.raises(AmiTimeout):
            await unanswered
        await until(lambda: not listener.link.up)
        with pytest.raises(AmiDown):
            await listener.link.action("Originate", Channel="PJSIP/2@x", ActionID="usn-2")
        server.mute = set()
        await server.open()
        await until(lambda: len(listener.ups) == 2)
        await asyncio.sleep(0.2)
    assert [action["ActionID"] for action in server.asked if action["Action"] == "Originate"] == ["usn-1"]


async def test_a_loss_is_told_again_when_more_is_known_and_no_oftener(server: FakeAmi) -> None:
    async with listening(settings(server)) as listener:
        await server.close()
        await until(lambda: len(listener.downs) == 2)
        await asyncio.sleep(0.3)
        assert listener.reasons() == ["cut", "refused"]
        assert [down.refused for down in listener.downs] == [False, True]


@pytest.mark.parametrize(("started", "same"), [("10:00:00", True), ("10:00:07", False)])
async def test_each_log_in_tells_whether_it_is_the_same_asterisk(
    server: FakeAmi, started: str, *, same: bool
) -> None:
    async with listening(settings(server)) as listener:
        server.started = started
        server.cut()
        await until(lambda: len(listener.ups) == 2)
        assert listener.ups[1].same is same


async def test_a_wrong_password_is_told_once_and_tried_slowly(server: FakeAmi) -> None:
    server.secret = "changed"
    patience = settings(server, denied_retry_s=(0.05, 0.1))
    with capture_logs() as logs:
        async with listening(patience, up=False) as listener:
            await until(lambda: server.connections > 4)
            assert listener.reasons() == ["denied"]
            server.secret = "right"
            await until(lambda: listener.ups)
    assert [log["detail"] for log in logs if log["log_level"] == "error"] == [
        "user usnd: Authentication failed"
    ]
    assert AmiSettings("", 0, "", "").denied_retry_s == (5.0, 60.0)


async def test_a_fault_in_a_callback_is_logged_and_costs_one_event(server: FakeAmi) -> None:
    async with listening(settings(server)) as listener:

        def fail(event: Mapping[str, str]) -> None:
            raise ZeroDivisionError

        listener.on_event = fail
        with capture_logs() as logs:
            server.event(Event="Hangup", Uniqueid="1")
            server.event(Event="Hangup", Uniqueid="2")
            await until(lambda: listener.names().count("Hangup") == 2)
        assert listener.downs == []
        assert [log["event"] for log in logs] == ["asterisk event not handled"] * 2


async def test_a_log_in_that_cannot_be_put_to_use_is_done_again(server: FakeAmi) -> None:
    async with listening(settings(server), up=False) as listener:

        async def survey(_: object) -> None:
            patience = 0.05 if server.mute else 30
            await listener.link.action("CoreShowChannels", within_s=patience)

        listener.on_up = survey
        server.mute = {"CoreShowChannels"}
        await until(lambda: listener.downs)
        server.mute = set()
        await until(lambda: listener.link.up and len(listener.ups) > 1)
        assert listener.reasons() == ["fault"]


async def test_stopped_in_an_outage_it_never_connects_again(server: FakeAmi) -> None:
    async with listening(settings(server)) as listener:
        await server.close()
        await until(lambda: listener.downs)
    before = server.connections
    await server.open()
    await asyncio.sleep(0.3)
    assert server.connections == before


async def test_stopped_while_up_it_tells_no_loss(server: FakeAmi) -> None:
    async with listening(settings(server)) as listener:
        waiting = asyncio.create_task(listener.link.action("Nothing"))
        await asyncio.sleep(0)
    await asyncio.gather(waiting, return_exceptions=True)
    assert listener.downs == []
    assert not listener.link.up
