"""What is exported comes back the same, in each kind of file, whatever people are called (W1)."""

from collections.abc import Mapping

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usnd.domain.contacts.contact_file import Kind, read, written
from usnd.domain.contacts.export import exported
from usnd.domain.contacts.page import do_page, undo_page
from usnd.domain.contacts.plan import ON_A_PAGE, Doing, Entry, planned
from usnd.domain.directory.edits import UserForm, edit_user
from usnd.domain.directory.model import (
    Directory,
    Group,
    NickMember,
    PutGroup,
    changed,
    is_name,
    name_key,
)
from usnd.domain.directory.similar_names import fold
from usnd.domain.portal.csv_cells import guarded, unguarded
from usnd.domain.sms.characters import is_wordlike, plain

DO = (Doing.ADD, Doing.CHANGE)
SIGNS = "._&'-"
LETTERS = st.characters(categories=("Ll", "Lu", "Lo", "Nd"))
PERSON = (
    st.text(st.one_of(st.sampled_from("aB0" + SIGNS), LETTERS), max_size=18).map(plain).filter(is_wordlike)
)
NAME = st.text(st.one_of(st.sampled_from("aBc" + SIGNS), LETTERS), min_size=2, max_size=20).map(plain)
NUMBERS = [
    phonenumbers.format_number(
        phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE),
        phonenumbers.PhoneNumberFormat.E164,
    )
    for region in ("GB", "DE", "AT", "FR", "IT", "US", "CH", "ES")
]


@st.composite
def directories(draw: st.DrawFn) -> Directory:
    """As forms and texts can make it."""
    directory, names = Directory(), dict[str, str]()
    for name in draw(st.lists(NAME.filter(is_name), max_size=9)):
        names.setdefault(fold(name), name)
    for nick in [*names.values()][:6]:
        first, last = draw(PERSON), draw(PERSON)
        form = UserForm(nick, draw(st.sampled_from(NUMBERS)), first, last)
        edit = edit_user(form, directory, "GB")
        assert isinstance(edit, tuple), edit
        directory = changed(directory, edit)
    nicks = [user.nick for user in directory.users.values()]
    for name in [*names.values()][6:] if nicks else []:
        inside = draw(st.lists(st.sampled_from(nicks), min_size=1, unique=True))
        directory = changed(directory, [PutGroup(Group(name, tuple(map(NickMember, inside))))])
    return directory


def said(directory: Directory) -> tuple[Mapping[str, object], Mapping[str, set[str]]]:
    """Users, and who is in which group; the order in a group is not in a file."""
    groups = {
        group.name: {name_key(one.nick) for one in group.members if isinstance(one, NickMember)}
        for group in directory.groups.values()
    }
    return dict(directory.users), groups


def pages(entries: tuple[Entry, ...]) -> list[tuple[Entry, ...]]:
    return [entries[place : place + ON_A_PAGE] for place in range(0, len(entries), ON_A_PAGE)]


@pytest.mark.parametrize("kind", Kind)
@settings(max_examples=60, deadline=None)
@given(directory=directories(), language=st.sampled_from(["en", "de", "fr"]))
def test_it_comes_back_whole_and_twice_is_once(kind: Kind, directory: Directory, language: str) -> None:
    if not directory.users:
        return
    contacts = read(written(exported(directory), kind, language))
    entries = planned(contacts, Directory(), "GB")
    assert {one.doing for one in entries} == {Doing.ADD}, entries
    back, results = Directory(), []
    for page in pages(entries):
        done = do_page(page, (), DO, back, "GB")
        assert not done.result.not_done
        back = changed(back, done.changes)
        results.append(done.result)
    assert said(back) == said(directory)
    assert {one.doing for one in planned(contacts, back, "GB")} == {Doing.SAME}
    assert {one.doing for one in planned(contacts, directory, "GB")} == {Doing.SAME}
    for result in reversed(results):
        undone = undo_page(result, back)
        assert not undone.stay
        back = changed(back, undone.changes)
    assert said(back) == ({}, {})


CELL = st.text(st.one_of(st.sampled_from("'=+-@|%\t\r\n ab"), st.characters(exclude_categories=("Cs",))))


@settings(deadline=None)
@given(CELL)
def test_a_cell_is_guarded_and_comes_back(text: str) -> None:
    cell = guarded(text)
    assert unguarded(cell) == text
    assert not cell.lstrip().startswith(
        ("=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
    )
