"""Proves the tones chosen are told apart, alone and together, as a telephone channel carries them."""

import math
import random
from itertools import pairwise

import pytest

from workbench.demo.tones import BLOCK, RATE, TONES, longest_gap, present, share

DTMF = (697, 770, 852, 941, 1209, 1336, 1477, 1633)


def tone(*frequencies: int, seconds: float = 0.5, level: int = 2400, start: float = 0.0) -> list[int]:
    return [
        int(sum(level * math.sin(2 * math.pi * f * (start + n / RATE)) for f in frequencies))
        for n in range(int(seconds * RATE))
    ]


def alaw(samples: list[int]) -> list[int]:
    """What 13-segment companding leaves: sixteen steps in each octave."""
    out = []
    for sample in samples:
        magnitude = abs(sample)
        step = max(16, 1 << max(magnitude.bit_length() - 5, 0))
        out.append(int(math.copysign((magnitude // step) * step + step // 2, sample)))
    return out


def test_tones_are_apart_whole_in_a_packet_and_no_harmonics_or_dtmf() -> None:
    assert all(b - a >= 100 for a, b in pairwise(TONES))
    assert all(f * BLOCK % RATE == 0 for f in TONES)
    assert not {n * f for f in TONES for n in (2, 3)} & set(TONES)
    assert all(abs(f - d) > 50 for f in TONES for d in DTMF)
    assert max(TONES) < 3400


@pytest.mark.parametrize("frequency", TONES)
def test_one_tone_is_heard_and_no_other(frequency: int) -> None:
    assert present(alaw(tone(frequency))) == {frequency}


def test_three_neighbours_at_once_are_all_heard_and_no_other() -> None:
    assert present(alaw(tone(1750, 1850, 1950))) == {1750, 1850, 1950}


def test_ten_at_once_are_heard_and_the_own_tone_is_absent() -> None:
    others = set(TONES[:11]) - {TONES[4]}
    assert present(alaw(tone(*others, level=2000))) == others


def test_a_quarter_as_loud_is_still_heard() -> None:
    mixed = [a + b for a, b in zip(tone(1750), tone(2350, level=600), strict=True)]
    assert present(alaw(mixed)) == {1750, 2350}


def test_silence_and_noise_hold_no_tone() -> None:
    rng = random.Random(7)
    assert present([]) == set()
    assert present([0] * RATE) == set()
    assert present([8, -8] * RATE) == set()
    assert present([rng.randint(-8000, 8000) for _ in range(RATE // 2)]) == set()


def test_a_tone_in_noise_as_strong_is_heard() -> None:
    rng = random.Random(7)
    noisy = [sample + rng.randint(-2900, 2900) for sample in tone(2050)]
    assert present(noisy) == {2050}


def test_share_of_a_tone_alone_is_the_whole() -> None:
    assert share(tone(2350), 2350) == pytest.approx(1.0, abs=0.01)
    assert share([0] * 800, 2350) == 0.0


@pytest.mark.parametrize("gap", [20, 60, 300])
def test_longest_gap_of_one_tone_among_others_in_ms(gap: int) -> None:
    whole, others = tone(1750, seconds=2), tone(2050, 2350, seconds=2)
    missing = range(RATE, RATE + gap * RATE // 1000)
    cut = [0 if n in missing else sample for n, sample in enumerate(whole)]
    mixed = [a + b for a, b in zip(cut, others, strict=True)]
    assert abs(longest_gap(mixed, 1750) - gap) <= 10
    assert longest_gap(mixed, 2050) == 0


def test_a_tone_never_heard_is_missing_all_the_time() -> None:
    assert longest_gap(tone(2050, seconds=1), 1750) == 1000
    assert longest_gap([], 1750) == 0
