"""Subscribers are registered, changed, suspended, resumed and removed as asked for, on both databases."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text

from usnd.domain.billing.cdr import cdr_of
from usnd.domain.conference.call import Call, CallOutcome, CallState, Direction, Role
from usnd.domain.conference.model import Conference, ConferenceState, Rules
from usnd.domain.directory.model import Group as NamedGroup
from usnd.domain.directory.model import NickMember, PutConference, PutGroup, PutUser, Subscriber, User
from usnd.domain.messaging.duplicates import RepeatRules
from usnd.domain.messaging.message import IncomingText
from usnd.domain.messaging.reassembly import PartsRules
from usnd.domain.sms.decision import TextRules
from usnd.domain.trunks.trunk import Routing, Trunk
from usnd.services import subscribers
from usnd.services.alarms.alarms import Alarms
from usnd.services.messaging.incoming_batch import IncomingBatch, TakenText, TextPolicy
from usnd.services.subscribers import NotPossible, NotRegistered, Removal, ServiceChange, SubscriberChange
from usnd.services.trunks.trunks import Trunks
from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

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


def texted(tx: Transaction, body: str) -> str:
    """What Ann's text is answered."""
    incoming = IncomingText("smsc", "bind-1", ANN, "52272", body, body)
    with TRUNKS.reservation() as channels:
        (taken,) = IncomingBatch(tx, POLICY, NOW, voice_up=True, channels=channels).take([incoming])
    assert isinstance(taken, TakenText)
    return taken.answers[0].body


def conference(owner: Subscriber, state: ConferenceState, number: int = 1) -> Conference:
    over = state is ConferenceState.ENDED
    call = Call(f"usn-{number}-1", ANN, "", Role.SUBSCRIBER, Direction.OUT, CallState.ENDED, NOW)
    call = replace(call, ended_at=NOW, outcome=CallOutcome.BUSY)
    return Conference(number, owner.id, ANN, state, NOW, (call,), ended_at=NOW if over else None)


@pytest.fixture
def ann(tx: Transaction) -> Subscriber:
    assert subscribers.add(tx, ANN, NOW, "fi")
    found = tx.subscribers.by_number(ANN)
    assert found is not None
    return found


def test_to_register_twice_changes_nothing(tx: Transaction, ann: Subscriber) -> None:
    assert not subscribers.add(tx, ANN, NOW, "sv")
    assert tx.subscribers.list() == (ann,)
    assert ann.language == "fi"


def test_only_what_is_named_is_changed(tx: Transaction, ann: Subscriber) -> None:
    changed = subscribers.change(tx, ANN, SubscriberChange(press_one=True, minutes=60))
    assert changed == replace(ann, press_one=True, minutes=60)
    changed = subscribers.change(tx, ANN, SubscriberChange(language="sv", call_texts=True))
    assert changed == replace(ann, press_one=True, minutes=60, language="sv", call_texts=True)
    assert subscribers.change(tx, ANN, SubscriberChange(minutes=0)).minutes is None
    assert tx.subscribers.by_number(ANN) == replace(changed, minutes=None)


@pytest.mark.parametrize("language", ["", "e", "eng", "EN", "en\n"])
def test_a_language_that_is_none_is_refused(language: str) -> None:
    with pytest.raises(subscribers.WrongValue, match="write two small letters"):
        SubscriberChange(language=language)


def test_a_suspended_number_commands_nothing_until_it_is_resumed(tx: Transaction, ann: Subscriber) -> None:
    subscribers.change(tx, ANN, SubscriberChange(language="en"))
    texted(tx, "UC joe 07700900010")
    assert subscribers.suspend(tx, ANN) == ServiceChange(changed=True)
    assert subscribers.suspend(tx, ANN) == ServiceChange(changed=False)
    for body in ("IC joe", "UD joe", "CC1 joe", "SB joe: hi", "?", "what"):
        assert "suspended" in texted(tx, body)
    assert tx.conferences.live() == []
    assert subscribers.resume(tx, ANN) == ServiceChange(changed=True)
    assert subscribers.resume(tx, ANN) == ServiceChange(changed=False)
    assert "Calling you and 1 more" in texted(tx, "ic joe"), "what they had is still there"


def test_a_conference_that_runs_goes_on_when_its_subscriber_is_suspended(
    tx: Transaction, ann: Subscriber
) -> None:
    running = conference(ann, ConferenceState.RUNNING)
    tx.conferences.add([(running, None)])
    assert subscribers.suspend(tx, ANN) == ServiceChange(changed=True, running=running.id)
    assert tx.conferences.live() == [running]


def test_pins_are_given_to_conferences_that_have_none(tx: Transaction, ann: Subscriber) -> None:
    tx.directory.apply_all([(ann.id, PutConference(3, ())), (ann.id, PutConference(5, ()))])
    found = subscribers.pins(tx, ANN, DRAW)
    assert [pin.instant for pin in found] == [3, 3, 5, 5]
    assert subscribers.pins(tx, ANN, lambda _: 1 // 0) == found


def furnished(tx: Transaction, ann: Subscriber) -> None:
    """Ann has one of everything, and two users."""
    joe, eve = User("joe", BOB), User("eve", BOB)
    members = (NickMember("joe"),)
    changes = (PutUser(joe), PutUser(eve), PutGroup(NamedGroup("all", members)), PutConference(3, members))
    tx.directory.apply_all((ann.id, change) for change in changes)
    subscribers.pins(tx, ANN, DRAW)
    over = conference(ann, ConferenceState.ENDED)
    tx.conferences.add([(over, None)])
    tx.cdrs.add(cdr_of(over, over.calls[0]))


def rows(tx: Transaction, table: str) -> int:
    found: int = tx.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    return found


def test_what_goes_with_a_subscriber_is_said_before_it_is_done(tx: Transaction, ann: Subscriber) -> None:
    furnished(tx, ann)
    whole = Removal(users=2, groups=1, stored_conferences=1, pins=2, ended_conferences=1)
    assert subscribers.remove(tx, ANN, dry_run=True) == whole
    assert tx.subscribers.by_number(ANN) is not None
    assert subscribers.remove(tx, ANN, dry_run=False) == whole
    gone = ("subscribers", "users", "groups", "instant_conferences", "pins", "conferences", "calls")
    assert {table: rows(tx, table) for table in gone} == dict.fromkeys(gone, 0)
    assert rows(tx, "cdrs") == 1, "a CDR outlives its subscriber"
    with pytest.raises(NotRegistered):
        subscribers.remove(tx, ANN, dry_run=False)


def test_whoever_has_a_running_conference_is_not_removed(tx: Transaction, ann: Subscriber) -> None:
    tx.conferences.add([(conference(ann, ConferenceState.RUNNING, 7), None)])
    with pytest.raises(NotPossible, match="end it first with `usnd conference end 7`"):
        subscribers.remove(tx, ANN, dry_run=False)
    assert tx.subscribers.by_number(ANN) == ann


def test_another_subscriber_loses_nothing(tx: Transaction, ann: Subscriber) -> None:
    furnished(tx, ann)
    subscribers.add(tx, BOB, NOW, "en")
    subscribers.remove(tx, BOB, dry_run=False)
    assert len(tx.directory.load(ann.id).users) == 2
    assert len(subscribers.pins(tx, ANN, DRAW)) == 2


def test_who_is_not_registered_is_named(tx: Transaction) -> None:
    uses = (
        lambda: subscribers.change(tx, BOB, SubscriberChange()),
        lambda: subscribers.suspend(tx, BOB),
        lambda: subscribers.resume(tx, BOB),
        lambda: subscribers.pins(tx, BOB, DRAW),
        lambda: subscribers.remove(tx, BOB, dry_run=True),
    )
    for use in uses:
        with pytest.raises(NotRegistered) as refused:
            use()
        assert refused.value.number == BOB


async def test_a_launch_that_is_being_committed_is_seen_by_a_removal(store: Store, url: str) -> None:
    """The daemon writes a conference while the command removes its subscriber: one of the two is refused."""
    await store.run(lambda tx: subscribers.add(tx, ANN, NOW, "en"))
    with engine_for(url).connect() as connection, connection.begin():
        daemon = Transaction(connection)
        ann = daemon.subscribers.by_number(ANN)
        assert ann is not None
        daemon.conferences.add([(conference(ann, ConferenceState.RUNNING, 7), None)])
        removing = asyncio.create_task(store.run(partial(subscribers.remove, number=ANN, dry_run=False)))
        await asyncio.sleep(0.2)
        assert not removing.done(), "it waits for the other's commit"
    with pytest.raises(NotPossible, match=r"usnd conference (end 7|list)"):
        await removing
