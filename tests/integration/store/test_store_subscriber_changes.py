"""What changed about subscribers is kept in order, polled once, and forgotten in time, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from usnd.store.core.transaction import Transaction
from usnd.store.subscriber_changes import SubscriberChange

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN, BOB = "+447700900001", "+447700900002"


def change(what: str, number: str = ANN, *, days: int = 0, by_crm: bool = False) -> SubscriberChange:
    return SubscriberChange(NOW + timedelta(days=days), number, what, "root", by_crm)


def test_the_history_of_a_number_is_told_the_oldest_first(tx: Transaction) -> None:
    changed = replace(change("changed"), attributes=("name", "pressOne"))
    made = [change("created"), change("created", BOB), changed, change("deleted", by_crm=True)]
    tx.subscriber_changes.add_all(made)
    tx.subscriber_changes.add_all([])
    told = [one.change for one in tx.subscriber_changes.of(ANN, 9)]
    assert told == [made[0], made[2], made[3]]
    assert [one.change for one in tx.subscriber_changes.of(ANN, 2)] == told[1:]
    assert tx.subscriber_changes.of("+1", 9) == ()


def test_what_no_crm_did_waits_until_one_has_it(tx: Transaction) -> None:
    changes = tx.subscriber_changes
    changes.add_all([change("created", by_crm=True), change("suspended"), change("resumed")])
    suspended, resumed = changes.waiting(9)
    assert [suspended.change.what, resumed.change.what] == ["suspended", "resumed"]
    assert changes.waiting(1) == (suspended,)
    assert changes.waiting(9, suspended.id) == (resumed,)
    assert changes.count_waiting() == 2
    assert changes.acknowledge(suspended.id, NOW)
    assert not changes.acknowledge(suspended.id, NOW), "it has it already"
    assert not changes.acknowledge(resumed.id + 1, NOW)
    assert not changes.acknowledge(suspended.id - 1, NOW), "a CRM's own is not polled"
    assert changes.waiting(9) == (resumed,)
    assert changes.count_waiting() == 1
    assert [one.acknowledged_at for one in changes.of(ANN, 9)] == [None, NOW, None]


def test_the_oldest_are_forgotten_a_few_at_a_time(tx: Transaction) -> None:
    changes = tx.subscriber_changes
    changes.add_all([change(str(day), days=day) for day in range(10)])
    before = NOW + timedelta(days=5)
    assert changes.forget(before, 3) == 3
    assert [one.change.what for one in changes.of(ANN, 20)] == ["3", "4", "5", "6", "7", "8", "9"]
    assert changes.forget(before, 3) == 2
    assert changes.forget(before, 3) == 0


def test_an_id_is_never_given_again(tx: Transaction) -> None:
    tx.subscriber_changes.add_all([change("created")])
    (first,) = tx.subscriber_changes.waiting(9)
    tx.execute(text("DELETE FROM subscriber_changes"))
    tx.subscriber_changes.add_all([change("created")])
    (second,) = tx.subscriber_changes.waiting(9)
    assert second.id > first.id
