"""The switch's log is read by lines: who was answered and who ended in the period."""

from datetime import UTC, datetime, timedelta

from usnd.domain.billing.switch_log import Leg, Log, read

T0 = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def line(
    event: str, seconds: float, call: str, context: str = "usn-join", channel: str = "PJSIP/usn/a-1"
) -> str:
    return f"{event},{at(seconds).timestamp():.6f},{call},{channel},{context}\n"


def test_a_leg_has_its_first_answer_and_its_end() -> None:
    lines = [
        line("ANSWER", 1, "usn-7-1", "usn-incoming"),
        line("ANSWER", 2, "usn-7-1"),
        line("HANGUP", 31.5, "usn-7-1"),
        line("HANGUP", 40, "usn-7-2", "usn-incoming"),
        line("ANSWER", 50, "usn-7-3"),
    ]
    log = read(lines, T0, T0 + DAY)
    assert log.legs == {
        "usn-7-1": Leg("usn-7-1", at(1), at(31.5)),
        "usn-7-2": Leg("usn-7-2", None, at(40)),
        "usn-7-3": Leg("usn-7-3", at(50)),
    }
    assert [leg.talked.total_seconds() for leg in log.legs.values()] == [30.5, 0, 0]
    assert (log.since, log.broken) == (at(1), 0)


def test_a_call_that_came_in_and_reached_no_conference_is_outside() -> None:
    lines = [
        line("HANGUP", n, f"1772323200.{n}", context)
        for n, context in enumerate(["usn-incoming", "usn-pin", "usn-refused", "usn-join", "usn-goodbye"])
    ]
    outside = [leg.outside for leg in read(lines, T0, T0 + DAY).legs.values()]
    assert outside == [True, True, True, False, False]


def test_only_what_ended_in_the_period_or_goes_on_is_kept() -> None:
    lines = [
        line("ANSWER", -20, "usn-1-1"),
        line("HANGUP", -10, "usn-1-1"),
        line("ANSWER", -5, "usn-2-1"),
        line("HANGUP", 5, "usn-2-1"),
        line("ANSWER", 10, "usn-3-1"),
        line("HANGUP", 86400, "usn-3-1"),
        line("ANSWER", 86401, "usn-4-1"),
        line("HANGUP", 86402, "usn-4-1"),
    ]
    assert list(read(lines, T0, T0 + DAY).legs) == ["usn-2-1"]


def test_what_asterisk_does_with_itself_is_no_leg() -> None:
    own = [
        line("HANGUP", 1, "1.1", channel=f"{kind}/x-1") for kind in ("Local", "CBAnn", "CBRec", "Recorder")
    ]
    e1 = line("HANGUP", 2, "1.2", channel="DAHDI/1-1")
    assert list(read([*own, e1], T0, T0 + DAY).legs) == ["1.2"]


def test_a_quotation_mark_is_like_any_other_sign() -> None:
    lines = [line("ANSWER", 0, '"usn-6-1'), line("ANSWER", 1, "usn-7-1"), line("HANGUP", 31.5, "usn-7-1")]
    assert read(lines, T0, T0 + DAY).legs["usn-7-1"] == Leg("usn-7-1", at(1), at(31.5))


def test_the_log_begins_with_its_earliest_line_whatever_the_clock_was() -> None:
    lines = [line("HANGUP", 1e6, "usn-6-1"), line("HANGUP", 1, "usn-7-1"), line("HANGUP", 5, "usn-8-1")]
    assert read(lines, T0, T0 + DAY).since == at(1)


def test_lines_that_say_nothing_are_counted() -> None:
    broken = [
        "\n",
        "HANGUP,x,usn-1-1,PJSIP/a,c\n",
        "HANGUP,1e99,usn-1-1,PJSIP/a,c\n",
        "HANGUP,1,,PJSIP/a,c\n",
        "LINK,1,a,b,c\n",
    ]
    assert read(broken, T0, T0 + DAY) == Log({}, None, 5)
