"""Orders about subscribers as tests give them to services/subscribers.py, and what came of them."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from usnd.domain.conference.call import Call, CallOutcome, CallState, Direction, Role
from usnd.domain.conference.model import Conference, ConferenceState, Rules
from usnd.domain.directory.model import Subscriber
from usnd.domain.messaging.duplicates import RepeatRules
from usnd.domain.messaging.message import IncomingText, MtState
from usnd.domain.messaging.reassembly import PartsRules
from usnd.domain.sms.decision import TextRules
from usnd.domain.subscribers.attributes import NodeOwn
from usnd.domain.subscribers.credentials import CredentialKey
from usnd.domain.subscribers.orders import Operation, Order
from usnd.domain.trunks.trunk import Routing, Trunk
from usnd.services import subscribers
from usnd.services.alarms.alarms import Alarms
from usnd.services.messaging.incoming_batch import IncomingBatch, TakenText, TextPolicy
from usnd.services.subscribers import Applied, Ordered
from usnd.services.trunks.trunks import Trunks
from usnd.store.core.transaction import Transaction

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN, BOB = "+447700900001", "+447700900002"
DRAW = random.Random(5).randrange
POLICY = TextPolicy(
    TextRules("GB"),
    Rules(),
    RepeatRules(timedelta(minutes=10)),
    None,
    timedelta(hours=1),
    "52272",
    DRAW,
    PartsRules(),
)
TRUNKS = Trunks(Routing((Trunk("msc"),)), Alarms(lambda: NOW))
OWN = NodeOwn("en", home_region="GB")
KEY = CredentialKey(bytes(32))
CREATE, CHANGE, SUSPEND, RESUME, DELETE = (
    Operation.CREATE,
    Operation.CHANGE,
    Operation.SUSPEND,
    Operation.RESUME,
    Operation.DELETE,
)


def asked(
    operation: Operation, number: str = ANN, *, ending: bool = False, check: bool = False, **values: str
) -> Ordered:
    order = Order(operation=operation, number=number, values=values, end_conference=ending)
    return Ordered(order, "crm-1", by_crm=True, check=check)


def ordered(tx: Transaction, *orders: Ordered, node: NodeOwn = OWN) -> Applied:
    return subscribers.apply(tx, orders, node, NOW)


def codes(applied: Applied) -> list[int]:
    return [result.code for result in applied.results]


def history(tx: Transaction, number: str = ANN) -> list[str]:
    return [one.change.what for one in tx.subscriber_changes.of(number, 100)]


def ann_in(tx: Transaction) -> Subscriber:
    found = tx.subscribers.by_number(ANN)
    assert found is not None
    return found


def texted(tx: Transaction, body: str, sender: str = ANN) -> str:
    """What a text is answered."""
    incoming = IncomingText("smsc", "bind-1", sender, "52272", body, sender + body)
    with TRUNKS.reservation() as channels:
        (taken,) = IncomingBatch(tx, POLICY, NOW, voice_up=True, channels=channels).take([incoming])
    assert isinstance(taken, TakenText)
    return taken.answers[0].body


def conference(owner: Subscriber, state: ConferenceState, number: int = 1) -> Conference:
    over = state is ConferenceState.ENDED
    call = Call(f"usn-{number}-1", ANN, "", Role.SUBSCRIBER, Direction.OUT, CallState.ENDED, NOW)
    call = replace(call, ended_at=NOW, outcome=CallOutcome.BUSY)
    return Conference(number, owner.id, ANN, state, NOW, (call,), ended_at=NOW if over else None)


def waiting(tx: Transaction, state: MtState = MtState.QUEUED) -> list[str]:
    query = text("SELECT recipient FROM mt_texts WHERE state = :state ORDER BY id")
    return list(tx.execute(query, {"state": state.value}).scalars())
