"""The figures of the SMSC binds, each second, and their two alarms: a bind that is down, texts that wait.

gather.py takes them. What a link and a sender count is theirs; the rate is counted here, over the last
seconds.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from usnd.domain.alarms.catalogue import SMSC_NOT_BOUND, TEXTS_WAIT
from usnd.domain.alarms.threshold import Limits
from usnd.domain.messaging.sending import ENDED
from usnd.monitoring.snapshot import BindFigures
from usnd.monitoring.status_file import EVERY
from usnd.services.alarms.alarms import Alarms
from usnd.services.figures import LinkFigures, SendingFigures
from usnd.services.messaging.bind_sender import BindSender
from usnd.services.messaging.delivery_receipts import Receipts
from usnd.services.messaging.outbox import Outbox
from usnd.smpp.link.link import SmscLink
from usnd.smpp.link.settings import LinkState

_RATE_SECONDS = 10
UNBOUND = Limits(20.0, EVERY)
"""Seconds without a bind: an SMSC that is restarted rings nobody."""


class Binds:
    """All binds. limits: seconds that a text waits."""

    def __init__(
        self, links: Sequence[SmscLink], outbox: Outbox, receipts: Receipts, alarms: Alarms, limits: Limits
    ) -> None:
        self._links = links
        self._outbox, self._receipts = outbox, receipts
        self._alarms, self._limits = alarms, limits
        self._unbound: dict[str, float] = {}
        self._accepted: dict[str, deque[int]] = {}

    def figures(self, now: datetime) -> tuple[BindFigures, ...]:
        """Of all binds, in the order configured, which are judged by them. To be called each second."""
        senders = {sender.link: sender for sender in self._outbox.bind_senders}
        binds = tuple(self._bind(link, senders.get(link), now) for link in self._links)
        self._judge(binds)
        return binds

    def _bind(self, link: SmscLink, sender: BindSender | None, now: datetime) -> BindFigures:
        own = link.settings
        return BindFigures(
            bind=own.name,
            kind=own.bind.value,
            link=LinkFigures(state=link.state.value, **asdict(link.counters)),
            sending=self._sending(sender, now) if sender is not None else None,
        )

    def _sending(self, sender: BindSender, now: datetime) -> SendingFigures:
        own = sender.link.settings
        seen = self._accepted.setdefault(own.name, deque([0], maxlen=_RATE_SECONDS + 1))
        seen.append(sender.accepted)
        oldest = sender.oldest
        return SendingFigures(
            rate=round((seen[-1] - seen[0]) / max(1, len(seen) - 1) / EVERY, 1),
            rate_configured=own.rate,
            rate_limit=None if sender.pace.rate is None else round(sender.pace.rate, 1),
            window=sender.pace.window,
            window_configured=own.window,
            in_flight=sender.in_flight,
            queue=sender.waiting,
            queue_more_in_store=any(queue.more_in_store for queue in sender.queues.values()),
            oldest_s=round(max(0.0, (now - oldest).total_seconds()), 1) if oldest else 0.0,
            throttled=sender.throttled,
            postponed=sender.postponed,
            in_doubt=sender.in_doubt,
            unanswered=sender.overdue,
            **{state.name.lower(): sender.ends[state] for state in ENDED},
            **asdict(self._receipts.counters[own.name]),
        )

    def _judge(self, binds: Sequence[BindFigures]) -> None:
        """`others`: how many binds are there still; none, and no text comes in or goes out."""
        bound = sum(is_bound(bind) for bind in binds)
        for bind in binds:
            name, sending, here = bind.bind, bind.sending, is_bound(bind)
            self._unbound[name] = 0.0 if here else self._unbound.get(name, 0.0) + EVERY
            self._alarms.judge(SMSC_NOT_BOUND, name, self._unbound[name], UNBOUND, others=bound - here)
            if sending is not None and (sending.oldest_s or not sending.queue_more_in_store):
                age = sending.oldest_s  # else nobody has looked into the store yet
                self._alarms.judge(TEXTS_WAIT, name, age, self._limits, oldest_s=age)
        for kind in (SMSC_NOT_BOUND, TEXTS_WAIT):
            self._alarms.clear_others(kind, [bind.bind for bind in binds])


def is_bound(bind: BindFigures) -> bool:
    """Texts may flow."""
    return bind.link.state == LinkState.BOUND.value
