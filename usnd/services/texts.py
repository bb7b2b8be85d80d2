"""Takes texts in: each is decided, committed with its reply and its conference, and only then acknowledged.

Owns the one transaction of a text. Refuses to decide what it means: domain/texting.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from usnd.domain.conducting import launch
from usnd.domain.conference import Recall, Rules, Step
from usnd.domain.messages import IncomingText, OutgoingText, is_duplicate
from usnd.domain.numbers import to_e164
from usnd.domain.texting import Decision, Situation, TextRules, decide
from usnd.services.conferences import Conferences
from usnd.services.outbox import Outbox
from usnd.smpp.received import ReceivedText
from usnd.smpp.status import CommandStatus
from usnd.store.session import StoreTaken
from usnd.store.transaction import Transaction
from usnd.store.writer import Store, StoreBusy


@dataclass(frozen=True, slots=True)
class TextPolicy:
    """What the operator may set about taking texts in."""

    texts: TextRules
    conferences: Rules
    duplicate_window: timedelta
    answer_unregistered: bool


@dataclass(frozen=True, slots=True)
class _Taken:
    """What was committed for a text, and is to be acted on now."""

    mo_id: int
    answer: OutgoingText | None = None
    launched: Step | None = None
    recalled: int | None = None


class Texts:
    """The texts of all SMSCs."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        conferences: Conferences,
        policy: TextPolicy,
        clock: Callable[[], datetime],
    ) -> None:
        """`clock` gives the time in UTC."""
        self._store = store
        self._outbox = outbox
        self._conferences = conferences
        self._policy = policy
        self._clock = clock
        self._log = structlog.get_logger("usnd.texts")

    async def receive(self, received: ReceivedText) -> CommandStatus:
        """Takes a text in and gives the SMPP status to answer it with: ESME_ROK only after the commit."""
        text = IncomingText(
            received.smsc,
            received.session,
            received.sender,
            received.recipient,
            received.body,
            received.fingerprint,
        )
        now, voice_up = self._clock(), self._conferences.voice_up
        try:
            taken = await self._store.run(lambda tx: self._take(tx, text, now, voice_up=voice_up))
        except StoreBusy:
            self._log.warning("text refused, the store is busy", smsc=text.smsc)
            return CommandStatus.ESME_RMSGQFUL
        except StoreTaken:
            return CommandStatus.ESME_RSYSERR  # the daemon stops, and says why; the SMSC delivers again
        if taken is None:
            self._log.info("duplicate text ignored", smsc=text.smsc, sender=text.sender)
            return CommandStatus.ESME_ROK
        self._log.info("text taken", smsc=text.smsc, sender=text.sender, text=taken.mo_id)
        if taken.launched is not None:
            self._conferences.adopt(taken.launched)
        if taken.recalled is not None:
            self._conferences.apply(taken.recalled, Recall())
        if taken.answer is not None:
            self._outbox.send(taken.answer)
        return CommandStatus.ESME_ROK

    def _take(self, tx: Transaction, text: IncomingText, now: datetime, *, voice_up: bool) -> _Taken | None:
        window = self._policy.duplicate_window
        earlier = tx.texts.earlier(text.fingerprint, now - window)
        if earlier is not None and is_duplicate(text, earlier, window, now):
            return None
        mo_id = tx.texts.add_mo(text, now)
        number = to_e164(text.sender, self._policy.texts.home_region)
        subscriber = tx.subscribers.by_number(number) if number else None
        if subscriber is None:
            decision = decide(text.body, Situation(None), self._policy.texts)
            silent = not self._policy.answer_unregistered
            return _Taken(mo_id, None if silent else self._answer(tx, text, decision, mo_id, now))
        running = tx.conferences.live_of(subscriber.id)
        situation = Situation(
            subscriber,
            tx.directory.load(subscriber.id),
            running.state if running else None,
            voice_up=voice_up,
        )
        decision = decide(text.body, situation, self._policy.texts)
        for change in decision.changes:
            tx.directory.apply(subscriber.id, change)
        launched = None
        if decision.launch:
            owner = (subscriber.id, subscriber.number)
            room = tx.conferences.reserve_id()
            rules = self._policy.conferences
            rules = replace(rules, press_one=rules.press_one or subscriber.press_one)
            launched = launch(room, owner, decision.launch, rules, now)
            tx.conferences.save(None, launched.conference)
        recalled = running.id if running and decision.recall else None
        return _Taken(mo_id, self._answer(tx, text, decision, mo_id, now), launched, recalled)

    def _answer(
        self, tx: Transaction, text: IncomingText, decision: Decision, mo_id: int, now: datetime
    ) -> OutgoingText:
        return self._outbox.queue(
            tx, text.sender, decision.reply, now, smsc=text.smsc, sender=text.recipient, mo_id=mo_id
        )
