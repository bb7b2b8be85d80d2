"""The alarms of a bind: it is down, or texts wait for it; and what is not known yet is not judged."""

from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any

from structlog.testing import capture_logs

from usnd.domain.alarms.alarm import Alarm, Key
from usnd.domain.alarms.catalogue import SMSC_NOT_BOUND, TEXTS_WAIT
from usnd.domain.alarms.threshold import Limits
from usnd.domain.messaging.sending import ENDED
from usnd.monitoring.binds import UNBOUND, Binds
from usnd.monitoring.snapshot import BindFigures
from usnd.monitoring.status_file import EVERY
from usnd.services.alarms.alarms import Alarms
from usnd.services.figures import LinkFigures, SendingFigures
from usnd.smpp.link.settings import LinkState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FOR_LONG = int(UNBOUND.raise_at / EVERY)
DOWN, UP = LinkState.DOWN, LinkState.BOUND


def bind(name: str, state: LinkState, sending: SendingFigures | None = None) -> BindFigures:
    counted = {field: 0 for field in LinkFigures.__struct_fields__ if field not in ("state", "oddities")}
    link = LinkFigures(state=state.value, oddities={}, **counted)
    return BindFigures(bind=name, kind="transceiver", link=link, sending=sending)


def waiting(seconds: float, *, more: bool = False) -> SendingFigures:
    figures: dict[str, Any] = dict.fromkeys(SendingFigures.__struct_fields__, 0)
    return SendingFigures(**{**figures, "oldest_s": seconds, "queue_more_in_store": more})


class Bench:
    def __init__(self, *former: Alarm) -> None:
        self.alarms = Alarms(lambda: NOW)
        self.alarms.take_over(former)
        none: Any = None
        self.binds = Binds((), none, none, self.alarms, Limits(60, 30))

    def seconds(self, count: int, **states: LinkState) -> list[MutableMapping[str, Any]]:
        with capture_logs() as told:
            for _ in range(count):
                self.binds._judge([bind(name, state) for name, state in states.items()])
        return told

    def raised_at(self, *sendings: SendingFigures) -> list[bool]:
        found = []
        for sending in sendings:
            self.binds._judge([bind("one", UP, sending)])
            found.append(self.alarms.is_raised(TEXTS_WAIT, "one"))
        return found

    @property
    def raised(self) -> list[Key]:
        return [alarm.key for alarm in self.alarms.raised]


def test_each_end_of_a_text_has_its_figure() -> None:
    assert {state.name.lower() for state in ENDED} <= set(SendingFigures.__struct_fields__)


def test_a_bind_that_stays_down_is_an_alarm_once_and_is_cleared_when_it_is_back() -> None:
    bench = Bench()
    assert bench.seconds(FOR_LONG, one=DOWN, two=UP) == []
    (raised,) = bench.seconds(FOR_LONG, one=LinkState.CONNECTING, two=UP)
    assert (raised["event"], raised["log_level"]) == ("alarm raised: the SMSC is not bound", "error")
    assert (raised["smsc"], raised["others"]) == ("one", 1)
    assert [told["others"] for told in bench.seconds(FOR_LONG + 1, one=DOWN, two=DOWN)] == [0]
    cleared = bench.seconds(2, one=UP, two=UP)
    assert [(told["event"], told["smsc"]) for told in cleared] == [
        ("alarm cleared: the SMSC is not bound", "one"), ("alarm cleared: the SMSC is not bound", "two"),
    ]  # fmt: skip
    assert bench.seconds(FOR_LONG, one=DOWN, two=UP) == [], "a restart of the SMSC rings nobody"


def test_after_a_restart_a_bind_is_down_until_it_is_bound() -> None:
    bench = Bench(Alarm(SMSC_NOT_BOUND, "one", NOW), Alarm(SMSC_NOT_BOUND, "gone", NOW))
    bench.seconds(1, one=DOWN)
    assert bench.raised == [("smsc-not-bound", "one")], "a bind that is not configured has nobody to clear it"
    bench.seconds(1, one=UP)
    assert bench.raised == []


def test_texts_that_wait_are_an_alarm_until_they_wait_for_half_as_long() -> None:
    bench = Bench()
    assert bench.raised_at(waiting(60), waiting(61), waiting(30), waiting(29)) == [False, True, True, False]


def test_after_a_restart_texts_wait_until_the_store_was_read() -> None:
    bench = Bench(Alarm(TEXTS_WAIT, "one", NOW - timedelta(hours=1)))
    assert bench.raised_at(waiting(0, more=True), waiting(40, more=True), waiting(0)) == [True, True, False]


def test_each_way_a_text_ends_is_a_figure_of_its_bind() -> None:
    assert {state.name.lower() for state in ENDED} <= {*SendingFigures.__struct_fields__}
