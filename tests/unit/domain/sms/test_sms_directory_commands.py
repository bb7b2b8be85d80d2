"""What the commands about users, groups and conferences change and tell."""

from dataclasses import replace

import pytest
from subscriber_home import (
    BOB,
    EMPTY,
    EVE,
    GOLF,
    ME,
    MINE,
    NEW,
    after,
    does_nothing,
    say,
    told,
)

from usnd.domain.directory.model import (
    Directory,
    Group,
    GroupMember,
    NickMember,
    NumberMember,
    PutConference,
    PutGroup,
    PutUser,
    RemoveGroup,
    RemoveUser,
    User,
)
from usnd.domain.replies.catalogue import Say, render
from usnd.domain.sms.decision import Situation

# UC, UE, UD


def test_a_user_is_created() -> None:
    decision = say("uc Ann 07700 900004 Ann.Lee")
    assert decision.changes == (PutUser(User("Ann", "+447700900004", "Ann", "Lee")),)
    assert told(decision) == (Say.USER_CREATED, "User Ann created: +447700900004 Ann Lee.")


def test_a_user_is_created_into_groups_each_once_new_or_known() -> None:
    decision = say("UC ann 07700900004 Ann.Lee GOLF chess golf -club Chess")
    member = NickMember("ann")
    assert decision.changes[1:] == (
        PutGroup(Group("Golf", (*GOLF.members, member))),
        PutGroup(Group("chess", (member,))),
    )
    assert told(decision) == (
        Say.USER_CREATED_IN,
        "User ann created: +447700900004 Ann Lee, in Golf, chess.",
    )


@pytest.mark.parametrize(
    ("body", "names", "groups"),
    [
        ("UC ann 07700900004", ("", ""), []),
        ("UC ann 07700900004 Ann", ("Ann", ""), []),
        ("UC ann 07700900004 Ann.", ("Ann", ""), []),
        ("UC ann 07700900004 .Lee", ("", "Lee"), []),
        ("UC ann 07700900004 . chess", ("", ""), ["chess"]),
        ("UC ann 07700900004 golf", ("", ""), ["Golf"]),
        ("UC ann 07700900004 golf club", ("", ""), ["Golf", "Club"]),
        ("UC ann 07700900004 Golf.", ("", ""), ["Golf"]),
        ("UC ann 07700900004 Ann. golf", ("Ann", ""), ["Golf"]),
        ("UC ann 07700900004 .Lee chess", ("", "Lee"), ["chess"]),
        ("UC ann 07700900004 Ann golf", ("Ann", ""), ["Golf"]),
        ("UC ann 07700900004 Zo\u00eb.O\u2019Neil", ("Zo\u00eb", "O'Neil"), []),
        ("UC ann 07700900004 Ann.van.Dam", ("Ann", "van.Dam"), []),
    ],
)
def test_a_name_may_be_left_out(body: str, names: tuple[str, str], groups: list[str]) -> None:
    put, *puts = say(body).changes
    assert put == PutUser(User("ann", "+447700900004", *names))
    assert [change.group.name for change in puts if isinstance(change, PutGroup)] == groups


@pytest.mark.parametrize(
    ("body", "user", "text"),
    [
        ("UE BOB 07700900008", replace(BOB, number="+447700900008"), "+447700900008 Robert Smith, in Golf."),
        ("UE bob Bert.Smith", User("Bob", BOB.number, "Bert", "Smith"), "+447700900002 Bert Smith, in Golf."),
        ("UE bob .Jones", User("Bob", BOB.number, "Robert", "Jones"), "+447700900002 Robert Jones, in Golf."),
        ("UE bob .", User("Bob", BOB.number), "+447700900002, in Golf."),
        ("UE bob golf", BOB, "+447700900002 Robert Smith, in Golf."),
        ("UE eve -golf", EVE, "+447700900003, in no group."),
    ],
)  # fmt: skip
def test_an_edit_changes_what_is_given_only(body: str, user: User, text: str) -> None:
    decision = say(body)
    assert decision.changes == (PutUser(user),)
    assert render(decision.reply) == f"User {user.nick} changed: {text}"


def test_an_edit_puts_into_groups_and_takes_out() -> None:
    decision = say("UE Bob 07700900008 Bert.S chess club -GOLF Chess")
    bob = NickMember("Bob")
    assert decision.changes == (
        PutUser(User("Bob", "+447700900008", "Bert", "S")),
        PutGroup(Group("chess", (bob,))),
        PutGroup(Group("Club", (GroupMember("Golf"), bob))),
        PutGroup(Group("Golf", (NumberMember("+447700900009"),))),
    )
    assert told(decision)[1] == "User Bob changed: +447700900008 Bert S, in Club, chess."


@pytest.mark.parametrize("who", ["bob", "BOB", "07700 900002", "+447700900002"])
def test_a_user_is_deleted_from_everything(who: str) -> None:
    decision = say(f"UD {who}")
    assert decision.changes == (RemoveUser("Bob"),)
    assert told(decision)[1] == "User Bob deleted, also from Golf, IC 3."
    assert not any(NickMember("Bob") in group.members for group in after(decision).groups.values())


def test_a_user_of_no_group_is_deleted() -> None:
    assert told(say("UD eve")) == (Say.USER_DELETED, "User eve deleted.")


# GC, GD, CC


def test_a_group_is_created_with_each_member_once() -> None:
    decision = say("GC Chess BOB, bob golf 07700900009 +447700900009")
    assert decision.changes == (
        PutGroup(Group("Chess", (NickMember("Bob"), GroupMember("Golf"), NumberMember("+447700900009")))),
    )
    assert told(decision) == (Say.GROUP_CREATED, "Group Chess created (3): Bob, Golf, +447700900009.")


def test_a_groups_members_are_replaced_and_its_spelling_stays() -> None:
    decision = say("GC GOLF eve")
    assert decision.changes == (PutGroup(Group("Golf", (NickMember("eve"),))),)
    assert told(decision) == (Say.GROUP_REPLACED, "Group Golf replaced (1): eve.")


def test_a_group_is_deleted_from_everything_and_its_members_stay() -> None:
    decision = say("gd GOLF")
    assert decision.changes == (RemoveGroup("Golf"),)
    assert told(decision)[1] == "Group Golf deleted, also from Club. Its members stay."
    assert after(decision).groups == {"club": Group("Club"), "empty": EMPTY}
    assert after(decision).users == MINE.users
    assert told(say("GD club"))[1] == "Group Club deleted, also from IC 3. Its members stay."
    alone = Situation(ME, Directory({}, {"golf": GOLF}))
    assert told(say("GD golf", alone))[1] == "Group Golf deleted. Its members stay."


def test_a_conference_is_defined_and_redefined_by_reference() -> None:
    members = (GroupMember("Golf"), NickMember("eve"))
    assert say("CC1 golf EVE").changes == (PutConference(1, members),)
    assert told(say("CC1 golf EVE"))[1] == "Conference 1 created (2): Golf, eve. Text IC 1 to call."
    assert say("cc 3 golf eve").changes == (PutConference(3, members),)
    assert told(say("cc 3 golf eve"))[1] == "Conference 3 replaced (2): Golf, eve. Text IC 3 to call."


# UL, GL, LC


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("UL bob", "Bob: +447700900002 Robert Smith, in Golf."),
        ("UL SMITH", "Bob: +447700900002 Robert Smith, in Golf."),
        ("UL smith, rob", "Bob: +447700900002 Robert Smith, in Golf."),
        ("UL 07700900002", "Bob: +447700900002 Robert Smith, in Golf."),
        ("UL 900002", "Bob: +447700900002 Robert Smith, in Golf."),
        ("UL me", "me2: +447700900001, in no group."),
        ("UL 900003", "2 found: eve +447700900003, twin +447700900003."),
        ("UL 0900003", "2 found: eve +447700900003, twin +447700900003."),
        ("GL golf", "Group Golf (2): Bob, +447700900009."),
        ("GL CLUB", "Group Club (1): Golf."),
        ("GL", "Your groups (3): Golf, Club, Empty."),
        ("GL empty", "Nobody is in group Empty. Write: GC <group> <nick, phone or group>..."),
        ("LC3", "Conference 3 (2): Club, Bob. Text IC 3 to call."),
        ("lc", "Your conferences: 3, 5, 7, 30. Text LC <number> to see who is in it."),
    ],
)
def test_what_is_there_is_told(body: str, text: str) -> None:
    assert told(say(body))[1] == text
    assert does_nothing(say(body))


@pytest.mark.parametrize(
    ("body", "answer"),
    [("UL", Say.NO_USERS), ("UL b", Say.NO_USERS), ("GL", Say.NO_GROUPS), ("LC", Say.NO_CONFERENCES)],
)
def test_who_has_nothing_yet_is_told_how_to_begin(body: str, answer: Say) -> None:
    assert say(body, NEW).reply.say is answer
    assert "Write: " in told(say(body, NEW))[1]


def test_a_long_list_is_cut() -> None:
    users = {f"user{n:03}": User(f"user{n:03}", f"+447700900{n:03}", "First", "Last") for n in range(100)}
    text = told(say("UL user", Situation(ME, Directory(users))))[1]
    assert text.startswith("100 found: user000 +447700900000 First Last, user001")
    assert text.endswith(" and 88 more.")
    assert len(text) <= 3 * 153
