"""What each listener was sent in the conferences of a benchmark, and what the machine did beside the gaps.

Called by conference.py with the capture of a run; gives figures for the result and a sentence for people. The
longest gap that is allowed is set here. rtp_streams.py says what a gap is, stalls.py what a stop of a
processor is.
"""

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.bench.handsets import tone
from workbench.bench.rtp_streams import Stream, longest_gap, packets, streams
from workbench.bench.stalls import Stop, beside

LONGEST_GAP = 60.0
"""Milliseconds."""
SHORTLY = 0.3
"""Seconds from a stop of a processor until what waited for it is done, and a gap comes to be one."""
MOMENT = 0.1
"""Seconds: gaps so near to each other have one cause."""
MOST_MOMENTS = 50


@dataclass(frozen=True)
class Listened:
    """figures: for the result; said: for people; over: when gaps came to be too long, in order."""

    figures: dict[str, object]
    said: str
    held: bool
    over: list[float]


def listened(
    file: Path, rooms: Sequence[Sequence[str]], media_port: Callable[[str], int], during: tuple[float, float]
) -> Listened:
    """Reads a capture of what was sent to all listeners and by each room's speaker, who is its first.

    during: begun and ended, seconds since the epoch.
    """
    with file.open("rb") as capture:
        found = streams(packets(capture), LONGEST_GAP)
    to = {target: stream for (_, target), stream in found.items()}
    of = {source: stream for (source, _), stream in found.items()}
    speakers = [of.get(media_port(speaker)) for speaker, *_ in rooms]
    listeners = {
        one: (to.get(media_port(one)), tone(index))
        for index, (_, *others) in enumerate(rooms)
        for one in others
    }
    gaps = [_gap_of(stream, during) for stream, _ in listeners.values()]
    came_in = max(_gap_of(stream, during) for stream in speakers)
    wrong = [one for one, (stream, hz) in listeners.items() if stream is None or stream.tones() != {hz}]
    heard = [stream for stream, _ in listeners.values() if stream is not None]
    bad = sum(gap > LONGEST_GAP for gap in gaps)
    over = sorted(at for stream in heard for at in stream.over)
    figures = {
        "listeners": len(listeners),
        "seconds": during[1] - during[0],
        "packets": sum(stream.packets for stream in heard),
        "lost": sum(stream.lost for stream in heard),
        "longest_gap_ms": max(gaps),
        "longest_wait_for_a_packet_ms": max((stream.longest_wait for stream in heard), default=0.0),
        "median_of_longest_gaps_ms": statistics.median(gaps),
        "longest_gap_that_came_in_ms": came_in,
        "gaps_over": len(over),
        "listeners_with_gaps_over": bad,
        "listeners_without_their_tone": wrong,
    }
    said = f"{max(gaps):.0f} ms, came in {came_in:.0f}; {bad} of {len(gaps)} over"
    said += f", {len(wrong)} without their tone" if wrong else ""
    return Listened(figures, said, not bad and not wrong, over)


def _gap_of(stream: Stream | None, during: tuple[float, float]) -> float:
    """In ms; all the time if there is no stream."""
    begun, ended = during
    return (ended - begun) * 1000 if stream is None else longest_gap(stream, begun, ended)


def beside_stops(over: Sequence[float], stops: Sequence[Stop]) -> dict[str, object]:
    """What this machine's processors did beside the gaps, and in how many moments these fell."""
    fell = Counter(round(at / MOMENT) for at in over)
    return {
        "processors_stood_still": len(stops),
        "longest_ms": max(((stop.ended - stop.begun) * 1000 for stop in stops), default=0.0),
        "seconds": sum(stop.ended - stop.begun for stop in stops),
        "gaps_beside": sum(beside(at, stops, SHORTLY) for at in over),
        "moments_with_gaps": len(fell),
        "gaps_in_each": sorted(fell.values(), reverse=True)[:MOST_MOMENTS],
    }
