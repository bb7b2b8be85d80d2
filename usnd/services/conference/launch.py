"""The unit of work that launches a subscriber's conference, whoever asks: a call that comes in, the console.

Owns that a launch is decided as the text that would ask for it, and what is committed with it. Refuses to
act: the caller adopts the step and sends the texts after the commit.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from usnd.domain.conference.model import CallIn, Rules, Step
from usnd.domain.conference.quota import month_of, seconds_left
from usnd.domain.directory.model import Subscriber
from usnd.domain.messaging.message import OutgoingText
from usnd.domain.replies.dial_in import told
from usnd.domain.sms.decision import Decision, Situation, TextRules
from usnd.domain.sms.interpreter import decide
from usnd.services.messaging.outbox import Outbox
from usnd.services.trunks.trunks import Trunks
from usnd.store.core.transaction import Transaction
from usnd.store.pins import PinsExhausted


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """What the subscriber's text would do now. `running`: the id of their live conference."""

    owner: Subscriber
    decision: Decision
    running: int | None


class Launcher:
    """Launches for subscribers. `draw`: as of TextPolicy."""

    def __init__(
        self, outbox: Outbox, trunks: Trunks, texts: TextRules, rules: Rules, draw: Callable[[int], int]
    ) -> None:
        self._outbox = outbox
        self._trunks = trunks
        self._texts = texts
        self._rules = rules
        self._draw = draw

    @property
    def home_region(self) -> str:
        """Whose national numbers are meant."""
        return self._texts.home_region

    def decide(
        self, tx: Transaction, owner: Subscriber, body: str, now: datetime, *, voice_up: bool
    ) -> LaunchRequest:
        """What the text means for its subscriber as everything is now; commits nothing."""
        alive = tx.conferences.live_of([owner.id]).get(owner.id)
        directory = tx.directory.load(owner.id)
        left = seconds_left(owner.minutes, tx.usage.of([owner.id], month_of(now)).get(owner.id, 0))
        state = alive[1] if alive else None
        situation = Situation(owner, directory, state, voice_up=voice_up, seconds_left=left)
        return LaunchRequest(owner, decide(body, situation, self._texts), alive[0] if alive else None)

    def launch(
        self,
        tx: Transaction,
        request: LaunchRequest,
        now: datetime,
        *,
        mo_id: int | None = None,
        call_in: CallIn | None = None,
    ) -> tuple[Step, tuple[OutgoingText, ...]] | None:
        """The conference that the request asks for, and the texts beside its calls; None if no line is free.

        `mo_id`: the text that is kept of it; `call_in`: by which the subscriber is in already.
        """
        owner, decision = (
            request.owner,
            tell_ways(tx, request.owner.id, request.decision, self._texts, self._draw),
        )
        (room,) = tx.conferences.reserve_ids(1)
        step = self._trunks.launch(room, owner, decision, self._rules, now, call_in)
        if step is None:
            return None
        tx.conferences.add([(step.conference, mo_id)])
        drafts = [self._outbox.draft(text.number, text.message, now) for text in decision.texts]
        return step, tuple(tx.texts.queue_mt(drafts))


def tell_ways(
    tx: Transaction, owner: int, decision: Decision, rules: TextRules, draw: Callable[[int], int]
) -> Decision:
    """The decision with the ways into the conference that it is to tell, which gets its PINs if it has none.

    It must be defined already in the transaction (REQUIREMENTS C3, S10).
    """
    if decision.tells is None:
        return decision
    with suppress(
        PinsExhausted
    ):  # an alarm long before: services/dial_in/pin_space.py; the conference has its number still
        tx.pins.assign(owner, decision.tells, draw)
    return told(decision, decision.tells, tx.pins.of(owner), rules)
