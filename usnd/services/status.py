"""The operator's view of the SMSC binds: figures each second, into a file that `usnd smpp status` reads.

Owns the figures' names and the alarm of texts that wait too long. Refuses to answer questions: who reads the
file cannot disturb the daemon.
"""

import asyncio
import json
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from usnd.domain.alarm import AlarmChange, Limits, judge_alarm
from usnd.services.lane import Lane
from usnd.services.outbox import Outbox
from usnd.services.receipts import Receipts
from usnd.services.texts import Texts
from usnd.smpp.link import SmscLink

FILE = "smpp.json"
STALE_AFTER = 5.0
_EVERY = 1.0
_RATE_SECONDS = 10


class NoStatus(Exception):
    """No daemon has said lately how it is; the message says why."""


def read_status(runtime: Path, now: datetime) -> dict[str, Any]:
    """What the running daemon wrote last: `at`, `binds` (figures by name), `parts`. Raises NoStatus."""
    try:
        status: dict[str, Any] = json.loads((runtime / FILE).read_text())
    except (OSError, ValueError) as error:
        raise NoStatus(f"the daemon has left no status in {runtime}: {error}") from error
    age = (now - datetime.fromisoformat(status["at"])).total_seconds()
    if age > STALE_AFTER:
        raise NoStatus(f"the daemon said nothing for {age:.0f} s: it does not run")
    return status


class SmppStatus:
    """Of all binds. `runtime`: the directory for the file, or None; limits: seconds that a text waits."""

    def __init__(
        self,
        links: Sequence[SmscLink],
        outbox: Outbox,
        texts: Texts,
        receipts: Receipts,
        runtime: Path | None,
        limits: Limits,
    ) -> None:
        self._links = links
        self._outbox, self._texts, self._receipts = outbox, texts, receipts
        self._runtime = runtime
        self._limits = limits
        self._raised: set[str] = set()
        self._accepted: dict[str, deque[int]] = {}
        self._log = structlog.get_logger("usnd.status")

    async def run(self) -> None:
        """Until cancelled; the file goes then, so that nobody takes it for a living daemon."""
        try:
            while True:
                status = self.snapshot(datetime.now(UTC))
                self._alarm(status["binds"])
                if self._runtime is not None:
                    await asyncio.to_thread(self._write, json.dumps(status))
                await asyncio.sleep(_EVERY)
        finally:
            if self._runtime is not None:
                (self._runtime / FILE).unlink(missing_ok=True)

    def snapshot(self, now: datetime) -> dict[str, Any]:
        """All figures: times in seconds, rates in segments a second."""
        lanes = {lane.link: lane for lane in self._outbox.lanes}
        binds = [self._bind(link, lanes.get(link), now) for link in self._links]
        parts = {verdict.name.lower(): count for verdict, count in self._texts.parts.items()}
        return {"at": now.isoformat(), "binds": binds, "parts": parts}

    def _bind(self, link: SmscLink, lane: Lane | None, now: datetime) -> dict[str, Any]:
        own = link.settings
        figures: dict[str, Any] = {
            "bind": own.name,
            "kind": own.bind.value,
            "state": link.state.value,
            **asdict(link.counters),
        }
        if lane is not None:
            figures |= self._lane(lane, now) | asdict(self._receipts.counters[own.name])
        return figures

    def _lane(self, lane: Lane, now: datetime) -> dict[str, Any]:
        own = lane.link.settings
        seen = self._accepted.setdefault(own.name, deque([0], maxlen=_RATE_SECONDS + 1))
        seen.append(lane.accepted)
        oldest = lane.oldest
        return {
            "rate": round((seen[-1] - seen[0]) / max(1, len(seen) - 1) / _EVERY, 1),
            "rate_configured": own.rate,
            "rate_limit": None if lane.pace.rate is None else round(lane.pace.rate, 1),
            "window": lane.pace.window,
            "window_configured": own.window,
            "in_flight": lane.in_flight,
            "queue": lane.waiting,
            "queue_more_in_store": any(queue.more_in_store for queue in lane.queues.values()),
            "oldest_s": round(max(0.0, (now - oldest).total_seconds()), 1) if oldest else 0.0,
            "sent": lane.sent,
            "throttled": lane.throttled,
            "rejected": lane.rejected,
            "expired": lane.expired,
            "in_doubt": lane.in_doubt,
        }

    def _alarm(self, binds: Sequence[Mapping[str, Any]]) -> None:
        for bind in binds:
            name, age = bind["bind"], bind.get("oldest_s")
            change = None if age is None else judge_alarm(age, self._limits, raised=name in self._raised)
            if change is AlarmChange.RAISED:
                self._raised.add(name)
                self._log.error("alarm raised: texts wait too long", smsc=name, oldest_s=age)
            elif change is AlarmChange.CLEARED:
                self._raised.remove(name)
                self._log.info("alarm cleared: texts wait too long", smsc=name, oldest_s=age)

    def _write(self, status: str) -> None:
        """Whole or not at all: who reads never sees a half."""
        assert self._runtime is not None
        new = self._runtime / f"{FILE}.new"
        with suppress(
            OSError
        ):  # a full or missing directory must not stop texts; the reader sees it is stale
            new.write_text(status)
            new.replace(self._runtime / FILE)
