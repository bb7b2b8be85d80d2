"""The use case "launch a conference", for who does not write texts: a call in, the console, later the portal.

1. The channels are reserved (services/trunks/channel_pool.py), and given back if nothing comes of it.
2. One unit of work: has this request been done already? what may the subscriber do now
   (domain/conference/launch.py)? Conference, texts and request are written.
3. Committed: the texts go out, the conference runs. Who has gone meanwhile has nobody called (asker.py).
Texts take the same steps for many at once: services/messaging/incoming_batch.py.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from usnd.domain.conference.commands import Step
from usnd.domain.conference.events import CallIn
from usnd.domain.conference.launch import Whom, decide_launch, lines_busy
from usnd.domain.conference.model import LaunchedBy, LaunchPlan, Participant, Rules
from usnd.domain.conference.quota import month_of, seconds_left
from usnd.domain.conference.transitions import launch
from usnd.domain.directory.model import Subscriber
from usnd.domain.messaging.message import MtState, OutgoingText, Settlement
from usnd.domain.replies.catalogue import Reply, Say
from usnd.domain.replies.dial_in import told
from usnd.domain.sms.decision import Decision, Situation, TextRules
from usnd.services.asker import Asker
from usnd.services.conference.conferences import Conferences
from usnd.services.messaging.outbox import Outbox
from usnd.services.transactions.commits import surely
from usnd.services.trunks.channel_pool import Reservation
from usnd.services.trunks.trunks import Trunks
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store
from usnd.store.launch_requests import KeptRequest
from usnd.store.pins import PinsExhausted

REMEMBERED = timedelta(days=1)
"""How long a request is known by its key."""


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """subscriber: their number (E.164) or their id. by: who asks.

    caller: the subscriber is there already, by that call. key: by which a repetition is known; empty: by
    nothing. tells: the subscriber reads by text why nothing is launched. means: by what it is asked for.
    """

    subscriber: str | int
    whom: Whom
    by: Asker
    caller: CallIn | None = None
    key: str = ""
    tells: bool = False
    means: LaunchedBy = LaunchedBy.COMMAND


@dataclass(frozen=True, slots=True)
class Launched:
    """conference: None of a dry run. again: this request had launched it before."""

    conference: int | None
    called: tuple[Participant, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """The subscriber's conference goes on, and they can come back into it. called: they are away from it."""

    conference: int
    called: bool


@dataclass(frozen=True, slots=True)
class NotLaunched:
    """reply: what the subscriber would read, or reads; None: no such subscriber. busy: too few channels."""

    reply: Reply | None
    number: str = ""
    busy: bool = False


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The request's key has launched that conference, and something else was asked for then."""

    conference: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """Nobody waits for it any more, or it was asked for too long ago: nobody is called."""


LaunchResult = Launched | Running | NotLaunched | KeyReused | Dropped


@dataclass(frozen=True, slots=True)
class _Committed:
    result: LaunchResult
    step: Step | None = None
    texts: tuple[OutgoingText, ...] = ()


@dataclass(frozen=True)
class Launches:
    """draw: a random number below the one given, from a secure source. clock: UTC."""

    store: Store
    outbox: Outbox
    conferences: Conferences
    trunks: Trunks
    texts: TextRules
    rules: Rules
    draw: Callable[[int], int]
    clock: Callable[[], datetime]

    async def launch(self, request: LaunchRequest, *, dry_run: bool = False) -> LaunchResult:
        """Launches it, or says why not; committed when this returns. Raises StoreBusy, StoreTaken.

        The database may be away for long: all is decided as it is when the unit of work runs, and nobody is
        called for who has gone meanwhile.
        """
        asked_at = self.clock()

        def wanted() -> bool:
            return request.by.waits() and self.clock() < asked_at + self.rules.too_old

        def unit(tx: Transaction, channels: Reservation) -> _Committed:
            if not wanted():
                return _Committed(Dropped())
            return self._commit(tx, request, channels, self.clock(), dry_run=dry_run)

        committed = await self.trunks.reserving(self.store.run, unit)
        if committed.step is not None and not wanted():
            await self._withdraw(committed, committed.step)
            return Dropped()
        for text in committed.texts:
            self.outbox.send(text)
        if committed.step is not None:
            self.conferences.adopt(committed.step)
        return committed.result

    def _commit(
        self,
        tx: Transaction,
        request: LaunchRequest,
        channels: Reservation,
        now: datetime,
        *,
        dry_run: bool,
    ) -> _Committed:
        owner = _subscriber(tx, request.subscriber)
        if owner is None:
            return _Committed(NotLaunched(None))
        if request.key and (earlier := tx.launch_requests.find(owner, request.key, now - REMEMBERED)):
            again = earlier.asked_for(request.whom)
            launched = Launched(earlier.conference, again=True)
            return _Committed(launched if again else KeyReused(earlier.conference))
        decision, running = self._decided(tx, owner, request.whom, now)
        if decision.recall and running is not None:
            return _Committed(Running(running, called=decision.reply.say is Say.RECALLED))
        if not decision.launch:
            return self._refused(tx, request, owner, decision, now)
        if dry_run:
            return _Committed(Launched(None, decision.launch))
        return self._launched(tx, request, owner, decision, channels, now)

    async def _withdraw(self, committed: _Committed, step: Step) -> None:
        """The commit itself took too long: what it would lead to is taken back, and its key is free again."""
        expired = [Settlement(text.id, MtState.EXPIRED) for text in committed.texts]

        def unit(tx: Transaction) -> None:
            tx.texts.settle(expired, self.clock())
            tx.launch_requests.forget(step.conference.id)

        self.conferences.withdraw(step.conference)
        await surely(self.store, unit)

    def _decided(
        self, tx: Transaction, owner: Subscriber, whom: Whom, now: datetime
    ) -> tuple[Decision, int | None]:
        """What they may do as everything is now, and the id of their live conference."""
        running, state = tx.conferences.live_of([owner.id]).get(owner.id, (None, None))
        used = tx.usage.of([owner.id], month_of(now)).get(owner.id, 0)
        left, directory = seconds_left(owner.minutes, used), tx.directory.load(owner.id)
        voice_up = self.conferences.voice_up
        situation = Situation(owner, directory, state, voice_up=voice_up, seconds_left=left)
        return decide_launch(whom, situation, owner, self.texts), running

    def _launched(
        self,
        tx: Transaction,
        request: LaunchRequest,
        owner: Subscriber,
        decision: Decision,
        channels: Reservation,
        now: datetime,
    ) -> _Committed:
        decision = tell_ways(tx, owner.id, decision, self.texts, self.draw)
        (room,) = tx.conferences.reserve_ids(1)
        decision = replace(decision, launched_by=request.means)
        step = admitted(channels, room, owner, decision, self.rules, now, request.caller)
        if step is None:
            return self._refused(tx, request, owner, lines_busy(owner), now, busy=True)
        kept = KeptRequest(owner, request.whom, request.by.name, request.key)
        tx.conferences.add([(step.conference, tx.launch_requests.keep_as_text(kept, now))])
        tx.launch_requests.add(room, kept, now, now - REMEMBERED)
        drafts = [self.outbox.draft(text.number, text.message, now) for text in decision.texts]
        return _Committed(Launched(room, decision.launch), step, tuple(tx.texts.queue_mt(drafts)))

    def _refused(
        self,
        tx: Transaction,
        request: LaunchRequest,
        owner: Subscriber,
        decision: Decision,
        now: datetime,
        *,
        busy: bool = False,
    ) -> _Committed:
        drafts = [self.outbox.draft(owner.number, decision.reply, now)] if request.tells else []
        texts = tuple(tx.texts.queue_mt(drafts))
        return _Committed(NotLaunched(decision.reply, owner.number, busy), texts=texts)


def admitted(
    channels: Reservation,
    room: int,
    owner: Subscriber,
    decision: Decision,
    rules: Rules,
    now: datetime,
    caller: CallIn | None = None,
) -> Step | None:
    """The launch that was decided, with a line for each call; None when there are not enough."""
    plan = LaunchPlan(
        owner.id,
        owner.number,
        decision.launch,
        decision.instant,
        caller,
        decision.talk_seconds,
        most_calls=None if owner.participants is None else owner.participants + 1,
        away_seconds=owner.away,
        most_call_backs=owner.call_backs,
        launched_by=decision.launched_by,
    )
    step = launch(room, plan, rules.of(press_one=owner.press_one), now)
    with_channels = channels.admit(step, caller, now)
    if with_channels is None:
        log = structlog.get_logger("usnd.trunks")
        log.warning("launch refused: no line is free", subscriber=owner.number)
    return with_channels


def tell_ways(
    tx: Transaction, owner: int, decision: Decision, rules: TextRules, draw: Callable[[int], int]
) -> Decision:
    """The decision with the ways into the conference that it is to tell, which gets its PINs if it has none.

    It must be defined already in the transaction (REQUIREMENTS C3, S10).
    """
    if decision.tells is None:
        return decision
    with suppress(PinsExhausted):  # an alarm long before: dial_in/pin_space.py; the number is there still
        tx.pins.assign(owner, decision.tells, draw)
    return told(decision, decision.tells, tx.pins.of(owner), rules)


def _subscriber(tx: Transaction, named: str | int) -> Subscriber | None:
    return tx.subscribers.by_id(named) if isinstance(named, int) else tx.subscribers.by_number(named)
