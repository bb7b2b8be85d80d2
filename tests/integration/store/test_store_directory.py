"""Subscribers and directories are saved and loaded exactly as the domain has them, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from store_savepoint import savepoint

from usnd.domain.directory.model import (
    Directory,
    Group,
    GroupMember,
    NickMember,
    NumberMember,
    PutGroup,
    PutUser,
    Subscriber,
    User,
)
from usnd.store.core.transaction import Transaction
from usnd.store.directory_changes import UnknownMember

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def test_a_subscriber_is_found_by_number(tx: Transaction) -> None:
    assert tx.subscribers.by_number("+1") is None
    one, two = tx.subscribers.add("+1", NOW), tx.subscribers.add("+2", NOW)
    assert tx.subscribers.by_number("+1") == one == Subscriber(one.id, "+1")
    assert tx.subscribers.page("", 9) == (one, two)


def test_a_number_is_registered_once(tx: Transaction) -> None:
    tx.subscribers.add("+1", NOW)
    with pytest.raises(IntegrityError), savepoint(tx):
        tx.subscribers.add("+1", NOW)


def test_the_id_of_a_deleted_subscriber_is_not_given_again(tx: Transaction) -> None:
    gone = tx.subscribers.add("+1", NOW)
    tx.execute(text("DELETE FROM subscribers"))
    assert tx.subscribers.add("+1", NOW).id > gone.id


def test_many_are_found_by_their_numbers(tx: Transaction) -> None:
    one, two = tx.subscribers.add("+1", NOW), tx.subscribers.add("+2", NOW)
    assert tx.subscribers.by_numbers({"+1", "+2", "+3'"}) == {"+1": one, "+2": two}
    assert tx.subscribers.by_numbers([]) == {}


def test_an_empty_directory(tx: Transaction) -> None:
    assert tx.directory.load(tx.subscribers.add("+1", NOW).id) == Directory()
    assert tx.directory.load(99) == Directory()


def test_a_directory_comes_back_as_it_was_put(tx: Transaction) -> None:
    owner, other = tx.subscribers.add("+1", NOW).id, tx.subscribers.add("+2", NOW).id
    ann, bob = User("Ann", "+33", "Ann", "Lee"), User("Bob", "+34")
    sales = Group("Sales", (NickMember("Bob"), NumberMember("+35"), NickMember("Ann"), NumberMember("+33")))
    everyone = Group("All", (GroupMember("Sales"), NickMember("Ann")))
    empty = Group("Straße")
    for change in (PutUser(ann), PutUser(bob), PutGroup(sales), PutGroup(everyone), PutGroup(empty)):
        tx.directory.apply(owner, change)
    tx.directory.apply(other, PutUser(User("Ann", "+44")))
    loaded = tx.directory.load(owner)
    assert loaded == Directory({"ann": ann, "bob": bob}, {"sales": sales, "all": everyone, "strasse": empty})
    assert tx.directory.load(other) == Directory({"ann": User("Ann", "+44")}, {})


def test_putting_again_replaces_and_keeps_memberships(tx: Transaction) -> None:
    owner = tx.subscribers.add("+1", NOW).id
    tx.directory.apply(owner, PutUser(User("Ann", "+33", "Ann")))
    tx.directory.apply(owner, PutGroup(Group("Sales", (NickMember("ann"), NumberMember("+9")))))
    tx.directory.apply(owner, PutGroup(Group("All", (GroupMember("SALES"),))))
    tx.directory.apply(owner, PutUser(User("ANN", "+34", last="Lee")))
    tx.directory.apply(owner, PutGroup(Group("sales", (NumberMember("+8"), NickMember("Ann")))))
    loaded = tx.directory.load(owner)
    assert loaded.users == {"ann": User("ANN", "+34", last="Lee")}
    assert loaded.groups == {
        "sales": Group("sales", (NumberMember("+8"), NickMember("ANN"))),
        "all": Group("All", (GroupMember("sales"),)),
    }


def test_many_changes_of_many_subscribers_happen_in_each_ones_order(tx: Transaction) -> None:
    one, two = tx.subscribers.add("+1", NOW).id, tx.subscribers.add("+2", NOW).id
    ann, other = User("Ann", "+33"), User("Ann", "+44", "Other")
    changes = [
        (one, PutUser(User("ann", "+30"))),
        (two, PutUser(other)),
        (one, PutGroup(Group("Sales", (NickMember("Ann"),)))),
        (one, PutUser(ann)),
        (two, PutGroup(Group("Sales", (NickMember("ann"), NumberMember("+5"))))),
        (one, PutGroup(Group("All", (GroupMember("Sales"),)))),
        (one, PutUser(User("Bob", "+34"))),
        (one, PutGroup(Group("SALES", (NickMember("Bob"),)))),
    ]
    tx.directory.apply_all(changes)
    loaded = tx.directory.load_all([one, two])
    assert loaded[one].users == {"ann": ann, "bob": User("Bob", "+34")}
    assert loaded[one].groups == {
        "sales": Group("SALES", (NickMember("Bob"),)),
        "all": Group("All", (GroupMember("SALES"),)),
    }
    assert loaded[two].users == {"ann": other}
    assert loaded[two].groups == {"sales": Group("Sales", (NickMember("Ann"), NumberMember("+5")))}


@pytest.mark.parametrize("member", [NickMember("Nobody"), GroupMember("Nothing")])
def test_a_member_that_is_not_there_is_named(tx: Transaction, member: NickMember | GroupMember) -> None:
    owner, other = tx.subscribers.add("+1", NOW).id, tx.subscribers.add("+2", NOW).id
    tx.directory.apply(other, PutUser(User("Nobody", "+3")))
    tx.directory.apply(other, PutGroup(Group("Nothing")))
    with pytest.raises(UnknownMember, match="No"):
        tx.directory.apply(owner, PutGroup(Group("Sales", (member,))))


def test_a_directory_of_no_subscriber_is_refused(tx: Transaction) -> None:
    with pytest.raises(IntegrityError), savepoint(tx):
        tx.directory.apply(99, PutUser(User("Ann", "+3")))
