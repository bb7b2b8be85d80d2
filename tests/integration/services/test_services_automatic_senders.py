"""Automata that text us, replies from our own number, and what subscribers hear of texts not sent."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from usnd.domain.conference.model import Rules
from usnd.domain.messaging.automatic_senders import AutomaticSenderRules
from usnd.domain.messaging.duplicates import RepeatRules
from usnd.domain.messaging.message import Attempt, IncomingText, MtState, OutgoingText, Priority, Settlement
from usnd.domain.messaging.reassembly import PartsRules
from usnd.domain.replies.no_service import NoServiceRules
from usnd.domain.sms.decision import TextRules
from usnd.domain.trunks.trunk import Routing, Trunk
from usnd.services.alarms.alarms import Alarms
from usnd.services.messaging.incoming import IncomingTexts
from usnd.services.messaging.incoming_batch import IncomingBatch, TakenText, TextPolicy
from usnd.services.messaging.unsent import tell_unsent
from usnd.services.trunks.trunks import Trunks
from usnd.smpp.pdu.status import CommandStatus
from usnd.smpp.received import ReceivedText
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANN, BOB, ZOE = "+447700900001", "+447700900002", "+447700900003"
TALK = AutomaticSenderRules(answers=3, commands=60)
TRUNKS = Trunks(Routing((Trunk("msc"),)), Alarms(lambda: NOW))
POLICY = TextPolicy(
    TextRules("GB"),
    Rules(),
    RepeatRules(HOUR),
    NoServiceRules(),
    HOUR,
    "52272",
    random.Random(5).randrange,
    PartsRules(),
    {"north": "52273"},
    TALK,
)


class Sent:
    """In place of the outbox."""

    def __init__(self) -> None:
        self.texts: list[OutgoingText] = []

    def send(self, one: OutgoingText) -> None:
        self.texts.append(one)


class Node:
    """Takes texts in, as the daemon does."""

    def __init__(self, store: Store, policy: TextPolicy = POLICY) -> None:
        self.sent = Sent()
        outbox: Any = self.sent
        conferences: Any = type("NoConferences", (), {"voice_up": False})()
        self.texts = IncomingTexts(store, outbox, conferences, TRUNKS, policy, lambda: NOW)
        self.count = 0

    async def receive(
        self, body: str, sender: str = ANN, recipient: str = "52272", smsc: str = "one"
    ) -> None:
        self.count += 1
        received = ReceivedText(smsc, "bind-1", sender, recipient, body, f"print {self.count}")
        assert await self.texts.receive(received) is CommandStatus.ESME_ROK


async def test_a_phone_that_answers_every_text_in_other_words_gets_few_answers(store: Store) -> None:
    await store.run(lambda tx: tx.subscribers.add(ANN, NOW))
    node = Node(store)
    for number in range(39):
        await node.receive(f"I am away until {number} March")
    assert len(node.sent.texts) == 3
    assert node.texts.quiet == 36
    await node.receive("UC bob 07700900002")  # a person
    await node.receive("Back again")
    assert len(node.sent.texts) == 5


async def test_our_own_reply_that_comes_back_ends_soon(store: Store) -> None:
    """As the subscriber's text, as our short code's, and between two nodes: what is said is what came."""
    await store.run(lambda tx: tx.subscribers.add(ANN, NOW))
    node = Node(store)
    await node.receive("?")
    while len(node.sent.texts) > node.count - 1 and node.count < 100:
        await node.receive(node.sent.texts[-1].body)
    assert len(node.sent.texts) <= TALK.commands
    before = len(node.sent.texts)
    await node.receive("?", sender="52272")
    await node.receive("?", sender="52273")
    assert len(node.sent.texts) == before


async def test_a_node_that_is_reached_by_a_whole_number_does_not_answer_itself(store: Store) -> None:
    """As a stranger it would be told that it is not registered."""
    long, other = "+447700900100", "+447700900101"
    node = Node(store, replace(POLICY, short_code=long, short_codes={"north": other}))
    for own in (long, other, "07700900101"):
        await node.receive("You are not registered.", sender=own, recipient=long)
    assert node.sent.texts == []
    await node.receive("You are not registered.", sender=ZOE, recipient=long)
    assert [one.recipient for one in node.sent.texts] == [ZOE]


async def test_a_command_in_a_loop_is_done_so_often_and_said_so_once(store: Store) -> None:
    await store.run(lambda tx: tx.subscribers.add(ANN, NOW))
    node = Node(store)
    for number in range(80):
        await node.receive(f"UC u{number} 07700900002")
    bodies = [one.body for one in node.sent.texts]
    assert len(bodies) == TALK.commands + 1
    assert bodies[-1].startswith("Too many texts")
    made = await store.run(lambda tx: tx.execute(text("SELECT count(*) FROM users")).scalar())
    assert made == TALK.commands


async def test_a_batch_is_counted_text_by_text(store: Store) -> None:
    await store.run(lambda tx: tx.subscribers.add(ANN, NOW))
    node = Node(store)
    arrivals = [mo_text(f"what {number}") for number in range(20)]
    outcomes = await node.texts._commit(arrivals)
    assert [len(one.answers) for one in outcomes if isinstance(one, TakenText)] == [1] * 3 + [0] * 17


def mo_text(body: str) -> IncomingText:
    return IncomingText("one", "bind-1", ANN, "52272", body, body)


async def test_a_reply_comes_from_the_number_that_is_configured(store: Store) -> None:
    await store.run(lambda tx: tx.subscribers.add(ANN, NOW))
    node = Node(store)
    await node.receive("?", recipient="+52272")  # an SMSC that calls it international
    await node.receive("?", recipient="+5227", smsc="north")
    await node.receive("hello", sender=ZOE, recipient="+52272")  # not registered
    assert [one.sender for one in node.sent.texts] == ["52272", "52273", "52272"]


def blast(tx: Transaction) -> tuple[OutgoingText, ...]:
    tx.subscribers.add(ANN, NOW)
    body = f"UC bob {BOB}"
    for one in (body, f"SB bob {ZOE} +447700900004 +447700900005: hello"):
        (taken,) = IncomingBatch(tx, POLICY, NOW, voice_up=True, channels=TRUNKS.reservation()).take(
            [replace(mo_text(one), body=one)]
        )
        assert isinstance(taken, TakenText)
    return taken.answers


def ended(one: OutgoingText, ending: str) -> Settlement:
    state = MtState.EXPIRED if ending in ("expired", "unknown") else MtState.REJECTED
    return Settlement(one.id, state, ending=ending)


def test_what_was_not_sent_is_told_once_and_together(tx: Transaction) -> None:
    reply, *texts = blast(tx)
    assert [one.priority for one in texts] == [Priority.BULK] * 4
    bob, zoe, four, five = texts
    tx.texts.settle([Settlement(reply.id, MtState.SENT), ended(bob, "rejected")], NOW)
    assert tell_unsent(tx, POLICY, NOW) == []  # others are still on their way
    tx.texts.settle([ended(zoe, "rejected"), Settlement(four.id, MtState.SENT), ended(five, "unknown")], NOW)
    (told,) = tell_unsent(tx, POLICY, NOW)
    assert (told.sender, told.recipient) == ("52272", ANN)
    assert told.body == (
        f"Your text was not sent to bob, {ZOE}: the network refused it."
        " It is not known whether your text reached +447700900005."
    )
    assert tell_unsent(tx, POLICY, NOW) == []
    tx.texts.settle([ended(told, "rejected")], NOW)
    assert tell_unsent(tx, POLICY, NOW) == []  # of the report itself nobody is told


def test_nobody_is_told_when_all_was_sent(tx: Transaction) -> None:
    reply, *texts = blast(tx)
    tx.texts.settle([Settlement(one.id, MtState.SENT) for one in texts] + [ended(reply, "rejected")], NOW)
    assert tell_unsent(tx, POLICY, NOW) == []


def test_attempts_are_kept_and_only_grow(tx: Transaction) -> None:
    _, one, *_ = blast(tx)
    for attempts in (2, 1):
        tx.texts.attempted([Attempt(one.id, attempts, NOW + HOUR)])
    found = next(text for text in tx.texts.queued("one", Priority.BULK, 10) if text.id == one.id)
    assert (found.attempts, found.due_at) == (2, NOW + HOUR)
