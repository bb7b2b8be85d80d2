"""`make bench-portal`: a portal that is used, in one run: pages, live pages, texts beside them, and a peer.

a: 500 subscribers browse, 200 live pages look on at conferences: the 95th percentile of their pages. b: from
what happens in a conference to each page that shows it, meanwhile. c: from a text to its first INVITE,
meanwhile, beside the same without either. d: 2,000 live pages are open: the memory of the site. Then,
without a target, the processor time of the streams, beside uvicorn and sse-starlette, which are sent the
same events at the same times; they look up no session and render nothing.

nginx has the configuration of its role, the site and usnd are processes of their own, Asterisk has real
calls, PostgreSQL has fsync. The clients are processes of their own, on the same machine; for root all have
the priorities of a node's units. The result is build/bench/portal.json. A target that is missed is told, and
the status is 0.
"""

import argparse
import asyncio
import itertools
import json
import re
import statistics
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from workbench.bench.launch import by_text
from workbench.bench.portal.conferences import Event, delays
from workbench.bench.portal.costs import cpu, page_costs
from workbench.bench.portal.ground import Ground, ground, place_of
from workbench.bench.portal.https import Door
from workbench.bench.portal.peer import Sent, SsePeer, sse_environment
from workbench.bench.portal.people import Client, written
from workbench.bench.results import Target, say, table, write_result
from workbench.bench.vitals import stolen, vitals, waited
from workbench.parts.process import PartError, run
from workbench.setup.command import command

PAGE_MS, EVENT_S, TEXT_RATIO, SITE_MB = 150.0, 1.0, 1.2, 100.0
EVENTS = 10.0
"""A second, in all conferences together."""
ROOMS = 20
WARM = 15.0
CALM = 3.0
MOST_ASKING = 200
"""Browsers, for what a page costs."""
_OF_PAGES = ("site", "nginx", "usnd")
_DATA = re.compile(r"data: (.*)$", re.MULTILINE)
_ID = re.compile(r"id: (\d+)")


@dataclass(frozen=True)
class Plan:
    """seconds: of each part; think: between two pages of one subscriber, in the mean; launches: texts."""

    seconds: float
    subscribers: int
    watchers: int
    pages: int
    launches: int
    think: float


@dataclass
class Watched:
    """What pages were sent. messages: of each page, when and what; cost: of each process, in seconds."""

    messages: list[list[tuple[float, str]]] = field(default_factory=list)
    lost: int = 0
    cost: dict[str, float] = field(default_factory=dict)
    client_cpu_s: float = 0.0

    @property
    def count(self) -> int:
        """Of all messages."""
        return sum(map(len, self.messages))


class Bench:
    """The measurements, in order."""

    def __init__(self, plan: Plan, on: Ground) -> None:
        self._plan, self._on = plan, on
        self._launched = itertools.count()
        self.result: dict[str, Any] = {"plan": asdict(plan)}
        self.targets: list[Target] = []

    async def run(self) -> None:
        """All of it. Raises PartError."""
        plan, on = self._plan, self._on
        say(f"{on.rooms.count} conferences")
        await on.rooms.start()
        self.result["idle_site_mb"] = self._site_mb()
        say("each page by itself")
        own = {name: pids for name, pids in self._pids().items() if name in _OF_PAGES}
        self.result["cpu_ms_a_page"] = await page_costs(on.door, on.browsing[:MOST_ASKING], own)
        taken = stolen()
        say(f"{plan.launches} texts alone")
        alone = await self._launches()
        say(f"{plan.watchers} live pages for {plan.seconds:g} s")
        ours = await self._streams()
        say("the same events by uvicorn and sse-starlette")
        await self._peer(ours)
        say(
            f"{plan.subscribers} subscribers browse for {plan.seconds:g} s, beside {plan.watchers} live pages"
        )
        beside = await self._used()
        say(f"{plan.launches} texts alone")
        alone += await self._launches()
        self._texts(alone, beside)
        say(f"{plan.pages} live pages")
        await self._many()
        self.result["stolen_s"] = round(stolen() - taken, 2)

    async def _launches(self) -> list[float]:
        return [await by_text(self._on.parts, next(self._launched)) for _ in range(self._plan.launches)]

    # The streams, and what a peer's cost.

    async def _streams(self) -> tuple[list[Event], Watched]:
        on = self._on
        async with self._watching(on.door, on.watching, self._pids()) as watched:
            events = await on.rooms.happen(self._plan.seconds, EVENTS)
            await asyncio.sleep(1)
        self._told("streams_alone", events, watched)
        return events, watched

    async def _peer(self, ours: tuple[list[Event], Watched]) -> None:
        """What the first page of each conference was sent, to as many pages of the peer."""
        on, (_, watched) = self._on, ours
        sent = sorted(self._sent(watched), key=lambda one: one[0])
        clients = [Client(one.source, f"to={nth % on.rooms.count}") for nth, one in enumerate(on.watching)]
        async with SsePeer(on.front, on.prefix) as peer:
            idle = vitals(peer.process.pid).resident_mb
            pids: dict[str, Sequence[int]] = {"uvicorn": [peer.process.pid], "nginx": peer.nginx.pids}
            # So that each page has something to be told of at once.
            await peer.send([(0.0, room, data) for room, data in {to: data for _, to, data in sent}.items()])
            async with self._watching(peer.door, clients, pids) as theirs:
                given = await peer.send(sent)
                await asyncio.sleep(1)
            late = [
                at - given[nth % on.rooms.count, int(number[1])]
                for nth, messages in enumerate(theirs.messages)
                for at, said in messages[1:]
                if (number := _ID.search(said)) and (nth % on.rooms.count, int(number[1])) in given
            ]
            self.result["streams_of_the_peer"] = {
                "messages": theirs.count,
                "cpu_us_a_message": _each(theirs),
                "feed_to_page_ms": _percentiles([one * 1000 for one in late]),
                "client_cpu_s": theirs.client_cpu_s,
            }
            many = [Client(one.source, f"to={nth % on.rooms.count}") for nth, one in enumerate(on.open_)]
            async with self._watching(peer.door, many, pids):
                await asyncio.sleep(CALM)
                held = vitals(peer.process.pid).resident_mb
            self.result["streams_of_the_peer"] |= {"idle_mb": idle, f"mb_with_{len(many)}_pages": held}

    def _sent(self, watched: Watched) -> Iterable[Sent]:
        rooms = self._on.rooms.count
        begun = min(messages[0][0] for messages in watched.messages if messages)
        opened = max(messages[0][0] for messages in watched.messages if messages)
        for room, messages in enumerate(watched.messages[:rooms]):
            for at, said in messages[1:]:
                if at >= opened and (found := _DATA.search(said)):
                    yield at - begun, room, found[1]

    # Everybody at once.

    async def _used(self) -> list[float]:
        plan, on = self._plan, self._on
        async with self._watching(on.door, on.watching, self._pids()) as watched:
            people = written(on.browsing, place_of(on, "browsing.json"))
            browsing = await on.client(
                "browsing",
                *("--port", str(on.door.port), "--authority", str(on.door.authority)),
                *("--people", str(people), "--think", str(plan.think)),
                *("--warm", str(WARM), "--seconds", str(plan.seconds)),
            )
            reading = asyncio.create_task(browsing.communicate())
            try:
                await asyncio.sleep(WARM)
                before, waiting = cpu(self._pids()), waited()
                happening = asyncio.create_task(on.rooms.happen(plan.seconds - 1, EVENTS))
                beside = await self._launches()
                events = await happening
                after, waiting = cpu(self._pids()), waited() - waiting
                out, err = await reading
            finally:
                if browsing.returncode is None:
                    browsing.kill()
            if browsing.returncode:
                raise PartError(f"the browsing failed:\n{err.decode()[-2000:]}")
        self._pages(json.loads(out), {name: after[name] - before[name] for name in before})
        self.result["pages"]["too_few_processors"] = round(waiting / plan.seconds, 2)
        self._told("streams_beside_browsing", events, watched)
        late = self.result["streams_beside_browsing"]["event_to_page_ms"]
        self._hold(
            "b event to page, the last",
            f"{late['max']:.0f} ms",
            f"<= {EVENT_S * 1000:g} ms",
            held=late["max"] <= EVENT_S * 1000,
        )
        return beside

    def _pages(self, found: Mapping[str, Any], spent: Mapping[str, float]) -> None:
        ms = {kind: times for kind, times in found["ms"].items() if kind != "static"}
        every = [one for times in ms.values() for one in times]
        figures = _percentiles(every)
        self.result["pages"] = {
            "per_s": round(len(every) / self._plan.seconds, 1),
            "ms": figures,
            "ms_by_kind": {kind: _percentiles(times) for kind, times in sorted(ms.items())},
            "faults": found["faults"],
            "cpu_s": {name: round(one, 2) for name, one in spent.items()},
            "client_cpu_s": found["client_cpu_s"],
            "site_mb": self._site_mb(),
        }
        said = f"{figures['p95']:.0f} ms of {len(every)} ({self.result['pages']['per_s']} a second)"
        held = figures["p95"] <= PAGE_MS and not found["faults"]
        if found["faults"]:
            said += f", faults: {sum(found['faults'].values())}"
        self._hold("a pages, 95th percentile", said, f"<= {PAGE_MS:g} ms", held=held)

    def _texts(self, alone: Sequence[float], beside: Sequence[float]) -> None:
        found = {
            name: _percentiles([one * 1000 for one in times])
            for name, times in (("alone", alone), ("beside", beside))
        }
        ratio = found["beside"]["median"] / found["alone"]["median"]
        self.result["text_to_invite_ms"] = {**found, "ratio_of_medians": round(ratio, 3)}
        said = f"{ratio:.2f} ({found['beside']['median']:.1f} and {found['alone']['median']:.1f} ms)"
        self._hold("c text to first INVITE, the ratio", said, f"<= {TEXT_RATIO}", held=ratio <= TEXT_RATIO)

    async def _many(self) -> None:
        on, before = self._on, self._site_mb()
        async with self._watching(on.door, on.open_, self._pids()) as watched:
            await asyncio.sleep(CALM)
            held = self._site_mb()
        shown = sum(bool(messages) for messages in watched.messages)
        self.result["many_pages"] = {
            "pages": shown,
            "site_mb_before": before,
            "site_mb": held,
            "nginx_mb": round(sum(vitals(pid).resident_mb for pid in on.front.nginx.pids), 1),
            "cpu_s": watched.cost,
        }
        more = held - before
        said = f"{more:.0f} MB more for {shown}, then {held:.0f} MB"
        self._hold(
            f"d the site, for {self._plan.pages} live pages",
            said,
            f"<= {SITE_MB:g} MB",
            held=more <= SITE_MB and shown == self._plan.pages,
        )

    # What they all need.

    @asynccontextmanager
    async def _watching(
        self, door: Door, clients: Sequence[Client], pids: Mapping[str, Sequence[int]]
    ) -> AsyncIterator[Watched]:
        """The pages are open meanwhile; what they were sent is there afterwards. Raises PartError."""
        people = written(clients, place_of(self._on, "watching.json"))
        process = await self._on.client(
            "watching",
            *("--port", str(door.port), "--authority", str(door.authority), "--people", str(people)),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        watched = Watched()
        try:
            line = await process.stdout.readline()
            if not line or json.loads(line)["open"] != len(clients):
                process.stdin.close()
                why = (await process.stderr.read())[-1000:].decode()
                raise PartError(f"of {len(clients)} live pages: {line.decode()}{why}")
            before = cpu(pids)
            yield watched
            after = cpu(pids)
            process.stdin.close()
            said = json.loads(await process.stdout.readline())
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
        watched.cost = {name: round(after[name] - before[name], 2) for name in before}
        watched.messages = [[(at, text) for at, text in page] for page in said["messages"]]
        watched.lost, watched.client_cpu_s = len(said["lost"]), said["client_cpu_s"]

    def _told(self, name: str, events: Sequence[Event], watched: Watched) -> None:
        rooms = [nth % self._on.rooms.count for nth in range(len(watched.messages))]
        found, missed = delays(events, watched.messages, rooms)
        self.result[name] = {
            "events": len(events),
            "messages": watched.count,
            "event_to_page_ms": _percentiles([one * 1000 for one in found]),
            "not_shown": missed,
            "pages_cut_off": watched.lost,
            "cpu_us_a_message": _each(watched),
            "client_cpu_s": watched.client_cpu_s,
        }

    def _pids(self) -> dict[str, Sequence[int]]:
        on = self._on
        return {
            "site": [on.front.site.pid],
            "nginx": on.front.nginx.pids,
            "usnd": [on.parts.usn.process.pid],
            "asterisk": [on.parts.usn.asterisk.process.pid],
        }

    def _site_mb(self) -> float:
        return round(vitals(self._on.front.site.pid).resident_mb, 1)

    def _hold(self, what: str, found: str, wanted: str, *, held: bool) -> None:
        self.targets.append(Target(what, found, wanted, held))


def _each(watched: Watched) -> dict[str, int]:
    return {name: round(one / max(1, watched.count) * 1e6) for name, one in watched.cost.items()}


def _percentiles(found: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(found, n=100, method="inclusive") if len(found) > 1 else [*found, 0.0] * 99
    named = {"median": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(found, default=0.0)}
    return {"count": len(found), **{name: round(one, 1) for name, one in named.items()}}


async def bench(plan: Plan) -> None:
    """Measures, prints and writes the result."""
    await asyncio.to_thread(sse_environment)
    async with ground(plan.subscribers, plan.watchers, plan.pages, min(ROOMS, plan.watchers)) as on:
        measured = Bench(plan, on)
        try:
            await measured.run()
        finally:  # also of half a run
            measured.result["targets"] = [asdict(target) for target in measured.targets]
            write_result("portal", measured.result)
    ours, peer = measured.result["streams_alone"], measured.result["streams_of_the_peer"]
    print(json.dumps({"ours": ours, "uvicorn and sse-starlette": peer}, indent=1))
    print(table(measured.targets))
    short = measured.result["pages"]["too_few_processors"]
    print(
        f"during a, b and c a processor was waited for {short:.0%} of the time; near 100 % times say little"
    )


def arguments() -> Plan:
    """From the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="of each part")
    parser.add_argument("--subscribers", type=int, default=500, help="who browse")
    parser.add_argument("--watchers", type=int, default=200, help="live pages of running conferences")
    parser.add_argument("--pages", type=int, default=2000, help="live pages that are held open")
    parser.add_argument("--launches", type=int, default=30, help="texts: alone, beside, alone")
    parser.add_argument("--think", type=float, default=7.0, help="mean seconds between two pages")
    return Plan(**vars(parser.parse_args()))


def main() -> None:
    """The command."""
    run(bench(arguments()))


if __name__ == "__main__":
    sys.exit(command(main))
