"""The alarm of a bind that is down."""

from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

from structlog.testing import capture_logs

from usnd.domain.alarms.threshold import Limits
from usnd.monitoring.smpp import EVERY, UNBOUND, SmppStatus
from usnd.services.alarms.alarms import Alarms
from usnd.smpp.link.settings import LinkState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FOR_LONG = int(UNBOUND.raise_at / EVERY)


def seconds(status: SmppStatus, count: int, **states: LinkState) -> list[MutableMapping[str, Any]]:
    binds = [{"bind": name, "state": state.value} for name, state in states.items()]
    with capture_logs() as told:
        for _ in range(count):
            status._alarm(binds)
    return told


def test_a_bind_that_stays_down_is_an_alarm_once_and_is_cleared_when_it_is_back() -> None:
    status = SmppStatus((), None, None, None, Alarms(lambda: NOW), None, Limits(60, 30))
    down, up = LinkState.DOWN, LinkState.BOUND
    assert seconds(status, FOR_LONG, one=down, two=up) == []
    (raised,) = seconds(status, FOR_LONG, one=LinkState.CONNECTING, two=up)
    assert (raised["event"], raised["log_level"]) == ("alarm raised: the SMSC is not bound", "error")
    assert (raised["smsc"], raised["others"]) == ("one", 1)
    assert [told["others"] for told in seconds(status, FOR_LONG + 1, one=down, two=down)] == [0]
    cleared = seconds(status, 2, one=up, two=up)
    assert [(told["event"], told["smsc"]) for told in cleared] == [
        ("alarm cleared: the SMSC is not bound", "one"), ("alarm cleared: the SMSC is not bound", "two"),
    ]  # fmt: skip
    assert seconds(status, FOR_LONG, one=down, two=up) == [], "a restart of the SMSC rings nobody"
