"""What Asterisk is asked to record, what its events mean, and which prompt is played from where."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from test_asterisk_calls import Bench, NotedAmi

from usnd.asterisk.ami import AmiFailed, AmiRefused
from usnd.asterisk.progress import survey
from usnd.asterisk.prompts import TEXTS, variable
from usnd.asterisk.recorders import Recorders
from usnd.domain.conference.announcements import Notice
from usnd.domain.recording.files import RecorderNews, RecordEvent

DIALPLAN = (files("usnd.asterisk") / "conf" / "extensions-usn.conf").read_text()
FILE = Path("/var/lib/usn/recordings/c7-1.wav")


class Studio:
    def __init__(self) -> None:
        self.ami = NotedAmi()
        self.news: list[RecorderNews] = []
        self.recorders = Recorders(self.ami, self.news.append)

    def hear(self, name: str, **fields: str) -> None:
        self.recorders.hear({"event": name, **fields})


async def test_a_recorder_is_a_pair_of_channels_named_by_its_part() -> None:
    studio = Studio()
    await studio.recorders.start("rec-c7-1", "c7", FILE)
    ((name, order),) = studio.ami.asked
    assert name == "Originate"
    assert (order["ChannelId"], order["OtherChannelId"]) == ("rec-c7-1", "rec-c7-1-room")
    assert order["Channel"] == "Local/c7@record-usn-room/n"
    assert order["Variable"] == [f"USN_FILE={FILE}", "USN_ROOM=c7"]
    assert order["Async"] == "true"


@pytest.mark.parametrize(
    ("recorder", "room", "file"),
    [
        ("rec-c7", "c7", FILE),
        ("rec-c7-1", "7", FILE),
        ("rec-c7-1", "c7", Path("c7-1.wav")),
        ("rec-c7-1", "c7", Path("/tmp/a,b.wav")),
        ("rec-c7-1", "c7", Path("/tmp/${SHELL(id)}.wav")),
    ],
)
async def test_what_could_mean_more_than_a_file_is_refused(recorder: str, room: str, file: Path) -> None:
    studio = Studio()
    with pytest.raises(AmiRefused):
        await studio.recorders.start(recorder, room, file)
    assert studio.ami.asked == []


async def test_a_recorder_that_is_not_there_is_told() -> None:
    studio = Studio()
    assert await studio.recorders.stop("rec-c7-1")
    studio.ami.errors["Hangup"] = AmiFailed("No such channel")
    assert not await studio.recorders.stop("rec-c7-1")


def test_events_of_recorders_are_told_and_others_are_not() -> None:
    studio = Studio()
    for one in ("rec-c7-1-room", "rec-c7-1", "usn-7-1", "say-c7-1-room"):
        studio.hear("ConfbridgeJoin", uniqueid=one)
        studio.hear("Hangup", uniqueid=one)
        studio.hear("Newchannel", uniqueid=one)
    studio.hear("OriginateResponse", response="Failure", actionid="rec-c7-2")
    studio.hear("OriginateResponse", response="Failure", actionid="usn-7-2")
    studio.hear("OriginateResponse", response="Success", actionid="rec-c7-3")
    assert studio.news == [
        RecorderNews("rec-c7-1", RecordEvent.BEGUN),
        RecorderNews("rec-c7-1", RecordEvent.ENDED),
        RecorderNews("rec-c7-2", RecordEvent.REFUSED),
    ]


def test_a_survey_finds_recorders_and_takes_them_for_no_calls() -> None:
    channels = [
        {"uniqueid": "rec-c7-1", "context": "record-usn", "bridgeid": ""},
        {"uniqueid": "rec-c7-1-room", "context": "record-usn-room", "bridgeid": "b"},
        {"uniqueid": "rec-c7-2", "context": "record-usn", "bridgeid": ""},
        {"uniqueid": "rec-c7-2-room", "context": "record-usn-room"},
    ]
    found = survey(channels, [], "usn-")
    assert found.live == {}
    assert found.recorders == {"rec-c7-1": True, "rec-c7-2": False}


async def test_what_is_for_one_call_is_whispered_to_it() -> None:
    bench = Bench()
    await bench.calls.tell("node-17.5", "muted-you")
    ((_, order),) = bench.ami.asked
    assert order["Channel"] == "Local/node-17.5@announce-usn-call/n"
    assert order["Exten"] == "muted-you"


async def test_prompts_that_are_not_there_leave_debians_sounds() -> None:
    bench = Bench()
    await bench.calls.use_prompts({"lines-busy": Path("/p/lines-busy"), "locked": None})
    assert [fields for _, fields in bench.ami.asked] == [
        {"Variable": "USN_SAY_LINES_BUSY", "Value": "/p/lines-busy"},
        {"Variable": "USN_SAY_LOCKED", "Value": ""},
    ]


def test_every_prompt_is_played_and_every_played_one_has_its_words() -> None:
    played = set(re.findall(r"USN_SAY_[A-Z_]+", DIALPLAN.split("[usn-ended]")[1]))
    assert played == {variable(name) for name in TEXTS}


def test_every_notice_has_its_announcement() -> None:
    announced = DIALPLAN.split("[announce-usn]")[1]
    for notice in Notice:
        assert f"exten => {notice.value},1," in announced
