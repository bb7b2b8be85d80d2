"""What a subscriber has goes with them, and nobody has it after."""

import pytest
from sqlalchemy import text
from subscriber_orders import (
    ANN,
    BOB,
    CHANGE,
    CREATE,
    DELETE,
    DRAW,
    NOW,
    POLICY,
    RESUME,
    SUSPEND,
    ann_in,
    asked,
    codes,
    conference,
    history,
    ordered,
    texted,
    waiting,
)

from usnd.domain.billing.cdr import cdr_of
from usnd.domain.conference.model import ConferenceState
from usnd.domain.directory.model import Group as NamedGroup
from usnd.domain.directory.model import NickMember, PutConference, PutGroup, PutUser, Subscriber, User
from usnd.domain.messaging.message import MtState, Priority, Settlement
from usnd.domain.provisioning.codes import Code
from usnd.services import subscribers
from usnd.services.messaging.unsent import tell_unsent
from usnd.services.subscribers import Holdings, NotRegistered
from usnd.store.core.transaction import Transaction


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


def test_what_goes_with_a_subscriber_is_told_before_and_goes(tx: Transaction, ann: Subscriber) -> None:
    furnished(tx, ann)
    whole = Holdings(users=2, groups=1, stored_conferences=1, pins=2, ended_conferences=1)
    assert subscribers.holdings(tx, ANN) == whole
    assert codes(ordered(tx, asked(DELETE))) == [Code.DONE]
    gone = ("subscribers", "users", "groups", "instant_conferences", "pins", "conferences", "calls")
    assert {table: rows(tx, table) for table in gone} == dict.fromkeys(gone, 0)
    assert rows(tx, "cdrs") == 1, "a CDR outlives its subscriber"
    assert codes(ordered(tx, asked(DELETE))) == [Code.NO_SUCH_SUBSCRIBER]
    assert history(tx) == ["created", "deleted"]


def test_who_has_the_number_next_has_nothing_of_who_had_it(tx: Transaction, ann: Subscriber) -> None:
    ordered(tx, asked(CHANGE, language="en", name="Ann", minutesPerMonth="5"))
    furnished(tx, ann)
    texted(tx, "SB +447700900010 +447700900011: hi")
    (lost, _) = tx.texts.queued("smsc", Priority.BULK, 2)
    tx.texts.settle([Settlement(lost.id, MtState.REJECTED, ending="rejected")], NOW)
    applied = ordered(tx, asked(DELETE), asked(CREATE, ANN))
    assert codes(applied) == [Code.DONE, Code.DONE]
    assert applied.withdrawn == 2
    assert waiting(tx) == [], "neither the blast nor its answer"
    assert tell_unsent(tx, POLICY, NOW) == [], "nor what was not sent of it"
    new = ann_in(tx)
    assert new == Subscriber(new.id, ANN)
    assert new.id != ann.id
    assert subscribers.pins(tx, ANN, DRAW) == ()
    assert tx.usage.of([new.id], "2026-03") == {}
    assert tx.directory.load(new.id).users == {}


def test_whoever_has_a_running_conference_is_not_deleted(tx: Transaction, ann: Subscriber) -> None:
    tx.conferences.add([(conference(ann, ConferenceState.RUNNING, 7), None)])
    applied = ordered(tx, asked(DELETE))
    assert (codes(applied), applied.ends) == ([Code.CONFERENCE_RUNS], ())
    assert "conference 7" in applied.results[0].text
    ending = ordered(tx, asked(DELETE, ending=True))
    assert (codes(ending), ending.ends) == ([Code.CONFERENCE_RUNS], (7,))
    assert "ask again" in ending.results[0].text
    assert ann_in(tx) == ann
    assert history(tx) == ["created"]


def test_another_subscriber_loses_nothing(tx: Transaction, ann: Subscriber) -> None:
    furnished(tx, ann)
    ordered(tx, asked(CREATE, BOB), asked(DELETE, BOB))
    ordered(tx, asked(CREATE, BOB))
    ordered(tx, asked(DELETE, BOB))
    assert len(tx.directory.load(ann.id).users) == 2
    assert len(subscribers.pins(tx, ANN, DRAW)) == 2


def test_who_is_not_registered_is_named(tx: Transaction) -> None:
    for use in (lambda: subscribers.pins(tx, BOB, DRAW), lambda: subscribers.holdings(tx, BOB)):
        with pytest.raises(NotRegistered) as refused:
            use()
        assert refused.value.number == BOB
    assert (
        codes(ordered(tx, *(asked(what, BOB) for what in (CHANGE, SUSPEND, RESUME, DELETE))))
        == [Code.NO_SUCH_SUBSCRIBER] * 4
    )
