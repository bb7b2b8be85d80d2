"""A usage summary that the documents and the tests vary: of the day on which London's clocks go forward."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from usnd.domain.billing.rhythm import Nightly
from usnd.domain.billing.summary.days import day_of
from usnd.domain.billing.summary.figures import (
    Change,
    Figures,
    FileSpan,
    Line,
    Page,
    Subscribers,
    Summary,
    Usage,
)

LONDON = Nightly(ZoneInfo("Europe/London"), time(1))
DAY = day_of(date(2026, 3, 29), LONDON)
_MORNING = datetime(2026, 3, 29, 9, 15, tzinfo=UTC)
BOB = Line(42, "+447700900001", "Bob", Usage(2, 1, 5, 6, 61_250, 1_804_012, 3, 7, 1))
ALICE = Line(43, "+447700900002", "=Alice", Usage(1, 0, 2, 3, 0, 90_000_500, 0, 1, 0))
CHANGES = (
    Change(_MORNING, "+447700900002", "created"),
    Change(_MORNING + timedelta(hours=2), "+447700900003", "suspended"),
)
PAGES = (Page(changes=CHANGES), Page(lines=(BOB, ALICE)))
SUMMARY = Summary(
    day=DAY,
    first=1042,
    last=1050,
    made_at=datetime(2026, 3, 30, 0, 2, tzinfo=UTC),
    figures=Figures(
        zone="Europe/London",
        subscribers=Subscribers(1200, 4, 1, 0, 1, 0),
        lines=2,
        total=BOB.used + ALICE.used,
        other_texts_in=1,
        other_texts_out=5,
        files=(FileSpan("mediation", 1013, 1035, 1042, 1050),),
        mo=7001,
        mt=9107,
    ),
    pages=len(PAGES),
)
