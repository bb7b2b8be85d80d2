"""`make bench-conference`: hundreds of people in conferences, launched by text, beside plain ConfBridge, in one run.

Owns five measurements and their targets. a: in each room one speaker sends a tone, and what every listener is sent
is captured on the wire the whole time: no gap over 60 ms (wire.py says what a gap is). b: calls set up at a rate,
held a moment, hung up: none fails. c: during a, from a text of a further launch to its first INVITE at the switch.
d: processor time of usnd beside its Asterisk's, during a. e: processor time of usnd and its Asterisk together, beside
another Asterisk of the same programs with a plain dialplan and the same calls, in turns, without the capture.
Result in build/bench/conference.json; the exit status is 1 when a target is missed.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass

from workbench.capture import Capture, check_rights
from workbench.crowd import HOLD, LAUNCHER_HOLD, Kind, number, tone
from workbench.debian import DebianError
from workbench.load_field import Field, load_field, room
from workbench.postgres import Postgres, programs
from workbench.process import PartError, run
from workbench.results import write_result
from workbench.vitals import vitals
from workbench.wire import gap_at_ends, packets_in, streams

LONGEST_GAP = 60.0
MEDIAN, P99 = 20.0, 100.0
USND_SHARE = 0.10
STOCK_RATIO = 1.05
ALMOST = 0.98  # of the rate: the texts' own moments differ
SETTLE = 3.0
LAUNCHERS = 60
PROBES = 20
BRIEF_ROOM = 10
REPORT_EVERY = 30.0


@dataclass(frozen=True)
class Plan:
    """Times in seconds; `setups`: calls set up in a second; `probe_every`: between the launches of c."""

    participants: int
    conferences: int
    seconds: float
    setups: int
    setup_seconds: float
    compare_seconds: float
    probe_every: float
    audio: bool
    database: str

    @property
    def rooms(self) -> list[list[str]]:
        """Numbers, the speaker of each first."""
        size = self.participants // self.conferences
        return [room(index, size) for index in range(self.conferences)]


@dataclass(frozen=True)
class Target:
    """One line of the table."""

    what: str
    found: str
    wanted: str
    held: bool


class Bench:
    """The measurements, in order."""

    def __init__(self, plan: Plan, field: Field) -> None:
        self._plan, self._field = plan, field
        self._rooms = plan.rooms
        self._calls = sum(map(len, self._rooms))
        self.result: dict[str, object] = {"plan": asdict(plan)}
        self.targets: list[Target] = []

    async def run(self) -> None:
        """All of it."""
        ours, stock = [], []
        say(f"{self._calls} calls into {len(self._rooms)} conferences, by text")
        await self._field.fill(self._rooms)
        ours.append(await self._cost(self._our_pids))
        await self._conferences()
        await self._field.empty()
        stock.append(await self._stock_turn())
        say("the same by text once more")
        await self._field.fill(self._rooms)
        ours.append(await self._cost(self._our_pids))
        await self._field.empty()
        stock.append(await self._stock_turn())
        self._compare(ours, stock)
        await self._setups()

    @property
    def _our_pids(self) -> list[int]:
        return [self._field.usn.asterisk.process.pid, self._field.usn.process.pid]

    async def _cost(self, pids: Sequence[int]) -> float:
        """Percent of a core that these take together, a call in conference."""
        await asyncio.sleep(SETTLE)
        before, begun = cpu(pids), time.monotonic()
        await asyncio.sleep(self._plan.compare_seconds)
        cost = 100 * (cpu(pids) - before) / (time.monotonic() - begun) / self._calls
        say(f"{cost:.4f} % of a core a call")
        return cost

    async def _stock_turn(self) -> float:
        say("the same calls into plain ConfBridge")
        await self._field.fill_stock(self._rooms)
        cost = await self._cost([self._field.stock.process.pid])
        await self._field.empty()
        return cost

    def _compare(self, ours: Sequence[float], stock: Sequence[float]) -> None:
        ratio = sum(ours) / sum(stock)
        self.result["cpu_percent_a_call"] = {"usn": ours, "confbridge": stock, "ratio": ratio}
        self._hold("e cpu a call, beside ConfBridge", f"{ratio:.3f}", f"<= {STOCK_RATIO}", ratio <= STOCK_RATIO)

    async def _conferences(self) -> None:
        """a, c and d."""
        say(f"listening for {self._plan.seconds:g} s")
        async with AsyncExitStack() as stack:
            capture = None
            if self._plan.audio:
                ports = self._field.crowd.asterisk.ports.rtp
                capture = await stack.enter_async_context(Capture(ports, self._calls, self._plan.seconds))
            await asyncio.sleep(1)
            before = [cpu([pid]) for pid in self._our_pids]
            begun = time.time()
            delays = await self._probe(begun + self._plan.seconds)
            ended = time.time()
            asterisk, usnd = (
                cpu([pid]) - was for pid, was in zip(self._our_pids, before, strict=True)
            )
            if capture is not None:
                await asyncio.sleep(0.5)
                await capture.end()
                say("reading what was captured")
                await asyncio.to_thread(self._audio, capture, begun, ended)
        share = usnd / asterisk
        self.result["cpu_s"] = {"usnd": usnd, "asterisk": asterisk, "share": share, "seconds": ended - begun}
        self._launches(delays)
        self._hold("d usnd's cpu of Asterisk's", f"{share:.3f}", f"<= {USND_SHARE}", share <= USND_SHARE)

    async def _probe(self, until: float) -> list[float]:
        """Launches more conferences in which everybody is busy; ms from each text to its first INVITE."""
        delays: list[float] = []
        told = time.time()
        while (begun := time.time()) < until:
            delays.append(await self._one_probe(len(delays)))
            if begun - told > REPORT_EVERY:
                told = begun
                say(f"{until - begun:.0f} s to go, {len(delays)} further launches, the last {delays[-1]:.1f} ms")
            await asyncio.sleep(max(0.0, begun + self._plan.probe_every - time.time()))
        return delays

    async def _one_probe(self, turn: int) -> float:
        field, subscriber = self._field, number(Kind.BUSY, turn % PROBES)
        seen = len(field.crowd.invites)
        sent = time.time()
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            group.create_task(field.launch(subscriber, [number(Kind.BUSY, PROBES + one) for one in range(2)]))
            while True:
                for invite in field.crowd.invites[seen:]:
                    if invite.calling == subscriber:
                        return (invite.at - sent) * 1000
                await asyncio.sleep(0.005)

    def _launches(self, delays: Sequence[float]) -> None:
        cuts = statistics.quantiles(delays, n=100) if len(delays) > 1 else [*delays] * 99
        median, late = statistics.median(delays), cuts[98]
        self.result["text_to_invite_ms"] = {"launches": len(delays), "median": median, "p99": late}
        self._hold("c text to first INVITE, median", f"{median:.1f} ms", f"<= {MEDIAN:g} ms", median <= MEDIAN)
        self._hold("c text to first INVITE, 99th", f"{late:.1f} ms", f"<= {P99:g} ms", late <= P99)

    def _audio(self, capture: Capture, begun: float, ended: float) -> None:
        found = streams(packets_in(capture.file), LONGEST_GAP)
        gaps: dict[str, float] = {}
        wrong, over, packets, lost = [], 0, 0, 0
        for index, (_, *listeners) in enumerate(self._rooms):
            for listener in listeners:
                stream = found.get(self._field.crowd.media_port(listener))
                if stream is None:
                    gaps[listener] = (ended - begun) * 1000
                    continue
                ends = gap_at_ends(stream, begun, ended)
                gaps[listener] = max(stream.longest_wait, stream.longest_silence, ends)
                over += stream.over + (ends > LONGEST_GAP)
                packets, lost = packets + stream.packets, lost + stream.lost
                if stream.tones() != {tone(index)}:
                    wrong.append(listener)
        longest = max(gaps.values())
        bad = sum(gap > LONGEST_GAP for gap in gaps.values())
        self.result["audio"] = {
            "listeners": len(gaps),
            "seconds": ended - begun,
            "packets": packets,
            "lost": lost,
            "longest_gap_ms": longest,
            "median_of_longest_gaps_ms": statistics.median(gaps.values()),
            "gaps_over": over,
            "listeners_with_gaps_over": bad,
            "listeners_without_their_tone": wrong,
        }
        said = f"{longest:.1f} ms, {bad} of {len(gaps)} over, {len(wrong)} wrong"
        self._hold("a longest gap of a listener", said, f"<= {LONGEST_GAP:g} ms", not bad and not wrong)

    async def _setups(self) -> None:
        """b."""
        plan, field = self._plan, self._field
        count = round(plan.setups * plan.setup_seconds / BRIEF_ROOM)
        say(f"{plan.setups} calls a second for {plan.setup_seconds:g} s")
        first, begun = len(field.crowd.invites), time.monotonic()
        for turn in range(count):
            due = begun + turn * BRIEF_ROOM / plan.setups
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            others = [number(Kind.BRIEF, (turn * BRIEF_ROOM + one) % 90_000) for one in range(BRIEF_ROOM - 1)]
            await field.launch(number(Kind.LAUNCHER, turn % LAUNCHERS), others)
        await field.tally.until("conference ended", field.launched, 30 + HOLD + LAUNCHER_HOLD)
        times = [invite.at for invite in field.crowd.invites[first:]]
        rate = (len(times) - BRIEF_ROOM) / (max(times) - min(times))
        brief = (Kind.BRIEF.value, Kind.LAUNCHER.value)
        cdrs = [cdr for cdr in await asyncio.to_thread(field.usn.cdrs) if cdr["dnis"].startswith(brief)]
        outcomes = Counter(cdr["outcome"] for cdr in cdrs)
        failed = count * BRIEF_ROOM - outcomes["completed"]
        self.result["setups"] = {
            "calls": len(times),
            "per_second": rate,
            "outcomes": outcomes,
            "failed": failed,
        }
        self._hold("b calls set up a second", f"{rate:.1f}", f">= {plan.setups}", rate >= ALMOST * plan.setups)
        self._hold("b calls that failed", f"{failed} of {len(times)}", "0", failed == 0)

    def _hold(self, what: str, found: str, wanted: str, held: bool) -> None:  # noqa: FBT001 (the verdict)
        self.targets.append(Target(what, found, wanted, held))


def cpu(pids: Sequence[int]) -> float:
    """Seconds of processor time, together."""
    return sum(vitals(pid).cpu_s for pid in pids)


def say(what: str) -> None:
    """A line of progress."""
    print(time.strftime("%H:%M:%S"), what, flush=True)


def table(targets: Sequence[Target]) -> str:
    """For people, in the order of the letters."""
    rows = sorted(targets, key=lambda target: target.what)
    return "\n".join(
        f"{row.what:34} {row.found:38} {row.wanted:10} {'held' if row.held else 'NOT HELD'}" for row in rows
    )


async def bench(plan: Plan) -> bool:
    """Measures, prints and writes the result; whether all targets were held."""
    if plan.audio:
        check_rights()
    subscribers = [
        *(members[0] for members in plan.rooms),
        *(number(Kind.LAUNCHER, index) for index in range(LAUNCHERS)),
        *(number(Kind.BUSY, index) for index in range(PROBES)),
    ]
    calls = max(plan.participants, round(plan.setups * 2 * LAUNCHER_HOLD)) + 100
    async with AsyncExitStack() as stack:
        url = ""
        if plan.database == "postgresql":
            url = (await stack.enter_async_context(Postgres(programs(), settings={"fsync": "on"}))).url()
        measured = Bench(plan, await stack.enter_async_context(load_field(subscribers, calls, store_url=url)))
        await measured.run()
    result: Mapping[str, object] = {
        **measured.result,
        "targets": [asdict(target) for target in measured.targets],
    }
    write_result("conference", result)
    print(table(measured.targets))
    return all(target.held for target in measured.targets)


def arguments() -> Plan:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--participants", type=int, default=500)
    parser.add_argument("--conferences", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--setups", type=int, default=60, help="calls a second of b")
    parser.add_argument("--setup-seconds", type=float, default=60)
    parser.add_argument("--compare-seconds", type=float, default=60, help="each of the four turns of e")
    parser.add_argument("--probe-every", type=float, default=1.0, help="seconds between the launches of c")
    parser.add_argument("--no-audio", dest="audio", action="store_false", help="do not listen: no root needed")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    return Plan(**vars(parser.parse_args()))


def main() -> int:
    """The exit status."""
    try:
        return 0 if run(bench(arguments())) else 1
    except (PartError, DebianError) as error:
        print(f"not measured: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; everything is stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
