"""What of a daemon hangs, by the work that it did lately."""

import pytest

from usnd.domain.monitoring.liveness import (
    BEGINS_WITHIN,
    CALLS_WITHIN,
    TURNS_WITHIN,
    WAITS_AT_MOST,
    LastWork,
    has_begun,
    idle_part,
    is_alive,
)

NOW = 1000.0


@pytest.mark.parametrize(
    ("turned", "stored", "called", "waits", "part"),
    [
        (0, 0, 0, False, ""),
        (TURNS_WITHIN, 0, 0, False, "usnd"),
        (0, TURNS_WITHIN, 0, False, "usnd"),
        (0, TURNS_WITHIN, 0, True, ""),
        (0, WAITS_AT_MOST, 0, True, "usnd"),
        (0, 0, CALLS_WITHIN, False, "asterisk"),
        (TURNS_WITHIN, TURNS_WITHIN, CALLS_WITHIN, False, "usnd"),
    ],
)
def test_the_part_that_did_no_work_is_named(
    turned: float, stored: float, called: float, part: str, *, waits: bool
) -> None:
    work = LastWork(NOW - turned, NOW - stored, NOW - called, linked=True)
    assert idle_part(work, NOW, waits=waits) == part


@pytest.mark.parametrize(
    ("stored", "called", "linked", "alive"),
    [
        (0, 0, True, True),
        (WAITS_AT_MOST, 0, True, False),
        (0, WAITS_AT_MOST, True, False),
        (0, WAITS_AT_MOST, False, True),
    ],
)
def test_the_watchdog_is_told_only_after_work(
    stored: float, called: float, *, linked: bool, alive: bool
) -> None:
    """Asterisk that is gone is not ours to be restarted for."""
    assert is_alive(LastWork(NOW, NOW - stored, NOW - called, linked), NOW) is alive


def test_what_only_begins_is_not_restarted() -> None:
    assert not has_begun(NOW - BEGINS_WITHIN + 0.1, NOW)
    assert has_begun(NOW - BEGINS_WITHIN, NOW)
