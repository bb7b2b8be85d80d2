"""`make bench-conference`: hundreds of people in conferences, launched by text, beside plain ConfBridge.

Makes five measurements in one run, each with a target. a: in each room one speaker sends a tone; what every
listener is sent is captured on the wire the whole time: no gap over 60 ms (rtp_streams.py says what a gap
is). b: calls are set up at a rate, held a moment, hung up: none fails. c: during a, the time from the text of
a further launch to its first INVITE at the switch. d: processor time of usnd beside its Asterisk's, during a.
e: processor time of usnd and its Asterisk together, beside another Asterisk of the same programs with a plain
dialplan and the same calls, in turns, without the capture.

For root all have the priorities that a node's units give: Asterisk real time, usnd before other programs. The
result is build/bench/conference.json. Exit status 1: a target is missed.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass

from workbench.bench.gaps import LONGEST_GAP, beside_stops, listened
from workbench.bench.handsets import HOLD, LAUNCHER_HOLD, Kind, number
from workbench.bench.load_field import Field, load_field, room
from workbench.bench.results import Target, say, table, write_result
from workbench.bench.stalls import Canaries, Stop
from workbench.bench.vitals import stolen, vitals
from workbench.parts.postgres import Postgres, programs
from workbench.parts.process import PartError, run, until
from workbench.parts.voice.capture import Capture, check_rights
from workbench.setup.command import command

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
    suppression: bool
    database: str

    @property
    def as_on_node(self) -> bool:
        """With the priorities of a node's units; others than root may not."""
        return os.geteuid() == 0

    @property
    def listening(self) -> str:
        """What its listeners send, in words."""
        what = "nothing, as with silence suppression" if self.suppression else "silence, 50 packets a second"
        return f"{self.conferences} speakers, each of the others sends {what}"

    @property
    def rooms(self) -> list[list[str]]:
        """Numbers, the speaker of each first."""
        size = self.participants // self.conferences
        kind = Kind.MUTE if self.suppression else Kind.LISTENER
        return [room(index, size, kind) for index in range(self.conferences)]


class Bench:
    """The measurements, in order."""

    def __init__(self, plan: Plan, field: Field) -> None:
        self._plan, self._field = plan, field
        self._rooms = plan.rooms
        self._calls = sum(map(len, self._rooms))
        self.result: dict[str, object] = {"plan": asdict(plan), "as_on_node": plan.as_on_node}
        self.targets: list[Target] = []

    async def run(self) -> None:
        """All of it."""
        ours, stock = [], []
        say(f"{self._calls} calls into {len(self._rooms)} conferences, by text")
        await self._field.fill(self._rooms)
        ours.append(await self._cost(self._our_pids))
        await self._conferences()
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
        wanted, held = f"<= {STOCK_RATIO}", ratio <= STOCK_RATIO
        self._hold("e cpu a call, beside ConfBridge", f"{ratio:.3f}", wanted, held=held)

    async def _conferences(self) -> None:
        """a, c and d, and the end of these calls."""
        say(f"listening for {self._plan.seconds:g} s")
        async with AsyncExitStack() as stack:
            capture, canaries = None, Canaries()
            if self._plan.audio:
                capture = await stack.enter_async_context(self._capture())
                await stack.enter_async_context(canaries)
            await asyncio.sleep(1)
            before, taken = self._cpu_by_part(capture), stolen()
            begun = time.time()
            delays = await self._probe(begun + self._plan.seconds)
            ended = time.time()
            spent = spent_since(before, self._cpu_by_part(capture))
            self.result["stolen_s"] = round(stolen() - taken, 2)
            if capture is not None:
                await asyncio.sleep(0.5)
                dropped = await capture.end()
                await canaries.stop()
            await self._field.empty()
            if capture is not None:
                say("reading what was captured")
                await asyncio.to_thread(self._audio, capture, dropped, (begun, ended), canaries.stops)
        share = spent["usnd"] / spent["asterisk"]
        self.result["cpu_s"] = {**spent, "share": share, "seconds": ended - begun}
        self._launches(delays)
        self._hold("d usnd's cpu of Asterisk's", f"{share:.3f}", f"<= {USND_SHARE}", held=share <= USND_SHARE)

    def _capture(self) -> Capture:
        crowd = self._field.crowd
        speakers = [crowd.media_port(speaker) for speaker, *_ in self._rooms]
        streams_ = self._calls + len(speakers)
        return Capture(crowd.media_ports, speakers, streams_, self._plan.seconds)

    async def _probe(self, ends: float) -> list[float]:
        """Launches more conferences in which everybody is busy; ms from each text to its first INVITE."""
        delays: list[float] = []
        told = time.time()
        while (begun := time.time()) < ends:
            delays.append(await self._one_probe(len(delays)))
            if begun - told > REPORT_EVERY:
                told = begun
                say(f"{ends - begun:.0f} s to go, {len(delays)} launches more, the last {delays[-1]:.1f} ms")
            await asyncio.sleep(max(0.0, begun + self._plan.probe_every - time.time()))
        return delays

    async def _one_probe(self, turn: int) -> float:
        field, subscriber = self._field, number(Kind.BUSY, turn % PROBES)
        others = [number(Kind.BUSY, PROBES + one) for one in range(2)]
        seen, sent = len(field.crowd.invites), time.time()
        launching = asyncio.create_task(field.launch(subscriber, others))

        def first() -> float | None:
            calls = (one.at for one in field.crowd.invites[seen:] if one.calling == subscriber)
            return next(calls, None)

        if not await until(lambda: first() is not None, 10.0, 0.005):
            raise PartError("no INVITE in 10 s")
        await launching
        return ((first() or 0.0) - sent) * 1000

    def _launches(self, delays: Sequence[float]) -> None:
        cuts = statistics.quantiles(delays, n=100) if len(delays) > 1 else [*delays] * 99
        median, late = statistics.median(delays), cuts[98]
        self.result["text_to_invite_ms"] = {"launches": len(delays), "median": median, "p99": late}
        for what, found, most in (("median", median, MEDIAN), ("99th", late, P99)):
            wanted, held = f"<= {most:g} ms", found <= most
            self._hold(f"c text to first INVITE, {what}", f"{found:.1f} ms", wanted, held=held)

    def _audio(
        self, capture: Capture, dropped: int, during: tuple[float, float], stops: Sequence[Stop]
    ) -> None:
        heard = listened(capture.file, self._rooms, self._field.crowd.media_port, during)
        self.result["audio"] = {**heard.figures, "not_captured": dropped}
        self.result["stops"] = beside_stops(heard.over, stops)
        said = heard.said + (f", {dropped} packets not captured" if dropped else "")
        held = heard.held and not dropped
        self._hold("a longest gap of a listener", said, f"<= {LONGEST_GAP:g} ms", held=held)

    async def _setups(self) -> None:
        """The calls of b."""
        plan, field = self._plan, self._field
        count = round(plan.setups * plan.setup_seconds / BRIEF_ROOM)
        say(f"{plan.setups} calls a second for {plan.setup_seconds:g} s")
        first, begun, before = len(field.crowd.invites), time.monotonic(), self._cpu_by_part(None)
        launches = []
        for turn in range(count):
            due = begun + turn * BRIEF_ROOM / plan.setups
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            others = [number(Kind.BRIEF, (turn * BRIEF_ROOM + one) % 90_000) for one in range(BRIEF_ROOM - 1)]
            launch = field.launch(number(Kind.LAUNCHER, turn % LAUNCHERS), others)
            launches.append(asyncio.create_task(launch))
        await asyncio.gather(*launches)
        await field.tally.until("conference ended", field.launched, 30 + HOLD + LAUNCHER_HOLD)
        spent = spent_since(before, self._cpu_by_part(None))
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
            "cpu_ms_a_call": {part: 1000 * used / len(times) for part, used in spent.items()},
        }
        enough = rate >= ALMOST * plan.setups
        self._hold("b calls set up a second", f"{rate:.1f}", f">= {plan.setups}", held=enough)
        self._hold("b calls that failed", f"{failed} of {len(times)}", "0", held=failed == 0)

    def _cpu_by_part(self, capture: Capture | None) -> dict[str, float]:
        asterisk, usnd = self._our_pids
        crowd = self._field.crowd
        pids = {
            "asterisk": asterisk,
            "usnd": usnd,
            "crowd_sip": crowd.sipp.process.pid,
            "crowd_media": crowd.media.process.pid,
            "bench": os.getpid(),
        }
        if capture is not None:
            pids["capture"] = capture.pid
        return {part: cpu([pid]) for part, pid in pids.items()}

    def _hold(self, what: str, found: str, wanted: str, *, held: bool) -> None:
        self.targets.append(Target(what, found, wanted, held))


def cpu(pids: Sequence[int]) -> float:
    """Seconds of processor time, together."""
    return sum(vitals(pid).cpu_s for pid in pids)


def spent_since(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Seconds of processor time, by part."""
    return {part: used - before[part] for part, used in after.items()}


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
        stay = [member for members in plan.rooms for member in members]
        field = load_field(subscribers, stay, calls, store_url=url, as_on_node=plan.as_on_node)
        measured = Bench(plan, await stack.enter_async_context(field))
        try:
            await measured.run()
        finally:  # also of half a run
            measured.result["targets"] = [asdict(target) for target in measured.targets]
            write_result("conference", measured.result)
            print(plan.listening)
            if "stolen_s" in measured.result:
                print(
                    f"{measured.result['stolen_s']} s of processor time went to others on the host during a"
                )
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
    parser.add_argument("--no-audio", dest="audio", action="store_false", help="do not capture: no root")
    parser.add_argument(
        "--suppression",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="listeners send nothing, as telephones with silence suppression (the default); else each sends "
        "silence, which for 500 takes a third of a core more of the sender: more than two cores are needed",
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    return Plan(**vars(parser.parse_args()))


def main() -> int:
    """The exit status where all was measured."""
    return 0 if run(bench(arguments())) else 1


if __name__ == "__main__":
    sys.exit(command(main, "not measured", 2))
