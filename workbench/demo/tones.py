"""Which handsets' tones are in what was recorded, and for how long one is missing. Pure.

Used by the demo and by tests of what people hear. The tones are chosen here, and found by Goertzel's
algorithm. Samples are signed, 16 bit, 8 kHz.
"""

import math
from collections.abc import Sequence
from itertools import groupby

RATE = 8000
# Multiples of 50 Hz: orthogonal over a 20 ms packet. Above half of the highest: none is another's harmonic.
# Above every DTMF and call-progress frequency; below the edge of a telephone channel.
TONES = tuple(range(1750, 3251, 100))

SILENCE = 50.0  # root mean square; A-law's smallest step is 8
LEAST_SHARE = (
    0.02  # of the energy: one of many speakers; A-law's distortion and noise stay below a quarter of it
)
BLOCK = RATE // 50  # one packet of 20 ms
HOP = RATE // 200  # 5 ms: the resolution of a gap


def share(samples: Sequence[int], frequency: int) -> float:
    """Which part (0 to 1) of the samples' energy is one tone. 0.1 s or more, else tones 100 Hz apart blur."""
    energy = sum(sample * sample for sample in samples)
    if energy == 0:
        return 0.0
    return 2.0 * _power(samples, frequency) / (energy * len(samples))


def present(samples: Sequence[int], frequencies: Sequence[int] = TONES) -> set[int]:
    """The tones heard in a window of 0.1 s or more; none in silence or noise."""
    if not samples or math.sqrt(sum(sample * sample for sample in samples) / len(samples)) < SILENCE:
        return set()
    return {frequency for frequency in frequencies if share(samples, frequency) > LEAST_SHARE}


def longest_gap(samples: Sequence[int], frequency: int) -> int:
    """The longest time, in ms (steps of 5, from 10 on), for which a tone was missing; all if never heard."""
    levels = [
        math.sqrt(_power(samples[start : start + BLOCK], frequency))
        for start in range(0, len(samples) - BLOCK + 1, HOP)
    ]
    usual = sorted(levels)[len(levels) * 3 // 4] if levels else 0.0
    if usual < SILENCE * BLOCK / 2:
        return len(samples) * 1000 // RATE
    runs = (
        sum(1 for _ in run) for missing, run in groupby(levels, lambda level: level < usual / 2) if missing
    )
    return max(runs, default=0) * HOP * 1000 // RATE


def _power(samples: Sequence[int], frequency: int) -> float:
    """The squared magnitude of the samples' Fourier transform at one frequency."""
    coefficient = 2.0 * math.cos(2.0 * math.pi * frequency / RATE)
    last = before = 0.0
    for sample in samples:
        last, before = sample + coefficient * last - before, last
    return last * last + before * before - coefficient * last * before
