"""A snapshot of a node with one of everything."""

from datetime import UTC, datetime

from usnd.monitoring.snapshot import AlarmFigures, BindFigures, Snapshot
from usnd.services.figures import (
    AsteriskFigures,
    ConferenceFigures,
    DatabaseFigures,
    DialInFigures,
    ForeignFigures,
    LinkFigures,
    PinFigures,
    RecordingFigures,
    SendingFigures,
    TextFigures,
    TrunkFigures,
    TrunksFigures,
    WrongPinFigures,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

LINK = LinkFigures(
    state="bound", pdus_in=9, pdus_out=8, texts=7, receipts=6, submitted=5, dropped=4, overdue=3, nacked=2,
    binds=1, oddities={"short": 2, "long": 1},
)  # fmt: skip
SENDING = SendingFigures(
    rate=4.5, rate_configured=None, rate_limit=20.0, window=9, window_configured=10, in_flight=1, queue=3,
    queue_more_in_store=False, oldest_s=2.5, sent=30, rejected=1, expired=2, unknown=3, set_aside=4,
    withdrawn=0, throttled=5, postponed=6, in_doubt=7, unanswered=8, delivered=9, undelivered=10,
    intermediate=11, unmatched=12,
)  # fmt: skip


def snapshot(*alarms: AlarmFigures) -> Snapshot:
    causes = {"17": 2, "102": 1}
    return Snapshot(
        at=NOW,
        alarms=alarms,
        binds=(
            BindFigures(bind="main", kind="transmitter", link=LINK, sending=SENDING),
            BindFigures(bind="main", kind="receiver", link=LINK, sending=None),
        ),
        texts=TextFigures(parts={"keep": 1}, not_answered=2, unregistered=3),
        trunks=TrunksFigures(
            trunks=(
                TrunkFigures(
                    trunk="msc", state="up", registration="", in_use=4, channels=None, calls=12, unanswered=3,
                    causes=causes,
                ),
            ),
            waiting=1,
        ),
        asterisk=AsteriskFigures(
            state="up", since=NOW, foreign=ForeignFigures(released=1, last="Local/a", last_at=NOW)
        ),
        conferences=ConferenceFigures(running=1, calls=4, in_rooms=3),
        dial_in=DialInFigures(
            calls=5,
            waiting=1,
            refused={"unknown": 2, "busy": 1},
            wrong=WrongPinFigures(wrong_pins=6, wrong_last_hour=2, barred=1, alarm=False),
            pins=PinFigures(pins=60, guess_one_in=166_666, own_number_only=False, pins_run_out=False),
        ),
        recordings=RecordingFigures(configured=True, running=1, free=5_300_000_000),
        database=DatabaseFigures(reachable=True, waiting=0, trouble=""),
    )  # fmt: skip
