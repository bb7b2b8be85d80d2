"""How `usnd alarms` shows one: for people with what to do, for programs with every field."""

from dataclasses import replace
from datetime import UTC, datetime

from usnd.cli.alarms import alarm_object, alarm_row
from usnd.cli.tables import columns
from usnd.domain.alarms.alarm import Alarm
from usnd.domain.alarms.catalogue import ASTERISK_DOWN, TRUNK_DOWN

AT = datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)
DOWN = Alarm(TRUNK_DOWN, "msc", AT, "in_use=2")


def test_a_line_says_since_when_how_grave_what_of_what_and_what_to_do() -> None:
    table = columns([alarm_row(DOWN, history=False), alarm_row(Alarm(ASTERISK_DOWN, "", AT), history=False)])
    head, first, second = table.splitlines()
    assert head.split() == ["since", "severity", "object", "what", "remedy"]
    assert first.startswith("2026-03-01T10:00:00Z  major     trunk msc  trunk down in_use=2 ")
    assert first.endswith(TRUNK_DOWN.remedy)
    assert second.split("  ")[2].strip() == "Asterisk"


def test_the_history_says_when_it_was_over() -> None:
    over = replace(DOWN, cleared_at=AT.replace(minute=5))
    assert alarm_row(over, history=True)["cleared"] == "2026-03-01T10:05:00Z"
    assert alarm_row(DOWN, history=True)["cleared"] == ""


def test_a_program_gets_every_field() -> None:
    assert alarm_object(DOWN) == {
        "id": 6,
        "name": "trunk-down",
        "severity": "major",
        "kind": "trunk",
        "object": "msc",
        "cause": "communications subsystem failure",
        "what": "trunk down",
        "facts": "in_use=2",
        "remedy": TRUNK_DOWN.remedy,
        "since": "2026-03-01T10:00:00.123+00:00",
        "cleared": "",
    }
    assert alarm_object(replace(DOWN, cleared_at=AT))["cleared"] == "2026-03-01T10:00:00.123+00:00"
