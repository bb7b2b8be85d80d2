"""Names, groups in groups, and whom they mean."""

import random

import pytest

from usnd.domain.conference.model import Participant
from usnd.domain.directory.model import (
    Change,
    Directory,
    Group,
    GroupCycle,
    GroupMember,
    Member,
    NickMember,
    NumberMember,
    PutConference,
    PutGroup,
    PutUser,
    RemoveGroup,
    RemoveUser,
    User,
    changed,
    find_cycle,
    holders,
    is_name,
    member_named,
    name_key,
    people,
)

BOB = User("Bob", "+447700900002", "Robert", "Smith")
EVE = User("eve", "+447700900003")


def directory(*groups: Group) -> Directory:
    return Directory(
        {name_key(user.nick): user for user in (BOB, EVE)}, {name_key(group.name): group for group in groups}
    )


def group(name: str, *members: Member | str) -> Group:
    return Group(name, tuple(GroupMember(m) if isinstance(m, str) else m for m in members))


@pytest.mark.parametrize(
    "word", ["Al", "golf", "O'Neil", "r&d", "a_b.c-d", "a1", "Jörg", "Ольга", "李明", "علي", "सीता", "a" * 20]
)
def test_a_name(word: str) -> None:
    assert is_name(word)


@pytest.mark.parametrize(
    "word",
    [
        "",
        "a",
        "1a",
        "_ab",
        "-ab",
        ".ab",
        "a b",
        "a,b",
        "a:b",
        "a" * 21,
        "a\n",
        "a\x00",
        "+44",
        "a\ud800",
        "al😀",
        "a\u202eb",
        "a\u200bb",
        "a\ufe0f",
        "\u3164b",
        "\u0301ab",
    ],
)
def test_not_a_name(word: str) -> None:
    assert not is_name(word)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bob", "BOB"),
        ("straße", "STRASSE"),
        ("ОЛЬГА", "ольга"),
        ("Jo\u0308rg", "J\u00f6rg"),
        ("\uff22ob", "bob"),
    ],
)
def test_letter_case_does_not_make_another_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("user", "label"),
    [
        (BOB, "Robert Smith"),
        (EVE, "eve"),
        (User("x1", "+1", "Ann"), "Ann"),
        (User("x1", "+1", "", "Lee"), "Lee"),
    ],
)
def test_a_user_is_shown_by_the_full_name_or_else_the_nick(user: User, label: str) -> None:
    assert user.label == label


def test_a_name_means_a_user_or_a_group_as_its_owner_spelled_it() -> None:
    mine = directory(Group("Golf"))
    assert member_named(mine, "BOB") == NickMember("Bob")
    assert member_named(mine, "gOLF") == GroupMember("Golf")
    assert member_named(mine, "tennis") is None


@pytest.mark.parametrize(
    ("others", "new", "path"),
    [
        ((), group("golf", "golf"), ("golf", "golf")),
        ((), group("Golf", "GOLF"), ("Golf", "Golf")),
        ((group("b2", "c3"), group("c3", "A1")), group("a1", "B2"), ("a1", "B2", "c3", "a1")),
        ((group("b2"), group("c3", "b2")), group("a1", "b2", "c3"), None),  # a diamond is no cycle
        (
            (group("b2", "c3"), group("c3", "b2")),
            group("a1", "b2"),
            None,
        ),  # another's cycle, and no end of it
        ((group("a1", "b2"), group("b2")), group("a1", NickMember("Bob")), None),  # members are replaced
        ((), group("a1", "gone", NumberMember("+447700900009")), None),
    ],
)
def test_a_group_must_not_contain_itself(
    others: tuple[Group, ...], new: Group, path: tuple[str, ...] | None
) -> None:
    assert find_cycle(directory(*others), new) == (GroupCycle(path) if path else None)


def test_people_are_named_once_in_the_order_written_with_groups_opened() -> None:
    bobs_number = NumberMember(BOB.number)
    mine = directory(
        group("inner", NickMember("eve"), bobs_number, "outer"),
        group("outer", "inner", NumberMember("+447700900009")),
    )
    words = (GroupMember("OUTER"), NickMember("bob"), GroupMember("inner"))
    assert people(mine, words) == (
        Participant(EVE.number, "eve"),
        Participant(BOB.number, ""),
        Participant("+447700900009", ""),
    )
    assert people(mine, (NickMember("BOB"), bobs_number)) == (Participant(BOB.number, "Robert Smith"),)
    assert people(mine, ()) == ()


def test_groups_put_in_only_where_no_cycle_is_found_never_hold_one() -> None:
    rng = random.Random(7)
    names = [f"g{n}" for n in range(8)]
    mine = directory()
    refused = 0
    for _ in range(400):
        new = group(rng.choice(names), *rng.sample(names, 2))
        if find_cycle(mine, new):
            refused += 1
            continue
        mine = directory(*{**mine.groups, name_key(new.name): new}.values())
        assert all(find_cycle(mine, each) is None for each in mine.groups.values())
    assert 0 < refused < 400


BOB_IN = NickMember("Bob")


@pytest.mark.parametrize(
    ("change", "users", "groups", "conferences"),
    [
        (PutUser(User("BOB", "+1")), {"bob": User("BOB", "+1"), "eve": EVE}, None, None),
        (PutUser(User("al", "+1")), {"bob": BOB, "eve": EVE, "al": User("al", "+1")}, None, None),
        (PutGroup(group("GOLF")), None, {"golf": group("GOLF"), "club": group("Club", "golf", BOB_IN)}, None),
        (PutConference(3, ()), None, None, {3: (), 7: (GroupMember("Club"), BOB_IN)}),
        (
            RemoveUser("BOB"),
            {"eve": EVE},
            {"golf": group("Golf"), "club": group("Club", "golf")},
            {3: (GroupMember("golf"),), 7: (GroupMember("Club"),)},
        ),
        (
            RemoveGroup("GOLF"),
            None,
            {"club": group("Club", BOB_IN)},
            {3: (), 7: (GroupMember("Club"), BOB_IN)},
        ),
        (RemoveUser("nobody"), None, None, None),
    ],
)
def test_a_change_does_what_it_says_and_no_more(
    change: Change,
    users: dict[str, User] | None,
    groups: dict[str, Group] | None,
    conferences: dict[int, tuple[Member, ...]] | None,
) -> None:
    before = Directory(
        {"bob": BOB, "eve": EVE},
        {"golf": group("Golf", BOB_IN), "club": group("Club", "golf", BOB_IN)},
        {3: (GroupMember("golf"),), 7: (GroupMember("Club"), BOB_IN)},
    )
    after = changed(before, [change])
    assert after.users == (before.users if users is None else users)
    assert after.groups == (before.groups if groups is None else groups)
    assert after.conferences == (before.conferences if conferences is None else conferences)


def test_who_holds_a_member_is_found_however_it_is_spelled() -> None:
    mine = Directory(
        {}, {"golf": group("Golf", NickMember("BOB")), "club": group("Club", "Bob")}, {9: (BOB_IN,)}
    )
    golf = mine.groups["golf"]
    assert holders(mine, BOB_IN) == ((golf,), (9,))
    assert holders(mine, GroupMember("bob")) == ((mine.groups["club"],), ())
    assert holders(mine, NumberMember("+1")) == ((), ())
