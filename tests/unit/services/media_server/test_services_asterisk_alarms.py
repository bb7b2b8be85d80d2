"""The alarms of Asterisk: it is lost, and it registers no trunk; a link that is only cut is none."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from usnd.asterisk.ami import AmiFailed, AmiSettings
from usnd.asterisk.calls import CallSettings
from usnd.domain.alarms.alarm import Alarm
from usnd.domain.alarms.catalogue import ASTERISK_DOWN, NO_REGISTRATIONS
from usnd.domain.media_server.availability import VoiceEvent
from usnd.domain.trunks.trunk import Routing, Trunk
from usnd.services.alarms.alarms import Alarms
from usnd.services.media_server.availability import VoiceEdge
from usnd.services.trunks.trunks import Trunks

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def edge(alarms: Alarms, accounts: Mapping[str, str] | None = None) -> VoiceEdge:
    trunks = Trunks(Routing((Trunk("a"),)), alarms, accounts)
    ami = AmiSettings("127.0.0.1", 1, "usn", "")
    return VoiceEdge(ami, CallSettings(), trunks, alarms, timedelta(seconds=5), lambda: NOW)


async def test_asterisk_that_is_gone_is_an_alarm_until_it_is_back() -> None:
    alarms = Alarms(lambda: NOW)
    alarms.take_over([Alarm(ASTERISK_DOWN, "", NOW - timedelta(hours=1))])
    voice = edge(alarms)
    raised = []
    events = (
        VoiceEvent.CUT, VoiceEvent.UP_SAME, VoiceEvent.CUT, VoiceEvent.TIME, VoiceEvent.CUT,
        VoiceEvent.UP_OTHER, VoiceEvent.REFUSED,
    )  # fmt: skip
    for event in events:
        voice._hear(event)
        raised.append(alarms.is_raised(ASTERISK_DOWN))
    assert raised == [True, False, False, True, True, False, True]
    assert voice.figures(NOW).state == "lost"
    voice._hear(VoiceEvent.UP_SAME)  # ends its timer


async def test_asterisk_that_registers_no_trunk_is_an_alarm_while_one_shall_register(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alarms = Alarms(lambda: NOW)
    voice = edge(alarms, {"sip:acc@a": "a"})
    answers: list[Any] = [AmiFailed("no such command"), [], AmiFailed("no such command")]

    async def listing(_what: str) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(voice, "_link", SimpleNamespace(listing=listing))
    raised = []
    for _ in range(3):
        await voice._look_at_registrations()
        raised.append(alarms.is_raised(NO_REGISTRATIONS))
    assert raised == [True, False, True]
    await edge(alarms)._look_at_registrations()
    assert not alarms.is_raised(NO_REGISTRATIONS), "none is to register any more"
