"""What forms of the portal change, by the rules of texts; and undoing a deletion without overwriting."""

from typing import Any

import pytest

from usnd.domain.directory.edits import (
    Field,
    MembersForm,
    Refused,
    Stop,
    UserForm,
    edit_conference,
    edit_group,
    edit_joining,
    edit_user,
    fault_of,
    pick_conferences,
    pick_groups,
    pick_users,
    values_of,
)
from usnd.domain.directory.model import (
    Directory,
    Group,
    GroupMember,
    JoinGroup,
    LeaveGroup,
    NickMember,
    NumberMember,
    PutConference,
    PutGroup,
    PutUser,
    RemoveConference,
    RemoveGroup,
    RemoveUser,
    User,
    changed,
)
from usnd.domain.directory.undo import Removal, removal_of, restored
from usnd.domain.directory.versions import ABSENT, version_of_members, version_of_user, version_of_values
from usnd.domain.replies.catalogue import Say
from usnd.domain.sms.decision import Situation, TextRules
from usnd.domain.sms.interpreter import interpret

BOB, ZOE = User("bob", "+447700900001", "Bob", "Stone"), User("Zoë", "+447700900002")
BOBS, ZOES, GOLF = NickMember("bob"), NickMember("Zoë"), GroupMember("golf")
OTHER = NumberMember("+447700900009")
HERE = Directory(
    {"bob": BOB, "zoë": ZOE},
    {"golf": Group("golf", (BOBS, OTHER, ZOES)), "all": Group("all", (GOLF,))},
    {3: (BOBS, GOLF)},
)
V = version_of_user(BOB)
GOLF_WAS = version_of_members(HERE.groups["golf"].members)
THREE_WAS = version_of_members(HERE.conferences[3])


def user(form: UserForm) -> Any:
    return edit_user(form, HERE, "GB")


def test_a_new_user_is_as_a_text_makes_them() -> None:
    made = user(UserForm(" Ben ", "07700 900003", "Ben", "Stone"))
    assert made == (PutUser(User("Ben", "+447700900003", "Ben", "Stone")),)
    subscriber: Any = type(
        "Ann", (), {"suspended": False, "language": "en", "participants": None, "number": ""}
    )
    text = interpret("UC Ben 07700900003 Ben.Stone", Situation(subscriber, HERE), TextRules("GB"))
    assert text.changes == made


@pytest.mark.parametrize(
    ("form", "field", "say"),
    [
        (UserForm("b", "07700900003"), Field.NICK, Say.BAD_NAME),
        (UserForm("<b>", "07700900003"), Field.NICK, Say.BAD_NAME),
        (UserForm("BOB", "07700900003"), Field.NICK, Say.USER_EXISTS),
        (UserForm("zoe", "07700900003"), Field.NICK, Say.USER_EXISTS),
        (UserForm("Golf", "07700900003"), Field.NICK, Say.NAME_TAKEN_BY_GROUP),
        (UserForm("ben", "12"), Field.PHONE, Say.BAD_NUMBER),
        (UserForm("ben", "7700900003"), Field.PHONE, Say.UNSURE_NUMBER),
        (UserForm("ben", "07700900003", "Mary Ann"), Field.PERSON, Say.BAD_PERSON),
        (UserForm("ben", "07700900003", "a" * 30, "b" * 30), Field.PERSON, Say.BAD_PERSON),
        (UserForm("bob", "12", version=V), Field.PHONE, Say.BAD_NUMBER),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_user_is_told_as_in_a_text(form: UserForm, field: Field, say: Say) -> None:
    refused = user(form)
    assert (refused.field, refused.why.say) == (field, say)


def test_a_user_who_changed_meanwhile_is_not_overwritten() -> None:
    assert user(UserForm("BOB", "+447700900005", version=V)) == (PutUser(User("bob", "+447700900005")),)
    assert user(UserForm("bob", "+447700900005", version=version_of_user(ZOE))) is Stop.STALE
    assert user(UserForm("nobody", "+447700900005", version=V)) is Stop.GONE


def group(name: str, form: MembersForm) -> Any:
    return edit_group(name, form, HERE, "GB")


def test_members_of_a_group_come_and_go() -> None:
    form = MembersForm(("ZOË", "bob"), ("07700 900009",), (), ABSENT)
    assert group(" team ", form) == (PutGroup(Group("team", (ZOES, BOBS, OTHER))),)
    form = MembersForm(("bob",), ("+447700900007",), ("BOB", OTHER.number), GOLF_WAS)
    assert group("GOLF", form) == (PutGroup(Group("golf", (ZOES, BOBS, NumberMember("+447700900007")))),)
    assert group("new", MembersForm()) == (PutGroup(Group("new")),)


@pytest.mark.parametrize(
    ("name", "form", "field", "say"),
    [
        ("1x", MembersForm(), Field.NAME, Say.BAD_NAME),
        ("Bob", MembersForm(), Field.NAME, Say.NAME_TAKEN_BY_USER),
        ("GOLF", MembersForm(), Field.NAME, Say.NAME_TAKEN_BY_GROUP),
        ("team", MembersForm(("eve",)), Field.MEMBERS, Say.UNKNOWN_NAMES),
        ("team", MembersForm(numbers=("12",)), Field.NUMBERS, Say.BAD_NUMBER),
        ("team", MembersForm(("team",)), Field.MEMBERS, Say.CYCLE),
        ("golf", MembersForm(("all",), version=GOLF_WAS), Field.MEMBERS, Say.CYCLE),
    ],
)
def test_what_is_wrong_with_a_group(name: str, form: MembersForm, field: Field, say: Say) -> None:
    refused = group(name, form)
    assert (refused.field, refused.why.say) == (field, say)


def test_a_group_that_changed_meanwhile_is_not_overwritten() -> None:
    assert group("golf", MembersForm(("bob",), version=THREE_WAS)) is Stop.STALE
    assert group("gone", MembersForm(("bob",), version=THREE_WAS)) is Stop.GONE


def conference(number: int, form: MembersForm, most: int = 60) -> Any:
    return edit_conference(number, form, HERE, "GB", most)


def test_an_instant_conference_is_made_and_changed() -> None:
    assert conference(4, MembersForm(("bob", "golf"))) == (PutConference(4, (BOBS, GOLF)),)
    assert conference(3, MembersForm((), (), ("golf",), THREE_WAS)) == (PutConference(3, (BOBS,)),)
    assert conference(3, MembersForm(("bob",))) is Stop.STALE, "somebody has made it meanwhile"
    assert conference(4, MembersForm(("bob",), version=THREE_WAS)) is Stop.GONE


TYPED = tuple(f"+4477009001{nth:02}" for nth in range(11))


@pytest.mark.parametrize(
    ("form", "most", "field", "say"),
    [
        (MembersForm(), 60, Field.MEMBERS, Say.MEMBERS_MISSING),
        (MembersForm(leaves=("bob", "golf"), version=THREE_WAS), 60, Field.MEMBERS, Say.MEMBERS_MISSING),
        (MembersForm(numbers=TYPED), 60, Field.NUMBERS, Say.TOO_MANY_NUMBERS),
        (MembersForm(numbers=TYPED[:10]), 9, Field.MEMBERS, Say.TOO_MANY),
        (MembersForm(("golf",)), 2, Field.MEMBERS, Say.TOO_MANY),
        (MembersForm(numbers=("x",)), 60, Field.NUMBERS, Say.BAD_NUMBER),
    ],
)
def test_what_is_wrong_with_a_conference(form: MembersForm, most: int, field: Field, say: Say) -> None:
    refused = conference(3 if form.version else 5, form, most)
    assert isinstance(refused, Refused)
    assert (refused.field, refused.why.say) == (field, say)


def test_only_what_is_as_it_was_shown_is_deleted() -> None:
    picked = pick_users({"bob": V, "Zoë": V, "gone": V}, HERE)
    assert (picked.names, picked.changed) == (("bob",), ("Zoë",))
    groups = pick_groups({"golf": GOLF_WAS, "all": GOLF_WAS}, HERE)
    assert (groups.names, groups.changed) == (("golf",), ("all",))
    conferences = pick_conferences({"3": THREE_WAS, "4": THREE_WAS, "x": ""}, HERE, {4})
    assert conferences is not None
    assert (conferences.names, conferences.changed) == (("3",), ())
    assert changed(HERE, [RemoveConference(3)]).conferences == {}


def test_an_instant_conference_that_runs_is_not_deleted_nor_another_with_it() -> None:
    assert pick_conferences({"3": THREE_WAS, "4": THREE_WAS}, HERE, {3}) is None


def test_an_undo_brings_all_back_to_its_place() -> None:
    removal = removal_of([ZOES, BOBS, GOLF], HERE)
    gone = changed(HERE, [RemoveUser("zoë"), RemoveUser("bob"), RemoveGroup("golf")])
    back = restored(removal, gone, 60)
    assert (back.back, back.left_out) == (("Zoë", "bob", "golf"), ())
    assert changed(gone, back.changes) == HERE


def test_an_undo_overwrites_nothing_that_was_made_since() -> None:
    removal = removal_of([BOBS, ZOES], HERE)
    since = [RemoveUser("bob"), RemoveUser("zoë"), PutUser(User("BOB", "+447700900555"))]
    now = changed(HERE, [*since, PutGroup(Group("golf", (OTHER, NickMember("BOB"))))])
    back = restored(removal, now, 60)
    after = changed(now, back.changes)
    assert (back.back, back.left_out) == (("Zoë",), ("bob",))
    assert after.users["bob"].number == "+447700900555"
    assert after.groups["golf"].members == (OTHER, NickMember("BOB"), ZOES)


def test_an_undo_keeps_to_the_rules() -> None:
    gone = changed(HERE, [RemoveGroup("golf"), PutConference(3, (BOBS, OTHER)), RemoveGroup("all")])
    back = restored(removal_of([GOLF], HERE), gone, 2)
    assert changed(gone, back.changes).conferences[3] == (BOBS, OTHER), "it would have too many people"
    cycle = changed(gone, [PutGroup(Group("in", (GroupMember("all"),)))])
    removal = removal_of(
        [GroupMember("all")], changed(HERE, [PutGroup(Group("golf", (GroupMember("all"),)))])
    )
    after = changed(cycle, restored(removal, changed(cycle, [PutGroup(Group("golf", (BOBS,)))]), 60).changes)
    assert after.groups["all"].members == (GOLF,)


@pytest.mark.parametrize(
    ("name", "nicks", "joins", "is_new"),
    [
        (" GOLF ", ("bob", "Zo\u00eb"), JoinGroup("golf", ()), False),
        ("all", ("bob",), JoinGroup("all", ("bob",)), False),
        ("New", ("bob", "Zo\u00eb"), JoinGroup("New", ("bob", "Zo\u00eb")), True),
    ],
)
def test_several_come_into_a_group_at_once(
    name: str,
    nicks: tuple[str, ...],
    joins: JoinGroup,
    is_new: bool,  # noqa: FBT001 # a column of the table
) -> None:
    joining = edit_joining(name, nicks, HERE)
    assert not isinstance(joining, Refused)
    assert (joining.change, joining.is_new) == (joins, is_new)


@pytest.mark.parametrize(("name", "say"), [("7", Say.BAD_NAME), ("zoe", Say.NAME_TAKEN_BY_USER)])
def test_no_group_can_be_named_so(name: str, say: Say) -> None:
    refused = edit_joining(name, ("bob",), HERE)
    assert isinstance(refused, Refused)
    assert (refused.field, refused.why.say) == (Field.NAME, say)


def test_whom_a_group_got_at_once_goes_out_again() -> None:
    after = changed(HERE, [JoinGroup("all", ("bob",)), JoinGroup("New", ("bob", "Zo\u00eb"))])
    assert after.groups["all"].members == (GOLF, BOBS)
    back = restored(Removal(group="all", joined=("bob",)), after, 60)
    assert (back.changes, back.back) == ((LeaveGroup("all", ("bob",)),), ("bob",))
    assert changed(after, back.changes).groups["all"] == HERE.groups["all"]
    new = Removal(group="New", joined=("bob", "Zo\u00eb"), made=True)
    assert restored(new, after, 60).changes == (RemoveGroup("New"),)
    used = changed(after, [PutConference(5, (GroupMember("New"),))])
    assert restored(new, used, 60).changes == (LeaveGroup("New", ("bob", "Zo\u00eb")),)
    fuller = changed(after, [PutGroup(Group("New", (OTHER, BOBS)))])
    assert restored(new, fuller, 60).changes == (LeaveGroup("New", ("bob",)),)
    assert restored(new, HERE, 60).left_out == ("bob", "Zo\u00eb")
    assert changed(HERE, [LeaveGroup("none", ("bob",))]).groups["none"] == Group("none")


def test_a_refusal_has_a_name_and_values_that_can_be_shown() -> None:
    refused = edit_group("golf", MembersForm(("\u2028no", "nor"), version=GOLF_WAS), HERE, "GB")
    assert isinstance(refused, Refused)
    assert fault_of(refused.why) == "unknown-names"
    assert values_of(refused.why) == {"names": "no, nor"}


def test_values_have_a_version() -> None:
    assert version_of_values(["a", "b"]) != version_of_values(["ab", ""])
