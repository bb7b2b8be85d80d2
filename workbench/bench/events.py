"""`make bench-events`: what the events of a call cost usnd, in processor time, without Asterisk and disk.

The input is a recording of what Asterisk 22 told usnd while four people met: all of its AMI connection, with
every event of the classes call, user, system and dtmf. It is read again and again, in four ways: by
panoramisk's own protocol; by usnd's own AMI connection (`edge` in the result); by the same without the events
that nobody reads, which Asterisk is asked not to send; and so that each event is decided about and told in
the journal too. The result is build/bench/events.json.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from usnd.asterisk import progress, recorders
from usnd.asterisk.ami_connection import AmiConnection, Fields
from usnd.asterisk.calls import Calls, CallSettings
from usnd.asterisk.progress import News
from usnd.asterisk.recorders import Recorders
from usnd.asterisk.technology.pjsip import PJSIP
from usnd.domain.conference.call import CallNews
from usnd.domain.conference.model import Conference, LaunchPlan, Participant, Rules
from usnd.domain.conference.transitions import launch
from usnd.domain.directory.model import Subscriber
from usnd.domain.trunks.trunk import Routing, Trunk
from usnd.process.journal import set_up
from usnd.services.alarms.alarms import Alarms
from usnd.services.conference.journal import tell_calls
from usnd.services.trunks.trunks import Trunks
from workbench import ROOT
from workbench.bench.results import write_result

RECORDING = ROOT / "workbench/recorded/four-calls.ami"
CALLS = 4
ROOM = 42
EVENTS = progress.EVENTS | recorders.EVENTS | PJSIP.events
OWNER = Subscriber(1, "+447900000100")
OTHERS = tuple(Participant(f"+4479000001{index:02}", "") for index in range(1, CALLS))
READ = 1460  # octets that come at once


class NoTransport(asyncio.Transport):
    """Nothing is sent."""

    def abort(self) -> None:
        """Nothing to end."""


class NoLink:
    """Nobody asks anything."""

    async def action(self, name: str, *, within_s: float = 5.0, **fields: str | Sequence[str]) -> Fields:
        raise NotImplementedError

    async def listing(
        self, name: str, *, within_s: float = 5.0, **fields: str | Sequence[str]
    ) -> list[Fields]:
        raise NotImplementedError


class Edge:
    """As `VoiceEdge` wires it; `on_news` is what the conferences do."""

    def __init__(self, on_news: Callable[[News], None]) -> None:
        self._calls = Calls(NoLink(), CallSettings(), on_news, time.monotonic)
        self._recorders = Recorders(NoLink(), lambda _: None)

    def hear(self, event: Mapping[str, str]) -> None:
        self._calls.hear(event)
        self._recorders.hear(event)
        PJSIP.read(event)


class Panoramisk:
    """What panoramisk's protocol wants of its manager; its messages become what the edge hears."""

    save_stream = None

    def __init__(self, hear: Callable[[Mapping[str, str]], None]) -> None:
        self._hear = hear

    def dispatch(self, message: Message) -> None:
        self._hear({name.lower(): value for name, value in message.items() if name != "content"})


class Deciding:
    """The conference of the recording, launched again for each reading."""

    def __init__(self) -> None:
        self._trunks = Trunks(Routing((Trunk("trunk-msc", 60),)), Alarms(lambda: datetime.now(UTC)))
        self._rules = Rules()
        self._journal = structlog.get_logger("bench")
        self._conference: Conference | None = None
        self.ended = 0

    def hear(self, news: News) -> None:
        if not isinstance(news, CallNews):
            return
        now = datetime.now(UTC)
        before = self._conference or self._launched(now)
        self._conference = self._trunks.decide(before, news, self._rules, now).conference
        tell_calls(self._journal, before, self._conference)
        if not self._conference.live:
            self._conference = None
            self.ended += 1

    def _launched(self, now: datetime) -> Conference:
        launched = launch(ROOM, LaunchPlan(OWNER.id, OWNER.number, OTHERS), self._rules, now)
        with self._trunks.reservation() as channels:
            step = channels.admit(launched, None, now)
            channels.keep()
        assert step is not None
        return step.conference


def cost(protocol: asyncio.Protocol, recording: bytes, times: int) -> float:
    """Microseconds of processor time a call."""
    pieces = [recording[at : at + READ] for at in range(0, len(recording), READ)]
    protocol.connection_made(NoTransport())
    begun = time.process_time()
    for _ in range(times):
        for piece in pieces:
            protocol.data_received(piece)
    return (time.process_time() - begun) / times / CALLS * 1_000_000


def as_filtered(recording: bytes) -> bytes:
    """Without the events that nobody reads."""
    messages = recording.decode().split("\r\n\r\n")
    kept = (
        one
        for one in messages
        if not one.startswith("Event: ") or one.split("\r\n", 1)[0].removeprefix("Event: ") in EVENTS
    )
    return "\r\n\r\n".join(kept).encode()


async def measure(times: int) -> dict[str, Any]:
    """All ways, the best of three turns each. A session wants a running loop."""
    everything = RECORDING.read_bytes()
    filtered = as_filtered(everything)

    def panoramisk() -> float:
        manager = Panoramisk(Edge(lambda _: None).hear)

        class Protocol(AMIProtocol):  # type: ignore[misc]  # panoramisk ships no types
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                self.factory = manager

        return cost(Protocol(), everything, times)

    def edge(recording: bytes, on_news: Callable[[News], None]) -> float:
        return cost(AmiConnection(Edge(on_news).hear, EVENTS), recording, times)

    def decided() -> float:
        deciding = Deciding()
        spent = edge(filtered, deciding.hear)
        assert deciding.ended == times, f"{deciding.ended} of {times} conferences ended"
        return spent

    ways: dict[str, Callable[[], float]] = {
        "panoramisk": panoramisk,
        "edge, every event": lambda: edge(everything, lambda _: None),
        "edge, filtered": lambda: edge(filtered, lambda _: None),
        "edge, filtered; decided and told": decided,
    }
    best = {way: min(spend() for _ in range(3)) for way, spend in ways.items()}
    ratio = best["edge, filtered"] / best["panoramisk"]
    return {"times": times, "us_a_call": best, "edge_to_panoramisk": ratio}


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=250, help="how often the recording is read, each turn")
    times = parser.parse_args().times
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        set_up("json", "info")
        result = asyncio.run(measure(times))
    print(write_result("events", result), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
