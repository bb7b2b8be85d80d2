"""One AMI connection without a network: what goes out, what comes in, what is left behind."""

import asyncio
from importlib.resources import files

import pytest
from panoramisk.message import Message

from usnd.asterisk.ami_connection import (
    MAX_MESSAGE,
    AmiConnection,
    AmiDown,
    AmiFailed,
    AmiRefused,
    AmiTimeout,
    DownReason,
    Fields,
    LinkDown,
)

BANNER = b"Asterisk Call Manager/11.0.0\r\n"


class Wire:
    """A transport that keeps what was written."""

    def __init__(self, wanted: frozenset[str] | None = None) -> None:
        self.written = ""
        self.aborted = False
        self.events: list[Fields] = []
        self.session = AmiConnection(self.events.append, wanted)
        self.session.connection_made(self)

    def write(self, data: bytes) -> None:
        self.written += data.decode()

    def abort(self) -> None:
        self.aborted = True

    def last_id(self) -> str:
        return self.written.rsplit("ActionID: ", 1)[1].split("\r\n", 1)[0]

    def receive(self, *lines: str) -> None:
        self.session.data_received("".join(f"{line}\r\n" for line in (*lines, "")).encode())

    async def ask(
        self, name: str, *, listing: bool = False, **fields: str | list[str]
    ) -> "asyncio.Task[list[Fields]]":
        task = asyncio.create_task(self.session.request(name, fields, within_s=30, listing=listing))
        await asyncio.sleep(0)
        return task


@pytest.fixture
async def wire() -> Wire:
    return Wire()


@pytest.mark.parametrize(
    "fields",
    [
        {"CallerID": "<1>\r\nAction: Hangup"},
        {"Channel": "a\nb"},
        {"Channel": "a\rb"},
        {"Channel": "a\0b"},
        {"Channel": "a\ud800"},
        {"Channel\r\nAction: Hangup\r\nX": "a"},
        {"Channel: x\r\nY": "a"},
        {"Exten": "9" * 1000},
        {"Variable": ["a=1", "b=2\r\nAction: Hangup"]},
    ],
)
async def test_what_could_inject_a_header_is_refused_unwritten(wire: Wire, fields: dict[str, str]) -> None:
    with pytest.raises(AmiRefused) as refusal:
        await wire.session.request("Originate", fields, within_s=1)
    assert isinstance(refusal.value, ValueError)
    assert wire.written == ""
    assert wire.session.responses == {}


async def test_an_action_is_written_once_and_answered(wire: Wire) -> None:
    task = await wire.ask("Ping", Variable=["a=1", "b=2"])
    assert wire.written.endswith("Action: Ping\r\nActionID: usnd-1\r\nVariable: a=1\r\nVariable: b=2\r\n\r\n")
    wire.session.data_received(BANNER)
    wire.receive("Response: Success", "ActionID: usnd-1", "Ping: Pong")
    assert await task == [{"response": "Success", "actionid": "usnd-1", "ping": "Pong"}]
    assert wire.session.responses == {}


async def test_utf8_split_anywhere_loses_nothing(wire: Wire) -> None:
    text = "Event: UserEvent\r\nName: Zoë Ђ 🎺\r\n\r\n".encode()
    for cut in range(len(text)):
        wire.session.data_received(text[:cut])
        wire.session.data_received(text[cut:])
    assert {event["name"] for event in wire.events} == {"Zoë Ђ 🎺"}
    assert len(wire.events) == len(text)


async def test_broken_utf8_costs_one_character(wire: Wire) -> None:
    wire.session.data_received(b"Event: UserEvent\r\nName: a\xffb\r\n\r\n")
    assert wire.events[0]["name"] == "a\ufffdb"


@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"])
async def test_an_oversize_message_drops_the_link(wire: Wire, end: bytes) -> None:
    wire.session.data_received(b"Event: X\r\nA: " + b"x" * MAX_MESSAGE + end)
    assert wire.aborted
    assert (await wire.session.lost).reason is DownReason.OVERSIZE
    assert wire.events == []


async def test_many_small_messages_in_one_read_are_no_oversize(wire: Wire) -> None:
    wire.session.data_received(b"Event: X\r\n\r\n" * 50_000)
    assert len(wire.events) == 50_000


async def test_a_listing_gives_its_items(wire: Wire) -> None:
    task = await wire.ask("DBGetTree", Family="usn", listing=True)
    same = "ActionID: usnd-1"
    wire.receive("Response: Success", same, "EventList: start", "Message: Result will follow")
    wire.receive("Event: Hangup", "Uniqueid: usn-1")
    wire.receive("Event: DBGetTreeResponse", same, "Key: /usn/a", "Val: 1")
    wire.receive("Event: DBGetTreeComplete", same, "EventList: Complete", "ListItems: 1")
    assert [item["key"] for item in await task] == ["/usn/a"]
    assert [event["event"] for event in wire.events] == ["Hangup"]


async def test_a_listing_answered_by_an_error_ends(wire: Wire) -> None:
    task = await wire.ask("ConfbridgeList", Conference="c1", listing=True)
    wire.receive("Response: Error", "ActionID: usnd-1", "Message: No active conferences.")
    with pytest.raises(AmiFailed, match="No active conferences"):
        await task


async def test_an_originate_response_is_an_event_even_before_the_answer(wire: Wire) -> None:
    task = await wire.ask("Originate", ActionID="usn-1")
    wire.receive("Event: OriginateResponse", "ActionID: usn-1", "Response: Failure", "Reason: 0")
    assert not task.done()
    wire.receive("Response: Success", "ActionID: usn-1", "Message: Originate successfully queued")
    assert (await task)[0]["response"] == "Success"
    assert [event["event"] for event in wire.events] == ["OriginateResponse"]


async def test_one_action_id_cannot_be_open_twice(wire: Wire) -> None:
    first = await wire.ask("Originate", ActionID="usn-1")
    with pytest.raises(AmiRefused):
        await wire.session.request("Originate", {"ActionID": "usn-1"}, within_s=1)
    wire.receive("Response: Success", "ActionID: usn-1", "Message: Originate successfully queued")
    assert (await first)[0]["response"] == "Success"


async def test_a_late_request_leaves_nothing_and_its_late_answer_is_dropped(wire: Wire) -> None:
    with pytest.raises(AmiTimeout):
        await wire.session.request("Ping", {}, within_s=0)
    assert wire.session.responses == {}
    wire.receive("Response: Success", "ActionID: usnd-1")
    assert wire.events == []


async def test_a_cancelled_request_leaves_nothing(wire: Wire) -> None:
    task = await wire.ask("Ping")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert wire.session.responses == {}


async def test_a_lost_link_ends_open_requests_as_unknown_and_takes_no_more(wire: Wire) -> None:
    task = await wire.ask("Originate", ActionID="usn-1")
    wire.session.connection_lost(None)
    with pytest.raises(AmiTimeout, match="cut"):
        await task
    before = wire.written
    with pytest.raises(AmiDown):
        await wire.session.request("Ping", {}, within_s=1)
    assert wire.written == before
    wire.session.drop(LinkDown(DownReason.STOPPED, "again"))
    assert (await wire.session.lost).reason is DownReason.CUT


async def test_a_header_that_came_twice_keeps_both_values(wire: Wire) -> None:
    wire.receive("Event: UserEvent", "Cli: 1", "Cli: 2")
    assert wire.events[0]["cli"] == "1\n2"


async def test_only_events_that_are_wanted_are_read() -> None:
    wire = Wire(frozenset({"Hangup"}))
    task = await wire.ask("DBGetTree", Family="usn", listing=True)
    same = "ActionID: usnd-1"
    wire.receive("Event: DialBegin", "Uniqueid: usn-1")
    wire.receive("Event: Hangup", "Uniqueid: usn-1")
    wire.receive("Response: Success", same, "EventList: start", "Message: Result will follow")
    wire.receive("Event: DialEnd", "Uniqueid: usn-2")
    wire.receive("Event: DBGetTreeResponse", same, "Key: /usn/a", "Val: 1")
    wire.receive("Event: Hangup", "Uniqueid: usn-2")
    wire.receive("Event: DBGetTreeComplete", same, "EventList: Complete", "ListItems: 1")
    wire.receive("Event: Hangup-not", "Uniqueid: usn-3")
    wire.receive("Event: Hangup")
    assert wire.events == [
        {"event": "Hangup", "uniqueid": "usn-1"},
        {"event": "Hangup", "uniqueid": "usn-2"},
        {"event": "Hangup"},
    ]
    assert [item["key"] for item in await task] == ["/usn/a"]


@pytest.mark.parametrize("line", ["Event: Hangup", "event: Hangup", "EVENT: Hangup"])
async def test_a_header_within_an_event_cannot_make_it_another(wire: Wire, line: str) -> None:
    wire.receive("Event: UserEvent", "Uniqueid: usn-1", line, "Uniqueid: usn-2")
    (event,) = wire.events
    assert event["event"] == "UserEvent\nHangup"
    assert event["uniqueid"] == "usn-1\nusn-2"


@pytest.mark.parametrize(
    "lines",
    [
        ("Privilege: call,all", "Event: Hangup"),
        ("Response: Success", "Event: Hangup"),
        ("event: Hangup",),
        (" Events: on", "Event: Hangup"),
        ("Hangup",),
        ("",),
    ],
)
async def test_what_does_not_begin_as_an_event_is_none(wire: Wire, lines: tuple[str, ...]) -> None:
    wire.receive(*lines)
    assert wire.events == []


async def test_an_event_is_read_as_panoramisk_reads_it(wire: Wire) -> None:
    """Each message of a recorded conference."""
    recorded = (files("workbench") / "recorded" / "four-calls.ami").read_bytes()
    wire.session.data_received(recorded)
    messages = map(Message.from_line, map(str.strip, recorded.decode().split("\r\n\r\n")))
    events = [message for message in messages if message is not None and "event" in message]
    assert len(events) > 70
    assert wire.events == [
        {name.lower(): value for name, value in event.items() if name != "content"} for event in events
    ]


def test_only_a_refused_connection_means_that_the_process_is_gone() -> None:
    assert [reason for reason in DownReason if LinkDown(reason, "").refused] == [DownReason.REFUSED]
