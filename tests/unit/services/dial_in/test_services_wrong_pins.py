"""Wrong PINs: each number's bar, the alarm over all, and that neither is remembered for ever."""

from datetime import UTC, datetime, timedelta

from structlog.testing import capture_logs

from usnd.domain.alarms.alarm import Alarm
from usnd.domain.alarms.catalogue import PINS_GUESSED
from usnd.domain.alarms.threshold import Limits
from usnd.domain.dial_in.wrong_pins import GuessRules
from usnd.services.alarms.alarms import Alarms
from usnd.services.dial_in import wrong_pins
from usnd.services.dial_in.wrong_pins import WrongPins, withheld_on

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALFA = "+447700900002"


def counted(rules: GuessRules) -> WrongPins:
    return WrongPins(rules, Alarms(lambda: NOW), NOW)


def test_a_number_that_guesses_is_barred_and_no_other() -> None:
    wrong = counted(GuessRules(free=2))
    for _ in range(3):
        wrong.wrong(ALFA, NOW)
    assert wrong.barred(ALFA, NOW)
    assert not wrong.barred("", NOW)
    assert not wrong.barred(ALFA, NOW + timedelta(hours=1))
    assert wrong.figures(NOW).barred == 1


def test_guesses_from_many_numbers_are_an_alarm_until_they_are_fewer() -> None:
    wrong = counted(GuessRules(alarm=Limits(3, 2)))
    seen = []
    with capture_logs() as logs:
        for minute in range(6):
            now = NOW + timedelta(minutes=10 * minute)
            wrong.wrong(f"+4477009000{minute}", now)
            seen.append(wrong.figures(now).alarm)
        seen += [wrong.figures(now + timedelta(minutes=later)).alarm for later in (1, 35, 50, 61)]
    assert seen == [False] * 3 + [True] * 6 + [False]
    assert [log["event"] for log in logs] == [
        "alarm raised: PINs are guessed",
        "alarm cleared: PINs are guessed",
    ]
    assert wrong.figures(now).wrong_pins == 6
    assert wrong.figures(now).barred == 0


def test_what_was_guessed_before_a_restart_is_not_over_before_an_hour_has_shown_it() -> None:
    alarms = Alarms(lambda: NOW)
    alarms.take_over([Alarm(PINS_GUESSED, "", NOW - timedelta(minutes=1))])
    wrong = WrongPins(GuessRules(alarm=Limits(3, 2)), alarms, NOW)
    seen = [wrong.figures(NOW + timedelta(minutes=minutes)).alarm for minutes in (0, 59, 60)]
    assert seen == [True, True, False]


def test_what_is_remembered_is_bounded() -> None:
    wrong = counted(GuessRules(free=0))
    for index in range(wrong_pins._MOST_NUMBERS + 1):
        wrong.wrong(str(index), NOW)
    figures = wrong.figures(NOW)
    assert figures.barred == wrong_pins._MOST_NUMBERS
    assert not wrong.barred("0", NOW)
    assert figures.wrong_last_hour == wrong_pins._MOST_LATELY
    assert figures.wrong_pins == wrong_pins._MOST_NUMBERS + 1


def test_withheld_numbers_are_counted_by_trunk_and_barred_for_a_minute() -> None:
    wrong = counted(GuessRules(free=2))
    for _ in range(9):
        wrong.wrong(withheld_on("a"), NOW)
    assert wrong.barred(withheld_on("a"), NOW)
    assert not wrong.barred(withheld_on("a"), NOW + timedelta(minutes=1))
    assert wrong.go_on(withheld_on("a"), NOW + timedelta(minutes=1))
    assert not wrong.barred(withheld_on("b"), NOW)
    assert not wrong.go_on(withheld_on("b"), NOW)
