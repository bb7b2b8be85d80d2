"""What an import does with each contact, how nicks are made, and that the same file again does nothing."""

from typing import Any

import pytest

from usnd.domain.contacts import plan
from usnd.domain.contacts.contact import Contact
from usnd.domain.contacts.export import Exported, exported
from usnd.domain.contacts.page import CHANGED_MEANWHILE, PageResult, do_page, undo_page
from usnd.domain.contacts.plan import Doing, Entry, planned
from usnd.domain.directory.model import (
    Directory,
    Group,
    GroupMember,
    NickMember,
    NumberMember,
    PutGroup,
    PutUser,
    RemoveUser,
    User,
    changed,
)
from usnd.domain.directory.versions import version_of_user

ONE, TWO, THREE = "+447700900001", "+447700900002", "+447700900003"
BOB, ZOE = User("Bob", ONE, "Robert", "Smith"), User("Zo\u00eb", TWO)
HERE = Directory(
    {"bob": BOB, "zo\u00eb": ZOE},
    {
        "golf": Group("Golf", (NickMember("Bob"), NumberMember(THREE))),
        "all": Group("All", (GroupMember("Golf"),)),
    },
    {3: (NickMember("Zo\u00eb"),)},
)
BOTH = (Doing.ADD, Doing.CHANGE)


def entries(*contacts: Contact, here: Directory = HERE) -> dict[int, Entry]:
    return {one.line: one for one in planned(contacts, here, "GB")}


def entry(here: Directory = HERE, **said: Any) -> Entry:
    return entries(Contact(1, **{"phones": (THREE,), **said}), here=here)[1]


def done(*contacts: Contact, here: Directory = HERE) -> tuple[Directory, PageResult]:
    outcome = do_page(planned(contacts, here, "GB"), (), BOTH, here, "GB")
    return changed(here, outcome.changes), outcome.result


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"phones": ()}, "number-missing"),
        ({"phones": ("12", "13")}, "bad-number"),
        ({"phones": ("7700 900001",)}, "unsure-number"),
        ({"nick": "7of9"}, "bad-name"),
        ({"nick": "golf"}, "name-taken-by-group"),
        ({"nick": "zoe"}, "user-exists"),
        ({"nick": "Ann", "groups": ("ann",)}, "group-like-nick"),
        ({"nick": "Ann", "groups": ("bob",)}, "name-taken-by-user"),
        ({"nick": "Ann", "groups": ("\u00a7",)}, "bad-name"),
    ],
)
def test_who_is_refused_and_why(said: dict[str, Any], fault: str) -> None:
    refused = entry(**said)
    assert (refused.doing, refused.fault) == (Doing.REFUSED, fault)


@pytest.mark.parametrize(
    ("said", "nick"),
    [
        ({"nick": " Ann "}, "Ann"),
        ({"nickname": "Big Joe"}, "BigJoe"),
        ({"nickname": "(Joe)!"}, "Joe"),
        ({"first": "Ann"}, "Ann"),
        ({"first": "Ann Mary"}, "AnnMary"),
        ({"first": "Bob", "last": "Lee"}, "Bob.L"),
        ({"first": "Golf"}, "Golf2"),
        ({"last": "Lee"}, "Lee"),
        ({"first": "A", "last": "B"}, "A.B"),
        ({}, "T900003"),
        ({"first": "x" * 30}, "x" * 20),
        ({"first": "Tennis", "groups": ("Tennis",)}, "Tennis2"),
    ],
)
def test_how_a_nick_is_made(said: dict[str, Any], nick: str) -> None:
    made = entry(**said)
    assert (made.doing, made.nick) == (Doing.ADD, nick)
    assert made.made is ("nick" not in said)


def test_of_one_name_there_may_be_many() -> None:
    many = entries(*(Contact(nth, first="Ann", phones=(f"+4477009001{nth:02}",)) for nth in range(10, 14)))
    assert [one.nick for one in many.values()] == ["Ann", "Ann2", "Ann3", "Ann4"]
    crowd = Directory({f"ann{nth}": User(f"Ann{nth}", ONE) for nth in ("", *range(2, 100))})
    assert entry(here=crowd, first="Ann").nick == "Ann100"


def test_names_of_persons_are_made_to_fit() -> None:
    made = entry(nick="Ann", first="Ann Mary", last="(von) der \u2764 Heide")
    assert (made.first, made.last) == ("Ann-Mary", "von-der--Heide")
    long = entry(nick="Ann", first="x" * 60, last="y" * 60)
    assert (len(long.first), len(long.last)) == (20, 20)
    assert len(entry(nick="Ann", first="x" * 60).first) == 40


@pytest.mark.parametrize(
    ("said", "doing", "nick"),
    [
        ({"nick": "BOB", "phones": (ONE,), "first": "Robert", "last": "Smith"}, Doing.SAME, "Bob"),
        ({"nick": "bob", "phones": (THREE,)}, Doing.CHANGE, "Bob"),
        ({"nickname": "bob", "phones": (ONE,)}, Doing.SAME, "Bob"),
        ({"nickname": "bob", "phones": (THREE,), "first": "B"}, Doing.CHANGE, "Bob"),
        ({"nickname": "Rob", "phones": (ONE,), "first": "Robert", "last": "Smith"}, Doing.SAME, "Bob"),
        ({"phones": (ONE,)}, Doing.SAME, "Bob"),
        ({"phones": (ONE,), "first": "Ann"}, Doing.ADD, "Ann"),
        ({"phones": (TWO,), "first": "Zoe", "last": "Lee"}, Doing.CHANGE, "Zo\u00eb"),
        ({"phones": ("07700 900001",), "groups": ("golf",)}, Doing.SAME, "Bob"),
        ({"phones": (ONE,), "groups": ("Golf", "* My Contacts", "Red team")}, Doing.CHANGE, "Bob"),
    ],
)
def test_which_user_a_contact_is(said: dict[str, Any], doing: Doing, nick: str) -> None:
    found = entry(**said)
    assert (found.doing, found.nick) == (doing, nick)
    assert found.groups in ((), ("Golf",), ("Golf", "RedTeam"), ("Golf", "Redteam"))


def test_whom_a_file_has_twice_is_done_once() -> None:
    found = entries(
        Contact(1, nick="Ann", phones=(THREE,)),
        Contact(5, nick="ann", phones=(TWO,)),
        Contact(9, first="Cid", phones=(THREE,)),
        Contact(12, first="Cid", phones=(THREE,)),
        Contact(15, nickname="Ann", first="Dan", phones=(THREE,)),
        Contact(18, nickname="Zo\u00eb", phones=(ONE,), first="Zoe"),
        Contact(21, nickname="Zo\u00eb", phones=(THREE,), first="Zora"),
    )
    assert (found[5].fault, found[5].values) == ("twice", {"line": "1"})
    assert (found[12].fault, found[12].values) == ("twice", {"line": "9"})
    assert found[15].fault == "twice"
    assert (found[18].doing, found[21].doing, found[21].nick) == (Doing.CHANGE, Doing.ADD, "Zora")


def test_a_subscriber_has_so_many_users_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert plan.MOST_USERS == 20_000
    monkeypatch.setattr(plan, "MOST_USERS", 3)
    found = entries(*(Contact(nth, nick=f"N{nth}", phones=(THREE,)) for nth in (1, 2)))
    assert (found[1].doing, found[2].fault) == (Doing.ADD, "too-many-users")


def test_entries_come_in_the_order_of_what_is_done() -> None:
    found = planned(
        (
            Contact(1, phones=(TWO,)),
            Contact(2, nick="Ann", phones=(THREE,)),
            Contact(3),
            Contact(4, nick="bob", phones=(THREE,)),
        ),
        HERE,
        "GB",
    )
    assert [one.line for one in found] == [3, 4, 2, 1]
    assert found[1].before == f"{ONE} Robert Smith"
    assert entry(nick="Ann", phones=("1", THREE, ONE)).others == 2


def test_users_are_exported_with_the_groups_they_are_in_themselves() -> None:
    assert exported(HERE) == (Exported(BOB, ("Golf",)), Exported(ZOE))


def test_a_page_is_done_and_taken_back() -> None:
    contacts = (
        Contact(1, nick="Ann", phones=(THREE,), groups=("Golf", "New")),
        Contact(2, nick="bob", phones=(TWO,), groups=("New",)),
        Contact(3, nick="Cid", phones=(THREE,), groups=("New", "new")),
    )
    after, result = done(*contacts)
    assert after.users["bob"] == User("Bob", TWO, "Robert", "Smith")
    assert [one.nick for one in after.groups["new"].members if isinstance(one, NickMember)] == [
        "Bob",
        "Ann",
        "Cid",
    ]
    assert (result.added, result.made) == (2, ("New",))
    undone = undo_page(result, after)
    assert undone.stay == ()
    back = changed(after, undone.changes)
    assert (dict(back.users), dict(back.groups)) == (dict(HERE.users), dict(HERE.groups))


def test_what_is_used_or_changed_since_stays() -> None:
    contacts = (
        Contact(1, nick="Ann", phones=(THREE,), groups=("New",)),
        Contact(2, nick="bob", phones=(TWO,), groups=("New",)),
        Contact(3, nick="Cid", phones=(THREE,)),
        Contact(4, nick="Dan", phones=(THREE,), groups=("Other",)),
    )
    after, result = done(*contacts)
    ann = after.users["ann"]
    later = changed(
        after,
        [
            PutUser(User("Bob", TWO, "Bobby")),
            PutGroup(Group("Used", (NickMember("Cid"),))),
            PutGroup(Group("All", (GroupMember("Other"),))),
            RemoveUser("Dan"),
        ],
    )
    undone = undo_page(result, later)
    assert set(undone.stay) == {"Bob", "Cid"}
    back = changed(later, undone.changes)
    assert ann.nick.casefold() not in back.users
    assert back.users["bob"].first == "Bobby"
    assert back.groups["new"].members == (NickMember("Bob"),), "it is not empty, and stays"
    assert "other" in back.groups, "another group has it"


def test_a_group_that_is_gone_is_not_left_again() -> None:
    after, result = done(Contact(2, nick="bob", phones=(TWO,), groups=("New",)))
    bare = Directory(after.users, HERE.groups, after.conferences)
    assert changed(bare, undo_page(result, bare).changes).users["bob"] == BOB


def test_what_changed_since_the_preview_is_left_alone() -> None:
    found = planned(
        (
            Contact(1, nick="bob", phones=(TWO,)),
            Contact(2, nick="Ann", phones=(THREE,)),
            Contact(3, nick="Cid", phones=(THREE,)),
        ),
        HERE,
        "GB",
    )
    now = changed(HERE, [PutUser(User("Bob", THREE)), PutUser(User("Ann", THREE)), PutGroup(Group("Cid"))])
    outcome = do_page(found, (), BOTH, now, "GB")
    assert outcome.changes == ()
    assert [(one.line, one.fault) for one in outcome.result.not_done] == [
        (1, CHANGED_MEANWHILE),
        (3, "name-taken-by-group"),
    ]
    outcome = do_page(found, (1,), (Doing.CHANGE,), HERE, "GB")
    assert (outcome.changes, outcome.result) == ((), PageResult())


@pytest.mark.parametrize(
    ("groups", "fault"),
    [(("Zora",), "name-taken-by-user"), (("7",), "bad-name"), (("Ann",), "group-like-nick"), (("golf",), "")],
)
def test_a_page_keeps_the_rules_of_groups(groups: tuple[str, ...], fault: str) -> None:
    here = changed(HERE, [PutUser(User("Zora", ONE))])
    new = Entry(1, Doing.ADD, "Ann", THREE, groups=groups)
    result = do_page((new,), (), BOTH, here, "GB").result
    assert [one.fault for one in result.not_done] == ([fault] if fault else [])


def test_what_is_there_already_is_not_done_again() -> None:
    same = Entry(1, Doing.ADD, "bob", ONE, "Robert", "Smith", ("Golf",))
    assert do_page((same,), (), BOTH, HERE, "GB").changes == ()
    moved = Entry(1, Doing.CHANGE, "Bob", ONE, was=version_of_user(BOB))
    assert do_page((moved,), (), BOTH, Directory(), "GB").result.not_done[0].fault == CHANGED_MEANWHILE
