"""Names, groups in groups, and whom they mean."""

import random

import pytest

from usnd.domain.conference import Participant
from usnd.domain.directory import (
    Directory,
    Group,
    GroupCycle,
    GroupMember,
    Member,
    NickMember,
    NumberMember,
    User,
    find_cycle,
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
    "word", ["Al", "golf", "O'Neil", "r&d", "a_b.c-d", "a1", "Jörg", "Ольга", "李明", "a" * 20]
)
def test_a_name(word: str) -> None:
    assert is_name(word)


@pytest.mark.parametrize(
    "word",
    ["", "a", "1a", "_ab", "-ab", ".ab", "a b", "a,b", "a:b", "a" * 21, "a\n", "a\x00", "+44", "a\ud800"],
)
def test_not_a_name(word: str) -> None:
    assert not is_name(word)


@pytest.mark.parametrize(("one", "other"), [("Bob", "BOB"), ("straße", "STRASSE"), ("ОЛЬГА", "ольга")])
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
