"""Charts are whole and escaped, files for spreadsheets hold no formula, times and words are right."""

import csv
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from usnd.domain.billing.cdr import ForeignOutcome
from usnd.domain.conference.call import CallOutcome
from usnd.domain.conference.model import EndReason, LaunchedBy
from usnd.domain.directory.model import Subscriber
from usnd.domain.replies.catalogue import Say
from usnd.domain.replies.conference import why_not_in
from usnd.web.portal.reports.charts import Bar, Chart, columns, lines
from usnd.web.portal.reports.files import table_file
from usnd.web.portal.reports.outcomes import ENDED, LAUNCHED, outcome_in_words
from usnd.web.portal.reports.times import length, times_in, times_of

AT = datetime(2026, 7, 1, 22, 5, 7, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
DANGER = "</text><script>alert(1)</script>\"'&"


def drawn(chart: Chart) -> ET.Element:
    """As a browser reads it; inside a page SVG needs no namespace of its own."""
    return ET.fromstring(chart.__html__())  # our own


def test_columns_are_as_high_as_their_values() -> None:
    picture = drawn(columns("days", "By day", [Bar("a", 10), Bar("b", 0), Bar("c", 5)], "0:10"))
    bars = [(float(bar.attrib["height"]), float(bar.attrib["x"])) for bar in picture.iter("rect")]
    assert [height for height, _ in bars] == [140.0, 70.0]
    assert bars[0][1] < 320 / 3 < 2 * 320 / 3 < bars[1][1]
    assert picture.attrib["role"] == "img"
    (title,) = picture.iter("title")
    assert (title.text, title.attrib["id"]) == ("By day", picture.attrib["aria-labelledby"])
    assert [text.text for text in picture.iter("text")] == ["0:10", "a", "c"]


def test_lines_are_as_long_as_their_values_and_say_them() -> None:
    picture = drawn(lines("who", "Who", [Bar("bob", 4, "0:04"), Bar("x" * 80, 1, "0:01")]))
    assert [bar.attrib["width"] for bar in picture.iter("rect")] == ["320.00", "80.00"]
    said = [text.text or "" for text in picture.iter("text")]
    assert said[:2] == ["bob", "0:04"]
    assert len(said[2]) == 30
    assert said[2].endswith("…")


@pytest.mark.parametrize("values", [[0], [0, 0]])
def test_nothing_used_is_an_empty_chart(values: list[float]) -> None:
    bars = [Bar("a", value) for value in values]
    assert not [*drawn(columns("a", "b", bars, "0:00")).iter("rect")]
    assert [bar.attrib["width"] for bar in drawn(lines("a", "b", bars)).iter("rect")] == ["0.00"] * len(bars)


def test_what_people_wrote_is_text_in_a_chart() -> None:
    for chart in (
        columns(DANGER, DANGER, [Bar(DANGER, 1)], DANGER),
        lines(DANGER, DANGER, [Bar(DANGER, 1, DANGER)]),
    ):
        assert "<script" not in chart.svg
        assert "style" not in chart.svg
        assert any((text.text or "").startswith("</text>") for text in drawn(chart).iter("text"))


def test_a_file_reads_back() -> None:
    rows = [("=cmd()", 'say "hi", ok', 3), ("Zoë\r\n", "\ud800", "")]
    file = table_file("calls", ["Näme", "b", "c"], rows)
    assert (file.kind, file.name) == ("text/csv; charset=utf-8; header=present", "calls.csv")
    text = file.octets.decode("utf-8-sig")
    read = [*csv.reader(StringIO(text, newline=""))]
    assert read == [["Näme", "b", "c"], ["'=cmd()", 'say "hi", ok', "3"], ["Zoë\r\n", "?", ""]]


def test_times_are_those_of_the_subscriber() -> None:
    times = times_of(Subscriber(1, "+447700900001", time_zone="Europe/Berlin"))
    assert times.name == "Europe/Berlin"
    assert (times.day(AT), times.minute(AT)) == ("2026-07-02", "2026-07-02 00:05")
    assert times.second(AT) == "2026-07-02 00:05:07"


def test_an_hour_that_is_there_twice_says_which_it_was() -> None:
    """Clocks go back from 3:00 to 2:00; not so where they go forward, nor in zones that keep their time."""
    times = times_of(Subscriber(1, "+447700900001", time_zone="Europe/Berlin"))
    first, hour = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), timedelta(hours=1)
    shown = [times.minute(first + nth * hour) for nth in (-1, 0, 1, 2)]
    assert shown == [
        "2026-10-25 01:30",
        "2026-10-25 02:30 CEST",
        "2026-10-25 02:30 CET",
        "2026-10-25 03:30",
    ]
    assert times.second(first) == "2026-10-25 02:30:00 CEST"
    forward = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert [times.minute(forward + nth * hour)[11:] for nth in (0, 1)] == ["01:30", "03:30"]
    kept = times_of(Subscriber(1, "+447700900001", time_zone="Asia/Kolkata"))
    assert kept.minute(first) == "2026-10-25 06:00"


def test_who_set_no_time_zone_has_that_of_the_server_on_each_page() -> None:
    assert times_in("") == times_of(Subscriber(1, "+447700900001"))


def test_a_time_zone_that_is_none_here_is_utc() -> None:
    for name in ("Not/There", "../../etc/passwd", "Europe"):
        assert times_of(Subscriber(1, "+447700900001", time_zone=name)).minute(AT) == "2026-07-01 22:05"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, ""), (0, "0:00"), (59.9, "0:59"), (61, "1:01"), (3725, "1:02:05")]
)
def test_how_long(seconds: float | None, shown: str) -> None:
    assert length(seconds) == shown


def test_each_outcome_has_words_and_ones_own_are_those_of_texts() -> None:
    for outcome in CallOutcome:
        assert outcome_in_words(outcome, own=False)
        say = why_not_in(outcome)
        said = outcome_in_words(outcome, own=True)
        assert said == (outcome_in_words(outcome, own=False) if say is None else say.value)
    assert outcome_in_words(CallOutcome.BUSY, own=True) == Say.WAS_BUSY.value
    unknown = outcome_in_words(CallOutcome.UNKNOWN, own=False)
    assert outcome_in_words(ForeignOutcome("later"), own=True) == unknown == outcome_in_words(None, own=False)


def test_each_beginning_and_end_has_words() -> None:
    assert set(LAUNCHED) == {*LaunchedBy, None}
    assert set(ENDED) == {*EndReason, None}
