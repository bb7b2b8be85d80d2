"""Groups that users join and leave, and lists of members that are read alone, on both databases."""

from datetime import UTC, datetime

import pytest

from usnd.domain.directory.model import (
    Change,
    Group,
    GroupMember,
    JoinGroup,
    LeaveGroup,
    NickMember,
    NumberMember,
    PutConference,
    PutGroup,
    PutUser,
    User,
    changed,
    people,
)
from usnd.store.core.transaction import Transaction
from usnd.store.directory_changes import UnknownMember

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN, BOB, CID = User("Ann", "+1"), User("Bob", "+2", "Bob", "Lee"), User("Cid", "+3")
ANNS, BOBS, CIDS, SIX = NickMember("Ann"), NickMember("Bob"), NickMember("Cid"), NumberMember("+6")
CHANGES: tuple[Change, ...] = (
    *map(PutUser, (ANN, BOB, CID)),
    PutGroup(Group("Golf", (SIX, BOBS))),
    JoinGroup("GOLF", ("ann", "Bob", "Ann")),
    JoinGroup("New", ("Cid", "Ann")),
    JoinGroup("New", ("Bob",)),
    JoinGroup("Empty", ()),
    LeaveGroup("New", ("ann", "nobody")),
    LeaveGroup("none", ("Ann",)),
    PutGroup(Group("All", (GroupMember("New"), GroupMember("GOLF")))),
    PutConference(2, (ANNS, GroupMember("All"), NumberMember("+1"), NumberMember("+7"))),
    PutConference(1, (SIX,)),
)


def test_users_join_and_leave_as_the_domain_says(tx: Transaction) -> None:
    owner, other = tx.subscribers.add("+10", NOW).id, tx.subscribers.add("+11", NOW).id
    tx.directory.apply_all((owner, change) for change in CHANGES)
    stored = tx.directory.load(owner)
    assert stored.groups["golf"].members == (SIX, BOBS, ANNS)
    assert stored.groups["new"].members == (CIDS, BOBS)
    assert stored.groups["empty"].members == ()
    expected = changed(
        tx.directory.load(other), [one for one in CHANGES if one != LeaveGroup("none", ("Ann",))]
    )
    assert {key: group.members for key, group in stored.groups.items()} == {
        key: tuple(
            NickMember(one.nick.title()) if isinstance(one, NickMember) else one for one in group.members
        )
        for key, group in expected.groups.items()
    }
    with pytest.raises(UnknownMember):
        tx.directory.apply(owner, JoinGroup("New", ("nobody",)))


def test_a_list_is_read_alone(tx: Transaction) -> None:
    owner, other = tx.subscribers.add("+10", NOW).id, tx.subscribers.add("+11", NOW).id
    tx.directory.apply_all((owner, change) for change in CHANGES)
    lists, stored = tx.member_lists, tx.directory.load(owner)
    assert (lists.count_groups(owner), lists.count_groups(other)) == (4, 0)
    assert lists.group_names(owner, 2, 1) == ["Empty", "GOLF"]
    assert [one.members for one in lists.groups(owner, 9)] == [
        group.members for _, group in sorted(stored.groups.items())
    ]
    golf = lists.group(owner, "golf")
    assert golf is not None
    assert golf.members == (SIX, BOBS, ANNS)
    assert lists.group(other, "golf") is None
    assert [(one.name, one.members) for one in lists.conferences(owner)] == [
        (str(number), stored.conferences[number]) for number in (1, 2)
    ]
    assert lists.people(owner) == {
        number: len(people(stored, members)) for number, members in stored.conferences.items()
    }
    assert lists.people(other) == {}
    assert lists.users(owner, ["BOB", "nobody"]) == [BOB]
    assert lists.users(owner, []) == lists.users(other, ["Bob"]) == []
    assert lists.not_in_group(owner, golf.id, 9) == [CID]
    second = lists.conferences(owner)[1]
    assert lists.not_in_conference(owner, second.id, 1) == [BOB]
