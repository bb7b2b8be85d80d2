"""The unit of work that takes texts in: decides many in one transaction, with a statement for all of them.

incoming.py calls it with all texts and parts that wait, and gets what each led to. Texts of one sender are
taken one after the other, each sees what the one before changed; those of different senders are taken
together. What a text means is decided in domain/sms/interpreter.py. Channels come from a reservation, since
the unit may run twice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from usnd.domain.conference.commands import Step
from usnd.domain.conference.launch import lines_busy
from usnd.domain.conference.model import ConferenceState, Rules
from usnd.domain.conference.quota import month_of, seconds_left
from usnd.domain.directory.model import Subscriber
from usnd.domain.messaging.automatic_senders import AutomaticSenderRules, BatchCount, Hearing, SenderHistory
from usnd.domain.messaging.duplicates import RepeatRules, is_duplicate
from usnd.domain.messaging.message import Draft, IncomingText, OutgoingText
from usnd.domain.messaging.reassembly import Part, PartsRules, PartVerdict
from usnd.domain.numbers.e164 import to_e164
from usnd.domain.replies.catalogue import Reply, Say, render, reply
from usnd.domain.replies.no_service import NoServiceRules
from usnd.domain.sms.decision import Decision, Situation, TextRules
from usnd.domain.sms.interpreter import interpret
from usnd.services.conference.launch import admitted, tell_ways
from usnd.services.messaging.long_texts import gather, subscribers_of
from usnd.services.trunks.channel_pool import Reservation
from usnd.smpp.received import ReceivedText
from usnd.store.core.transaction import Transaction


@dataclass(frozen=True, slots=True)
class TextPolicy:
    """What the operator may set about taking texts in. validity: how long an outgoing text waits."""

    texts: TextRules
    conferences: Rules
    repeats: RepeatRules
    no_service: NoServiceRules | None
    """Who is not registered is told so this often; None: never."""
    validity: timedelta
    short_code: str
    draw: Callable[[int], int]
    """A random number below the one given, from a secure source: PINs are drawn by it."""
    parts: PartsRules
    short_codes: Mapping[str, str] = field(default_factory=dict)
    """Of binds that have one of their own."""
    talk: AutomaticSenderRules = field(default_factory=AutomaticSenderRules)
    """How much one number may say."""

    def own_number(self, smsc: str) -> str:
        """The number from which texts go by that bind, whatever number was texted."""
        return self.short_codes.get(smsc, self.short_code)


@dataclass(frozen=True, slots=True)
class TakenText:
    """What was committed for a text, and is to be acted on now."""

    mo_id: int
    text: IncomingText
    """Whole, if it came in parts."""
    stranger: str | None = None
    """The number of a sender who is not registered; empty if it is none that could be answered."""
    answers: tuple[OutgoingText, ...] = ()
    """The reply, and texts to others."""
    launched: Step | None = None
    recalled: int | None = None
    """The conference whose subscriber is to be called back."""
    quiet: bool = False
    """Not answered: an automaton seems to text."""


TextOutcome = TakenText | PartVerdict | None
"""What a text led to, or what was done with a part that does not make one; None for a duplicate."""


@dataclass(frozen=True, slots=True)
class _Decided:
    """A text, what is known of its sender, and what it does."""

    text: IncomingText
    subscriber: Subscriber | None
    running: tuple[int, ConferenceState] | None
    decision: Decision
    quiet: bool = False


class IncomingBatch:
    """One transaction's work on a batch of texts; `now` is in UTC."""

    def __init__(
        self,
        tx: Transaction,
        policy: TextPolicy,
        now: datetime,
        *,
        voice_up: bool,
        channels: Reservation,
        trial: BatchCount | None = None,
    ) -> None:
        """channels: for the launches among them. trial: of what the senders said lately; None: unknown."""
        self._tx = tx
        self._trial = trial or SenderHistory(policy.talk).trial(now)
        self._policy = policy
        self._now = now
        self._voice_up = voice_up
        self._channels = channels

    def take(self, arrivals: Sequence[IncomingText | Part]) -> list[TextOutcome]:
        """What each led to, in order."""
        outcomes: list[TextOutcome] = [None] * len(arrivals)
        texts: dict[int, IncomingText] = {}
        for place, arrival in enumerate(arrivals):
            gathered = self._gathered(arrival)
            if isinstance(gathered, IncomingText):
                texts[place] = gathered
            else:
                outcomes[place] = gathered
        for place, taken in zip(texts, self._take(list(texts.values())), strict=True):
            outcomes[place] = taken
        return outcomes

    def again(self, text: IncomingText, mo_id: int) -> TakenText:
        """What a text does that is kept already: the conference it was to bring back had just ended."""
        subscribers = subscribers_of(self._tx, {text.sender}, self._policy.texts.home_region)
        (taken,) = self._carry_out(self._decide([text], subscribers), [mo_id])
        return taken

    def _gathered(self, arrival: IncomingText | Part) -> IncomingText | PartVerdict:
        if isinstance(arrival, IncomingText):
            return arrival
        return gather(self._tx, arrival, self._policy.parts, self._now)

    def _take(self, texts: Sequence[IncomingText]) -> list[TakenText | None]:
        if not texts:
            return []
        senders = {text.sender for text in texts}
        subscribers = subscribers_of(self._tx, senders, self._policy.texts.home_region)
        taken: list[TakenText | None] = [None] * len(texts)
        for places in _rounds([_who(text, subscribers) for text in texts]):
            fresh = self._fresh(texts, places)
            results = self._commit(self._decide([texts[place] for place in fresh], subscribers))
            for place, result in zip(fresh, results, strict=True):
                taken[place] = result
        return taken

    def _fresh(self, texts: Sequence[IncomingText], places: Sequence[int]) -> list[int]:
        """The places of a round without duplicates; over which bind one came again is noted once."""
        rules = self._policy.repeats
        since = self._now - rules.window
        known = self._tx.texts.earlier({texts[place].fingerprint for place in places}, since)
        fresh, redelivered = [], []
        for place in places:
            text = texts[place]
            earlier = known.get(text.fingerprint)
            if earlier is None or not is_duplicate(text, earlier, rules, self._now):
                fresh.append(place)
            elif text.session not in (earlier.session, *earlier.redelivered_over):
                redelivered.append((earlier.id, text.session))
        self._tx.texts.redelivered(redelivered)
        return fresh

    def _decide(self, texts: Sequence[IncomingText], subscribers: dict[str, Subscriber]) -> list[_Decided]:
        owners = {subscribers[text.sender].id for text in texts if text.sender in subscribers}
        directories = self._tx.directory.load_all(owners) if owners else {}
        running = self._tx.conferences.live_of(owners) if owners else {}
        limited = {one.id: one.minutes for one in subscribers.values() if one.minutes is not None}
        used = self._tx.usage.of(owners & limited.keys(), month_of(self._now))
        decided = []
        for text in texts:
            subscriber = subscribers.get(text.sender)
            if subscriber is None:
                decided.append(_Decided(text, None, None, self._meaning(text, Situation(None))))
                continue
            alive = running.get(subscriber.id)
            state = alive[1] if alive else None
            left = seconds_left(subscriber.minutes, used.get(subscriber.id, 0))
            directory = directories[subscriber.id]
            situation = Situation(subscriber, directory, state, voice_up=self._voice_up, seconds_left=left)
            decided.append(self._heard(text, subscriber, alive, situation))
        return decided

    def _heard(
        self,
        text: IncomingText,
        subscriber: Subscriber,
        alive: tuple[int, ConferenceState] | None,
        situation: Situation,
    ) -> _Decided:
        """What a subscriber's text does, unless an automaton seems to text: then it is not answered."""
        hearing = self._trial.hear(subscriber.number)
        if hearing is not Hearing.OBEY:
            enough = Decision(reply(Say.ENOUGH)).said_in(subscriber.language)
            return _Decided(text, subscriber, alive, enough, quiet=hearing is Hearing.IGNORE)
        decision = self._meaning(text, situation)
        quiet = not self._trial.answers(subscriber.number, decision)
        return _Decided(text, subscriber, alive, decision, quiet=quiet)

    def _meaning(self, text: IncomingText, situation: Situation) -> Decision:
        return interpret(text.body, situation, self._policy.texts, cut=text.cut)

    def _commit(self, decided: Sequence[_Decided]) -> list[TakenText]:
        return self._carry_out(decided, self._tx.texts.add_mo([one.text for one in decided], self._now))

    def _carry_out(self, decided: Sequence[_Decided], mo_ids: Sequence[int]) -> list[TakenText]:
        tx = self._tx
        tx.directory.apply_all(
            (one.subscriber.id, change)
            for one in decided
            if one.subscriber
            for change in one.decision.changes
        )
        decided = [self._told(one) for one in decided]
        launched = self._launch(decided)
        decided = [_as_launched(one, launched.get(place)) for place, one in enumerate(decided)]
        tx.conferences.add([(step.conference, mo_ids[place]) for place, step in launched.items()])
        drafts = [draft for place, one in enumerate(decided) for draft in self._drafts(one, mo_ids[place])]
        queued: dict[int, list[OutgoingText]] = {}
        for (mo_id, _), text in zip(drafts, tx.texts.queue_mt([draft for _, draft in drafts]), strict=True):
            queued.setdefault(mo_id, []).append(text)
        return [
            TakenText(
                mo_id,
                one.text,
                self._stranger(one),
                tuple(queued.get(mo_id, ())),
                launched.get(place),
                _recalled(one),
                one.quiet,
            )
            for place, (mo_id, one) in enumerate(zip(mo_ids, decided, strict=True))
        ]

    def _told(self, one: _Decided) -> _Decided:
        """Each conference gets its PINs with its first definition (REQUIREMENTS C3)."""
        if one.subscriber is None or one.decision.tells is None:
            return one
        policy = self._policy
        return replace(
            one, decision=tell_ways(self._tx, one.subscriber.id, one.decision, policy.texts, policy.draw)
        )

    def _launch(self, decided: Sequence[_Decided]) -> dict[int, Step]:
        launching = [
            (place, one.subscriber, one.decision)
            for place, one in enumerate(decided)
            if one.subscriber is not None and one.decision.launch
        ]
        rooms = self._tx.conferences.reserve_ids(len(launching))
        policy, launched = self._policy, {}
        for room, (place, owner, decision) in zip(rooms, launching, strict=True):
            step = admitted(self._channels, room, owner, decision, policy.conferences, self._now)
            if step is not None:
                launched[place] = step
        return launched

    def _stranger(self, one: _Decided) -> str | None:
        return None if one.subscriber else to_e164(one.text.sender, self._policy.texts.home_region) or ""

    def _drafts(self, one: _Decided, mo_id: int) -> Iterator[tuple[int, Draft]]:
        """The reply and the texts to others, from the bind's own number.

        Who is not registered is not answered here: this may run twice, and they are told rarely.
        """
        if one.subscriber is None or one.quiet:
            return
        yield mo_id, reply_draft(one.text, one.decision.reply, mo_id, self._policy, self._now)
        expires_at = self._now + self._policy.validity
        for other in one.decision.texts:
            body, sender = render(other.message), self._policy.own_number(one.text.smsc)
            whose = (one.text.smsc, sender, other.number)
            draft = Draft(*whose, body, self._now, expires_at, other.priority, mo_id)
            yield mo_id, draft


def reply_draft(
    text: IncomingText | ReceivedText, message: Reply, mo_id: int, policy: TextPolicy, now: datetime
) -> Draft:
    """The answer to a text, by the SMSC by which it came.

    From the number that is configured, not from the one that was texted: an SMSC may write our short code as
    if it were international, and takes no text from such a number.
    """
    expires_at, sender = now + policy.validity, policy.own_number(text.smsc)
    return Draft(text.smsc, sender, text.sender, render(message), now, expires_at, mo_id=mo_id)


def _who(text: IncomingText, subscribers: dict[str, Subscriber]) -> str:
    subscriber = subscribers.get(text.sender)
    return text.sender if subscriber is None else subscriber.number


def _rounds(senders: Sequence[str]) -> Iterator[list[int]]:
    """The places of the texts, so that in each round every sender has one, in order."""
    waiting: dict[str, list[int]] = {}
    for place, sender in enumerate(senders):
        waiting.setdefault(sender, []).append(place)
    longest = max(map(len, waiting.values()), default=0)
    for turn in range(longest):
        yield [places[turn] for places in waiting.values() if turn < len(places)]


def _as_launched(one: _Decided, step: Step | None) -> _Decided:
    """Nobody is called if not all can be: the answer says so, and there are no texts beside the calls."""
    if step is not None or one.subscriber is None or not one.decision.launch:
        return one
    return replace(one, decision=lines_busy(one.subscriber))


def _recalled(one: _Decided) -> int | None:
    return one.running[0] if one.running is not None and one.decision.recall else None
