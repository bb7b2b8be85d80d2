"""Subscribers are registered and changed as ordered, each order once, on both databases."""

from dataclasses import replace

from msgspec import structs
from subscriber_orders import (
    ANN,
    BOB,
    CHANGE,
    CREATE,
    DELETE,
    KEY,
    OWN,
    SUSPEND,
    ann_in,
    asked,
    codes,
    conference,
    history,
    ordered,
)

from usnd.domain.conference.model import ConferenceState
from usnd.domain.directory.model import Subscriber
from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.orders import Order
from usnd.services.subscribers import Ordered
from usnd.store.core.transaction import Transaction


def test_to_register_twice_changes_nothing(tx: Transaction, ann: Subscriber) -> None:
    again = ordered(tx, asked(CREATE, language="nl", name="Ann"))
    assert codes(again) == [Code.SUBSCRIBER_EXISTS]
    assert again.results[0].subscriber == {}
    assert tx.subscribers.page("", 10) == (ann,)
    assert history(tx) == ["created"]


def test_only_what_is_named_is_changed(tx: Transaction, ann: Subscriber) -> None:
    (done,) = ordered(tx, asked(CHANGE, pressOne="true", minutesPerMonth="60")).results
    assert ann_in(tx) == structs.replace(ann, press_one=True, minutes=60)
    assert (done.code, done.number, done.subscriber["minutesPerMonth"]) == (Code.DONE, ANN, "60")
    ordered(tx, asked(CHANGE, language="nl", callTexts="true", name="Ann", awaySeconds="30"))
    assert ann_in(tx) == structs.replace(
        ann, press_one=True, minutes=60, language="nl", call_texts=True, name="Ann", away=30
    )
    ordered(tx, asked(CHANGE, minutesPerMonth="", awaySeconds=""))
    assert (ann_in(tx).minutes, ann_in(tx).away) == (None, None)
    assert history(tx) == ["created", "changed", "changed", "changed"]


def test_a_change_that_changes_nothing_is_done_and_leaves_no_trace(tx: Transaction, ann: Subscriber) -> None:
    assert codes(ordered(tx, asked(CHANGE, language="fr"))) == [Code.DONE]
    assert history(tx) == ["created"]


def test_what_is_refused_changes_nothing_and_holds_up_no_other(tx: Transaction) -> None:
    applied = ordered(
        tx,
        asked(CREATE, ANN, callBacks="9"),
        asked(CREATE, BOB, colour="red"),
        asked(CREATE, "+4407700900003"),
        asked(CHANGE, "+447700900009"),
        asked(CREATE, BOB, name="Bob"),
    )
    assert codes(applied) == [
        Code.VALUE_NOT_ALLOWED,
        Code.UNKNOWN_NAME,
        Code.VALUE_NOT_ALLOWED,
        Code.NO_SUCH_SUBSCRIBER,
        Code.DONE,
    ]
    assert [result.attribute for result in applied.results] == ["callBacks", "colour", "number", "", ""]
    assert [one.number for one in tx.subscribers.page("", 10)] == [BOB]


def test_a_check_says_what_would_be_done_and_writes_nothing(tx: Transaction, ann: Subscriber) -> None:
    tx.conferences.add([(conference(ann, ConferenceState.RUNNING, 7), None)])
    applied = ordered(
        tx,
        asked(CREATE, BOB, check=True),
        asked(SUSPEND, ending=True, check=True),
        asked(DELETE, check=True),
        node=replace(OWN, key=KEY),
    )
    assert codes(applied) == [Code.WOULD_BE_DONE, Code.WOULD_BE_DONE, Code.CONFERENCE_RUNS]
    assert applied.ends == ()
    assert applied.results[0].credentials is None
    assert tx.subscribers.page("", 10) == (ann,)
    assert history(tx) == ["created"]


def test_each_order_of_a_unit_of_work_finds_what_the_one_before_it_made(tx: Transaction) -> None:
    applied = ordered(
        tx,
        asked(CREATE, name="Ann"),
        asked(CHANGE, name="Anna"),
        asked(SUSPEND),
        asked(CREATE, BOB),
        asked(DELETE, BOB),
    )
    assert codes(applied) == [Code.DONE] * 5
    assert [(one.name, one.suspended) for one in tx.subscribers.page("", 10)] == [("Anna", True)]
    assert history(tx) == ["created", "changed", "suspended"]
    assert history(tx, BOB) == ["created", "deleted"]


def test_hundreds_of_orders_cost_the_statements_of_one(tx: Transaction) -> None:
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    orders = [asked(CREATE, f"+44770091{last:04}", name=f"N {last}") for last in range(300)]
    run, tx.execute = tx.execute, lambda *given: (count(), run(*given))[1]
    assert codes(ordered(tx, *orders)) == [Code.DONE] * 300
    assert statements < 8
    statements = 0
    changes = [replace(one, order=Order(operation=SUSPEND, number=one.order.number)) for one in orders]
    assert codes(ordered(tx, *changes)) == [Code.DONE] * 300
    assert statements < 12
    assert all(one.suspended for one in tx.subscribers.page("", 400))


def test_who_asked_is_kept_and_only_what_no_crm_did_waits_for_one(tx: Transaction) -> None:
    ordered(tx, asked(CREATE), Ordered(Order(operation=SUSPEND, number=ANN), "root"))
    assert [(one.change.what, one.change.by) for one in tx.subscriber_changes.of(ANN, 9)] == [
        ("created", "crm-1"),
        ("suspended", "root"),
    ]
    assert [one.change.what for one in tx.subscriber_changes.waiting(9)] == ["suspended"]
