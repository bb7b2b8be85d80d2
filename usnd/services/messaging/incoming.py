"""Takes texts in: all that wait are one unit of work, each is acknowledged only after its commit.

smpp/link/link.py calls `receive` and answers with the status that comes back. incoming_batch.py is the unit
of work; after its commit conferences begin and answers go to the outbox. `run` looks after what time brings:
parts that do not come, and blasts that were not sent.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import structlog

from usnd.domain.messaging.automatic_senders import BatchCount, SenderHistory
from usnd.domain.messaging.message import IncomingText
from usnd.domain.messaging.reassembly import Part, PartVerdict
from usnd.domain.replies.no_service import NoServiceReplies
from usnd.domain.sms.decision import Situation
from usnd.domain.sms.interpreter import interpret
from usnd.services.conference.conferences import Conferences
from usnd.services.figures import TextFigures
from usnd.services.messaging.incoming_batch import (
    IncomingBatch,
    TakenText,
    TextOutcome,
    TextPolicy,
    reply_draft,
)
from usnd.services.messaging.long_texts import give_up
from usnd.services.messaging.outbox import Outbox
from usnd.services.messaging.unsent import tell_unsent
from usnd.services.transactions.batches import Batcher
from usnd.services.transactions.commits import surely
from usnd.services.trunks.channel_pool import Reservation
from usnd.services.trunks.trunks import Trunks
from usnd.smpp.pdu.status import CommandStatus
from usnd.smpp.received import ReceivedText
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreBusy
from usnd.store.core.writer_connection import StoreTaken

_MOST_TOGETHER = 200
_MOST_WAITING = 10_000
_LONGEST_SWEEP = 15.0
_TELL_UNSENT = 3.0
# A part for which there is no room shall come again.
_STATUS = {PartVerdict.CROWDED: CommandStatus.ESME_RMSGQFUL}


class IncomingTexts:
    """The texts of all SMSCs."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        conferences: Conferences,
        trunks: Trunks,
        policy: TextPolicy,
        clock: Callable[[], datetime],
    ) -> None:
        """`clock` gives the time in UTC."""
        self._store = store
        self._outbox = outbox
        self._conferences = conferences
        self._trunks = trunks
        self._policy = policy
        self._clock = clock
        self._arrivals = Batcher(self._commit, _MOST_TOGETHER, _MOST_WAITING)
        self._no_service = NoServiceReplies(policy.no_service) if policy.no_service else None
        # Our own texts, which an SMSC may send back: they are not answered.
        self._own = frozenset((policy.short_code, *policy.short_codes.values()))
        self._talk = SenderHistory(policy.talk)
        self.quiet = 0
        """Texts of subscribers that were not answered: automata, probably."""
        self.unregistered = 0
        """Texts of those who are not registered, since the start."""
        self.parts: Counter[PartVerdict] = Counter()
        """Parts that made no text, by what was done with them."""
        self._log = structlog.get_logger("usnd.texts")

    async def receive(self, received: ReceivedText) -> CommandStatus:
        """Takes a text in and gives the SMPP status to answer it with: ESME_ROK only after the commit."""
        try:
            outcome = await self._arrivals.do(_arrival(received))
        except StoreBusy:
            self._log.warning("text refused, the store is busy", smsc=received.smsc)
            return CommandStatus.ESME_RMSGQFUL
        except StoreTaken:
            return CommandStatus.ESME_RSYSERR  # the daemon stops, and says why; the SMSC delivers again
        if isinstance(outcome, PartVerdict):
            return self._judged(received, outcome)
        if outcome is None:
            self._log.info("duplicate text ignored", smsc=received.smsc, sender=received.sender)
            return CommandStatus.ESME_ROK
        await self._follow(outcome)
        self._log.info("text taken", smsc=received.smsc, sender=received.sender, text=outcome.mo_id)
        if outcome.quiet:
            self.quiet += 1
            self._log.warning(
                "text not answered", sender=received.sender, text=outcome.mo_id, seen=self.quiet
            )
        if outcome.stranger is not None:
            await self._tell_stranger(received, outcome.stranger, outcome.mo_id)
        return CommandStatus.ESME_ROK

    def figures(self) -> TextFigures:
        """Since the start."""
        parts = {verdict.name.lower(): count for verdict, count in self.parts.items()}
        return TextFigures(parts=parts, not_answered=self.quiet, unregistered=self.unregistered)

    async def run(self) -> None:
        """Gives up texts whose parts do not come, and tells what was not sent, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._give_up())
            tasks.create_task(self._tell_unsent())

    async def _tell_unsent(self) -> None:
        while True:
            await asyncio.sleep(_TELL_UNSENT)
            for report in await surely(self._store, lambda tx: tell_unsent(tx, self._policy, self._clock())):
                self._log.info("subscriber told of texts not sent", subscriber=report.recipient)
                self._outbox.send(report)

    async def _give_up(self) -> None:
        policy = self._policy
        unit = partial(
            give_up,
            rules=policy.parts,
            home_region=policy.texts.home_region,
            keep=policy.repeats.window,
            validity=policy.validity,
            own_number=policy.own_number,
        )
        while True:
            await asyncio.sleep(min(_LONGEST_SWEEP, policy.parts.timeout.total_seconds() / 4))
            for answer in await surely(self._store, partial(unit, now=self._clock())):
                self._log.info("text given up, parts are missing", sender=answer.recipient)
                self._outbox.send(answer)

    def _judged(self, part: ReceivedText, verdict: PartVerdict) -> CommandStatus:
        """A part that makes no text (yet)."""
        self.parts[verdict] += 1
        told = self._log.info if verdict in (PartVerdict.BEGIN, PartVerdict.KEEP) else self._log.warning
        told(f"part of a text: {verdict.value}", smsc=part.smsc, sender=part.sender)
        return _STATUS.get(verdict, CommandStatus.ESME_ROK)

    async def _follow(self, taken: TakenText) -> None:
        """Does what was committed; if the conference to come back to had ended, launches another."""
        await self._begin(taken)
        if taken.recalled is not None and not await self._conferences.recall(taken.recalled):
            unit = partial(self._again, text=taken.text, mo_id=taken.mo_id)
            await self._begin(await self._trunks.reserving(partial(surely, self._store), unit))

    async def _begin(self, taken: TakenText) -> None:
        if taken.launched is not None:
            self._conferences.adopt(taken.launched)
            await asyncio.sleep(0)  # the first call goes out before all the rest
        for answer in taken.answers:
            self._outbox.send(answer)

    def _again(self, tx: Transaction, channels: Reservation, *, text: IncomingText, mo_id: int) -> TakenText:
        return self._batch(tx, channels, self._talk.trial(self._clock())).again(text, mo_id)

    def _batch(self, tx: Transaction, channels: Reservation, trial: BatchCount) -> IncomingBatch:
        voice_up = self._conferences.voice_up
        return IncomingBatch(tx, self._policy, trial.now, voice_up=voice_up, channels=channels, trial=trial)

    async def _tell_stranger(self, text: ReceivedText, number: str, mo_id: int) -> None:
        """No service (REQUIREMENTS S4): rarely. Not in the transaction of the text, which may run twice."""
        now = self._clock()
        self.unregistered += 1
        own = number in self._own or text.sender in self._own
        told = (
            bool(number) and not own and self._no_service is not None and self._no_service.admits(number, now)
        )
        self._log.info("not registered", sender=text.sender, text=mo_id, told=told, seen=self.unregistered)
        if not told:
            return
        message = interpret(text.body, Situation(None), self._policy.texts).reply
        draft = reply_draft(text, message, mo_id, self._policy, now)
        with suppress(StoreBusy):
            for answer in await self._store.run(lambda tx: tx.texts.queue_mt([draft])):
                self._outbox.send(answer)

    async def _commit(self, texts: Sequence[IncomingText | Part]) -> list[TextOutcome]:
        def unit(tx: Transaction, channels: Reservation) -> tuple[list[TextOutcome], BatchCount]:
            trial = self._talk.trial(self._clock())
            return self._batch(tx, channels, trial).take(texts), trial

        outcomes, trial = await self._trunks.reserving(self._store.run, unit)
        self._talk.adopt(trial)
        return outcomes


def _arrival(received: ReceivedText) -> IncomingText | Part:
    whose = (received.smsc, received.session, received.sender, received.recipient)
    place, waited = received.concatenation, timedelta(seconds=received.waited)
    if place is None or place.total == 1:
        told = (received.repeated, received.identified, received.cut)
        return IncomingText(*whose, received.body, received.fingerprint, waited, *told)
    how = (received.octets, received.alphabet.value, received.fingerprint)
    number = (place.reference, place.total, place.number)
    return Part(*whose, *number, *how, repeated=received.repeated, cut=received.cut, waited=waited)
