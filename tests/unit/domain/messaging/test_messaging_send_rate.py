"""A bind finds the rate its SMSC takes, keeps to it, and keeps order while it is slowed."""

import heapq
import random
from collections.abc import Callable

import pytest

from usnd.domain.messaging.send_rate import Pace, PaceSettings

Admit = Callable[[float], bool]


def by_the_second(limit: int) -> Admit:
    """An SMSC that counts what came in each second of its clock, and refuses what is above."""
    seconds: dict[int, int] = {}

    def admit(now: float) -> bool:
        seconds[int(now)] = seconds.get(int(now), 0) + 1
        return seconds[int(now)] <= limit

    return admit


def by_bucket(limit: float, burst: float = 10) -> Admit:
    """One that lets a burst pass, and then its rate."""
    held = [0.0, burst]

    def admit(now: float) -> bool:
        held[:] = [now, min(burst, held[1] + (now - held[0]) * limit)]
        if held[1] < 1:
            return False
        held[1] -= 1
        return True

    return admit


class Run:
    """Sends from an endless queue, with responses after `delay` and timers up to 1 ms late."""

    def __init__(self, admit: Admit, settings: PaceSettings, start: float, delay: float = 0.004) -> None:
        self.pace = Pace(settings, start)
        self.accepted: list[tuple[float, int]] = []
        self.refused = 0
        self._admit, self._start, self._delay = admit, start, delay
        self._flight: list[tuple[float, int, bool, float]] = []
        self._queue = list(range(200_000))
        heapq.heapify(self._queue)

    def go(self, seconds: float) -> None:
        now, rng = self._start, random.Random(7)
        while now < self._start + seconds:
            self._hear(now)
            if len(self._flight) < self.pace.window and self.pace.wait(now) <= 0:
                number = heapq.heappop(self._queue)
                there = self._admit(now + self._delay / 2)
                heapq.heappush(self._flight, (now + self._delay, number, there, now))
                self.pace.sent(now)
                continue
            coming = [flight[0] for flight in self._flight[:1]]
            if len(self._flight) < self.pace.window:
                coming.append(now + self.pace.wait(now) + rng.uniform(0, 0.001))
            now = min(coming)

    def _hear(self, now: float) -> None:
        while self._flight and self._flight[0][0] <= now:
            at, number, there, sent_at = heapq.heappop(self._flight)
            if there:
                self.pace.accepted(at, at - sent_at)
                self.accepted.append((at, number))
            else:
                self.pace.throttled(at)
                self.refused += 1
                heapq.heappush(self._queue, number)

    def rate(self, after: float) -> float:
        times = [at for at, _ in self.accepted if at >= self._start + after]
        return (len(times) - 1) / (times[-1] - times[0])


@pytest.mark.parametrize("start", [100.0, 100.37, 100.99])
@pytest.mark.parametrize("smsc", [by_the_second, by_bucket])
@pytest.mark.parametrize("limit", [5, 50])
def test_finds_the_rate_of_the_smsc_within_five_percent(
    smsc: Callable[[int], Admit], limit: int, start: float
) -> None:
    run = Run(smsc(limit), PaceSettings(window=100), start)
    run.go(60)
    assert run.rate(after=10) == pytest.approx(limit, rel=0.05)
    assert run.refused < 100 + 60 * 4


def test_keeps_the_order_of_the_whole_bind_once_it_is_slowed() -> None:
    run = Run(by_the_second(50), PaceSettings(window=100), 100.37)
    run.go(30)
    assert run.pace.limited
    assert run.pace.window == 1
    late = [number for at, number in run.accepted if at > 105]
    assert late == sorted(late)
    assert sorted(number for _, number in run.accepted) == list(range(len(run.accepted)))


def test_a_configured_rate_is_kept_and_not_exceeded() -> None:
    run = Run(lambda _: True, PaceSettings(window=100, rate=40), 100.0)
    run.go(20)
    assert run.rate(after=0) == pytest.approx(40, rel=0.01)
    assert max(sum(second <= at < second + 1 for at, _ in run.accepted) for second in range(100, 120)) <= 44
    assert (run.pace.rate, run.pace.window, run.pace.limited) == (40, 100, False)


def test_is_free_again_when_the_smsc_takes_more() -> None:
    limit = by_the_second(50)
    run = Run(lambda now: now > 110 or limit(now), PaceSettings(window=20, rate=300), 100.0)
    run.go(60)
    assert not run.pace.limited
    assert run.pace.rate == 300


def test_free_means_all_of_the_window_at_once() -> None:
    pace = Pace(PaceSettings(window=10), 5.0)
    for _ in range(10):
        assert pace.wait(5.0) == 0
        pace.sent(5.0)
    assert (pace.rate, pace.window, pace.limited) == (None, 10, False)


def test_an_smsc_that_takes_nothing_is_asked_once_a_second() -> None:
    pace, now, asked = Pace(PaceSettings(window=10), 0.0), 0.0, 0
    while now < 60:
        now += pace.wait(now)
        pace.sent(now)
        pace.throttled(now)
        asked += 1
    assert 55 < asked < 75
    assert pace.rate == 1


def test_a_refusal_for_now_holds_nobody_up_and_each_further_one_doubles_the_pause() -> None:
    pace = Pace(PaceSettings(10, None), 0.0)
    pauses = []
    for _ in range(4):
        pace.refused(0.0)
        pauses.append(pace.wait(0.0))
    assert pauses[0] == 0
    assert pauses[1] > 0
    assert pauses[2:] == [2 * pauses[1], 4 * pauses[1]]
    pace.accepted(100.0, 0.1)
    pace.refused(100.0)
    assert pace.wait(100.0) == 0
