"""The recorders of conferences: started and stopped over AMI; tells when they begin and end.

services/recording/recordings.py calls it. What cannot be a recorder, a room or a file is not sent. A recorder
is a pair of Local channels: one half hears the room, the other writes what it hears; the dialplan has the
rest (conf/extensions-usn.conf, `record-usn`).
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from usnd.asterisk.ami import Ami, AmiFailed, AmiRefused
from usnd.asterisk.progress import IN_ROOM, RECORDER
from usnd.domain.recording.files import RecorderNews, RecordEvent

EVENTS = frozenset({"ConfbridgeJoin", "Hangup", "OriginateResponse"})
"""All that `Recorders` hears."""
_ID = re.compile(r"rec-c[0-9]{1,18}-[0-9]{1,6}")
_ROOM = re.compile(r"c[0-9]{1,18}")
_FILE = re.compile(r"/[A-Za-z0-9._/+-]{1,400}\.wav")  # neither , nor ; nor $: it becomes a dialplan variable


class Recorders:
    """The recorders of this node. Give every AMI event to `hear`."""

    def __init__(self, ami: Ami, on_news: Callable[[RecorderNews], None]) -> None:
        """`on_news`: in the order of the events."""
        self._ami = ami
        self._on_news = on_news
        self._log = structlog.get_logger("usnd.asterisk")

    def hear(self, event: Mapping[str, str]) -> None:
        """Takes one AMI event."""
        name, recorder = event.get("event"), event.get("uniqueid", "")
        if name == "ConfbridgeJoin" and recorder.startswith(RECORDER) and recorder.endswith(IN_ROOM):
            self._on_news(RecorderNews(recorder.removesuffix(IN_ROOM), RecordEvent.BEGUN))
        elif name == "Hangup" and _ID.fullmatch(recorder):
            self._on_news(RecorderNews(recorder, RecordEvent.ENDED))
        elif name == "OriginateResponse" and event.get("response") == "Failure":
            self._refused(event.get("actionid", ""))

    def _refused(self, recorder: str) -> None:
        if _ID.fullmatch(recorder):
            self._on_news(RecorderNews(recorder, RecordEvent.REFUSED))

    async def start(self, recorder: str, room: str, file: Path) -> None:
        """Records the room into a new WAV file (8 kHz, 16 bit, one channel): `hear` tells once it does.

        Asterisk refuses an id that lives already. Raises AmiDown and AmiFailed (not begun), AmiRefused,
        AmiTimeout (unknown: the next survey tells).
        """
        _check(_ID, "recorder", recorder)
        _check(_ROOM, "room", room)
        _check(_FILE, "file for a recording", str(file))
        await self._ami.action(
            "Originate",
            ActionID=recorder,
            ChannelId=recorder,
            OtherChannelId=f"{recorder}{IN_ROOM}",
            Channel=f"Local/{room}@record-usn-room/n",
            Context="record-usn",
            Exten="s",
            Priority="1",
            Variable=[f"USN_FILE={file}", f"USN_ROOM={room}"],
            Codecs="slin",
            Async="true",
        )
        self._log.info("recorder ordered", recorder=recorder)

    async def stop(self, recorder: str) -> bool:
        """Ends the recorder; False when there is none. Raises AmiDown, AmiTimeout."""
        _check(_ID, "recorder", recorder)
        try:
            await self._ami.action("Hangup", Channel=recorder, Cause="16")
        except AmiFailed:
            return False
        return True


def _check(form: re.Pattern[str], what: str, text: str) -> None:
    if not form.fullmatch(text):
        raise AmiRefused(f"not a {what}: {text!r}")
