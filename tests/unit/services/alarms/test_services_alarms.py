"""Alarms are raised and cleared once however often it is said, from any thread; no owner waits for it."""

import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from structlog.testing import capture_logs

from usnd.domain.alarms.alarm import Alarm, Key
from usnd.domain.alarms.catalogue import ASTERISK_DOWN, SMSC_NOT_BOUND, TEXTS_WAIT, TRUNK_DOWN, TRUNK_SUSPECT
from usnd.domain.alarms.threshold import Limits
from usnd.services.alarms import alarms as module
from usnd.services.alarms.alarms import Alarms

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


def keys(alarms: Iterable[Alarm]) -> list[Key]:
    return [alarm.key for alarm in alarms]


def test_an_alarm_is_raised_once_and_cleared_once_with_one_line_each() -> None:
    alarms = Alarms(lambda: NOW)
    with capture_logs() as logs:
        said = [
            alarms.raise_(SMSC_NOT_BOUND, "main", others=1),
            alarms.raise_(SMSC_NOT_BOUND, "main", others=0),
        ]
        assert alarms.is_raised(SMSC_NOT_BOUND, "main")
        assert not alarms.is_raised(SMSC_NOT_BOUND, "other")
        said += [alarms.clear(SMSC_NOT_BOUND, "main"), alarms.clear(SMSC_NOT_BOUND, "main")]
    assert said == [True, False, True, False]
    assert logs == [
        {"event": "alarm raised: the SMSC is not bound", "log_level": "error", "smsc": "main", "others": 1},
        {"event": "alarm cleared: the SMSC is not bound", "log_level": "info", "smsc": "main"},
    ]
    assert alarms.raised == ()


def test_a_warning_rings_nobody_and_an_alarm_without_a_name_names_none() -> None:
    alarms = Alarms(lambda: NOW)
    with capture_logs() as logs:
        alarms.raise_(TRUNK_SUSPECT, "a", refused=None)
        alarms.raise_(ASTERISK_DOWN)
    assert [(log["log_level"], log.get("trunk")) for log in logs] == [("warning", "a"), ("error", None)]
    assert [alarm.facts for alarm in alarms.raised] == ["", ""]


def test_the_oldest_comes_first_with_what_was_seen() -> None:
    clock = Clock()
    alarms = Alarms(clock)
    alarms.raise_(TRUNK_DOWN, "b", in_use=2, refused=3)
    since = clock.passes(5)
    alarms.raise_(ASTERISK_DOWN)
    assert alarms.raised == (
        Alarm(TRUNK_DOWN, "b", NOW, "in_use=2 refused=3"), Alarm(ASTERISK_DOWN, "", since),
    )  # fmt: skip


def test_a_measured_value_between_its_limits_changes_nothing() -> None:
    alarms = Alarms(lambda: NOW)
    raised = []
    for value in (60, 61, 31, 60, 30, 29, 45):
        alarms.judge(TEXTS_WAIT, "main", value, Limits(60, 30), oldest_s=value)
        raised.append(alarms.is_raised(TEXTS_WAIT, "main"))
    assert raised == [False, True, True, True, True, False, False]


def test_alarms_of_what_is_not_configured_any_more_are_cleared() -> None:
    alarms = Alarms(lambda: NOW)
    for name in ("a", "b"):
        alarms.raise_(TRUNK_DOWN, name)
        alarms.raise_(TRUNK_SUSPECT, name)
    alarms.clear_others(TRUNK_DOWN, ["b"])
    assert keys(alarms.raised) == [("trunk-suspect", "a"), ("trunk-down", "b"), ("trunk-suspect", "b")]


def test_a_former_life_s_alarm_is_not_raised_again_and_not_cleared_by_itself() -> None:
    alarms = Alarms(Clock())
    former = Alarm(TRUNK_DOWN, "a", NOW - timedelta(hours=1))
    with capture_logs() as logs:
        alarms.take_over([former])
        assert alarms.raised == (former,)
        assert not alarms.raise_(TRUNK_DOWN, "a")
        assert logs == []
        assert alarms.clear(TRUNK_DOWN, "a")
    assert [log["event"] for log in logs] == ["alarm cleared: trunk down"]


def test_what_an_owner_says_before_the_store_was_read_counts() -> None:
    alarms = Alarms(lambda: NOW)
    former = [Alarm(TRUNK_DOWN, name, NOW - timedelta(hours=1)) for name in ("a", "b", "c")]
    alarms.clear(TRUNK_DOWN, "a")
    alarms.raise_(TRUNK_DOWN, "b")
    alarms.clear(TRUNK_DOWN, "c")
    alarms.raise_(TRUNK_DOWN, "c")
    with capture_logs() as logs:
        alarms.take_over(former)
    assert alarms.raised == (former[1], former[2])
    assert [(log["event"], log["trunk"]) for log in logs] == [("alarm cleared: trunk down", "a")]
    assert [(change.object, change.cleared_at) for change in alarms.unwritten()][-1] == ("a", NOW)


def test_changes_wait_in_their_order_until_they_are_written_and_not_without_end() -> None:
    alarms = Alarms(lambda: NOW)
    alarms.raise_(TRUNK_DOWN, "a")
    first = alarms.unwritten()
    alarms.clear(TRUNK_DOWN, "a")
    alarms.written(first)
    assert [change.cleared_at for change in alarms.unwritten()] == [NOW]
    for _ in range(module.MOST_UNWRITTEN):
        alarms.raise_(TRUNK_DOWN, "b")
        alarms.clear(TRUNK_DOWN, "b")
    left = alarms.unwritten()
    assert len(left) <= module.MOST_UNWRITTEN
    assert left[0].key == ("trunk-down", "a"), "what is rare is not pushed out by what is often"


def test_any_thread_may_raise_one_and_who_writes_them_hears_of_it() -> None:
    alarms = Alarms(lambda: NOW)
    heard: list[int] = []
    alarms.on_change = lambda: heard.append(1)
    threads = [threading.Thread(target=alarms.raise_, args=(TRUNK_DOWN, str(n % 5))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(alarms.raised) == len(alarms.unwritten()) == len(heard) == 5
