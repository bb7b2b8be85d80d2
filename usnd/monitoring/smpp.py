"""The operator's view of the SMSC binds: figures each second, into a file that `usnd smpp status` reads.

Owns the figures' names and two alarms: of binds that are down, and of texts that wait too long. Refuses to
answer questions: who reads the file cannot disturb the daemon.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from usnd.domain.alarms.catalogue import SMSC_NOT_BOUND, TEXTS_WAIT
from usnd.domain.alarms.threshold import Limits
from usnd.domain.messaging.delivery import ENDED
from usnd.process.status_file import EVERY, show
from usnd.services.alarms.alarms import Alarms
from usnd.services.messaging.bind_sender import BindSender
from usnd.services.messaging.delivery_receipts import Receipts
from usnd.services.messaging.incoming import IncomingTexts
from usnd.services.messaging.outbox import Outbox
from usnd.smpp.link.link import SmscLink
from usnd.smpp.link.settings import LinkState

FILE = "smpp.json"
_RATE_SECONDS = 10
UNBOUND = Limits(20.0, EVERY)
"""Seconds without a bind: an SMSC that is restarted rings nobody."""


class SmppStatus:
    """Of all binds. `runtime`: the directory for the file, or None; limits: seconds that a text waits."""

    def __init__(
        self,
        links: Sequence[SmscLink],
        outbox: Outbox,
        texts: IncomingTexts,
        receipts: Receipts,
        alarms: Alarms,
        runtime: Path | None,
        limits: Limits,
    ) -> None:
        self._links = links
        self._outbox, self._texts, self._receipts = outbox, texts, receipts
        self._runtime = runtime
        self._limits = limits
        self._alarms = alarms
        self._unbound: dict[str, float] = {}
        self._accepted: dict[str, deque[int]] = {}

    async def run(self) -> None:
        """Until cancelled; the file goes then, so that nobody takes it for a living daemon."""
        await show(self._runtime / FILE if self._runtime is not None else None, self._figures)

    def _figures(self, now: datetime) -> dict[str, Any]:
        status = self.snapshot(now)
        self._alarm(status["binds"])
        return status

    def snapshot(self, now: datetime) -> dict[str, Any]:
        """All figures: times in seconds, rates in segments a second."""
        bind_senders = {bind_sender.link: bind_sender for bind_sender in self._outbox.bind_senders}
        binds = [self._bind(link, bind_senders.get(link), now) for link in self._links]
        parts = {verdict.name.lower(): count for verdict, count in self._texts.parts.items()}
        return {"at": now.isoformat(), "binds": binds, "parts": parts, "not_answered": self._texts.quiet}

    def _bind(self, link: SmscLink, bind_sender: BindSender | None, now: datetime) -> dict[str, Any]:
        own = link.settings
        figures: dict[str, Any] = {
            "bind": own.name,
            "kind": own.bind.value,
            "state": link.state.value,
            **asdict(link.counters),
        }
        if bind_sender is not None:
            figures |= self._bind_sender(bind_sender, now) | asdict(self._receipts.counters[own.name])
        return figures

    def _bind_sender(self, bind_sender: BindSender, now: datetime) -> dict[str, Any]:
        own = bind_sender.link.settings
        seen = self._accepted.setdefault(own.name, deque([0], maxlen=_RATE_SECONDS + 1))
        seen.append(bind_sender.accepted)
        oldest = bind_sender.oldest
        return {
            "rate": round((seen[-1] - seen[0]) / max(1, len(seen) - 1) / EVERY, 1),
            "rate_configured": own.rate,
            "rate_limit": None if bind_sender.pace.rate is None else round(bind_sender.pace.rate, 1),
            "window": bind_sender.pace.window,
            "window_configured": own.window,
            "in_flight": bind_sender.in_flight,
            "queue": bind_sender.waiting,
            "queue_more_in_store": any(queue.more_in_store for queue in bind_sender.queues.values()),
            "oldest_s": round(max(0.0, (now - oldest).total_seconds()), 1) if oldest else 0.0,
            **{state.name.lower(): bind_sender.ends[state] for state in ENDED},
            "throttled": bind_sender.throttled,
            "postponed": bind_sender.postponed,
            "in_doubt": bind_sender.in_doubt,
            "unanswered": bind_sender.overdue,
        }

    def _alarm(self, binds: Sequence[Mapping[str, Any]]) -> None:
        """Each second. `others`: how many binds are there still; none, and no text comes in or goes out."""
        bound = sum(bind["state"] == LinkState.BOUND.value for bind in binds)
        for bind in binds:
            name, age = bind["bind"], bind.get("oldest_s")
            is_bound = bind["state"] == LinkState.BOUND.value
            self._unbound[name] = 0.0 if is_bound else self._unbound.get(name, 0.0) + EVERY
            others = bound - is_bound
            self._alarms.judge(SMSC_NOT_BOUND, name, self._unbound[name], UNBOUND, others=others)
            if age or (age is not None and not bind["queue_more_in_store"]):  # else nobody has looked yet
                self._alarms.judge(TEXTS_WAIT, name, age, self._limits, oldest_s=age)
        for kind in (SMSC_NOT_BOUND, TEXTS_WAIT):
            self._alarms.clear_others(kind, [bind["bind"] for bind in binds])
