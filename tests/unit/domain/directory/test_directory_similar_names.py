"""Names that are written a little otherwise are found; what is only like one is not taken for it."""

import pytest

from usnd.domain.directory.model import Directory, Group, GroupMember, NickMember, User, name_key
from usnd.domain.directory.similar_names import (
    differs_by_a_letter,
    fold,
    member_like,
    parts_of,
    similar,
    spelled_like,
)

USERS = (
    User("Zo\u00eb", "+447700900001", "Zo\u00eb", "Lee"),
    User("bob", "+447700900002", "Robert", "Smith"),
    User("Jos\u00e9", "+447700900003"),
    User("Jose", "+447700900004"),
    User("Ren\u00e9", "+447700900005"),
    User("R\u00ebne", "+447700900005"),
)
GROUPS = (Group("Mkting"), Group("Team1"), Group("Caf\u00e9"), Group("HQ"))
MINE = Directory(
    {name_key(user.nick): user for user in USERS}, {name_key(group.name): group for group in GROUPS}
)


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Zo\u00eb", "zoe"),
        ("J\u00d8RG", "jorg"),
        ("\u0130C", "ic"),
        ("I\u0131", "ii"),
        ("\u0141\u00f3d\u017a", "lodz"),
        ("\uff22\uff4f\uff42", "bob"),
        ("Stra\u00dfe", "strasse"),
        ("\u0939\u093f", "\u0939\u093f"),
        ("\u0419", "\u0438"),
    ],
)
def test_a_name_is_folded(name: str, folded: str) -> None:
    assert fold(name) == folded


def test_accents_may_be_left_out_if_one_only_is_meant() -> None:
    assert spelled_like("zoe", MINE.users) is USERS[0]
    assert spelled_like("jose", MINE.users) is USERS[3]
    assert spelled_like("jos\u00e9", MINE.users) is USERS[2]
    assert spelled_like("rene", MINE.users) is None
    assert spelled_like("b\u00f6b", MINE.users) is USERS[1]
    assert member_like("cafe", MINE) == GroupMember("Caf\u00e9")
    assert member_like("zoe", MINE) == NickMember("Zo\u00eb")
    assert member_like("nobody", MINE) is None
    both = Directory({"z\u00f6e": USERS[0]}, {"zo\u00eb": Group("Zo\u00eb")})
    assert member_like("zoe", both) is None


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("mkting", "mktign", True),
        ("mkting", "mking", True),
        ("mkting", "mktingg", True),
        ("mkting", "mkzing", True),
        ("mkting", "mkting", True),
        ("mkting", "kmtign", False),
        ("mkting", "mktxyg", False),
        ("al", "ai", False),
        ("team1", "team2", False),
        ("team", "team1", False),
        ("bob", "bbo", True),
        ("bob", "bobby", False),
        ("abcd", "acbx", False),
    ],
)
def test_a_letter_may_be_wrong(one: str, other: str, *, differ: bool) -> None:
    assert differs_by_a_letter(one, other) is differ
    assert differs_by_a_letter(other, one) is differ


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("bbo", ("bob",)),
        ("Mktign", ("Mkting",)),
        ("smith", ("bob",)),
        ("robert.smith", ("bob",)),
        ("-mkting", ("Mkting",)),
        ("hq", ("HQ",)),
        ("h", ()),
        ("rene", ("Ren\u00e9", "R\u00ebne")),
    ],
)
def test_names_that_a_word_may_mean(word: str, names: tuple[str, ...]) -> None:
    assert similar(word, MINE) == names
    assert similar(word, MINE, users=False, groups=False) == ()


@pytest.mark.parametrize(
    ("word", "new", "parts"),
    [
        ("bob&zoe", False, ("bob", "zoe")),
        ("bob.zoe", False, ("bob", "zoe")),
        ("bob&nobody", False, ()),
        ("bob&nobody", True, ("bob", "nobody")),
        ("Ann.Lee&-HQ", True, ("Ann.Lee", "-HQ")),
        ("bob-jones", True, ()),
        ("AT&T", True, ()),
        ("bob", False, ()),
    ],
)
def test_names_that_are_written_in_one(word: str, parts: tuple[str, ...], *, new: bool) -> None:
    assert parts_of(word, MINE, new=new) == parts
