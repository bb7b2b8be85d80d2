"""What texts decide is what the store gives back: decide, apply and load agree, on both databases."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError
from store_savepoint import savepoint

from usnd.domain.conference.model import Participant
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
    Subscriber,
    User,
    changed,
)
from usnd.domain.sms.decision import Situation, TextRules
from usnd.domain.sms.interpreter import interpret
from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction
from usnd.store.directory_changes import UnknownMember
from usnd.store.schema import instant_conference_members, instant_conferences

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = TextRules("GB")
ANN, BOB = User("Ann", "+33", "Ann", "Lee"), User("Bob", "+34")
SALES = Group("Sales", (NickMember("Bob"), NickMember("Ann"), NumberMember("+35")))
ALL = Group("All", (GroupMember("Sales"), NickMember("Ann")))
THREE = (GroupMember("All"), NickMember("Ann"), NumberMember("+36"))
EVERYTHING = (
    PutUser(ANN),
    PutUser(BOB),
    PutGroup(SALES),
    PutGroup(ALL),
    PutConference(30, (NumberMember("+37"),)),
    PutConference(3, THREE),
    PutConference(7, ()),
)


@pytest.fixture
def tx(url: str) -> Iterator[Transaction]:
    with engine_for(url).connect() as connection, connection.begin():
        yield Transaction(connection)


@pytest.fixture
def owner(tx: Transaction) -> int:
    """A subscriber who has everything."""
    owner = tx.subscribers.add("+1", NOW).id
    for change in EVERYTHING:
        tx.directory.apply(owner, change)
    return owner


def test_conferences_come_back_as_they_were_put_and_only_to_their_owner(tx: Transaction, owner: int) -> None:
    other = tx.subscribers.add("+2", NOW).id
    tx.directory.apply(other, PutConference(3, (NumberMember("+99"),)))
    assert tx.directory.load(owner) == changed(Directory(), EVERYTHING)
    assert tx.directory.load(other).conferences == {3: (NumberMember("+99"),)}


def test_a_conference_is_redefined(tx: Transaction, owner: int) -> None:
    tx.directory.apply(owner, PutConference(3, (NickMember("BOB"),)))
    conferences = {3: (NickMember("Bob"),), 7: (), 30: (NumberMember("+37"),)}
    assert tx.directory.load(owner).conferences == conferences
    with pytest.raises(UnknownMember), savepoint(tx):
        tx.directory.apply(owner, PutConference(3, (NickMember("Nobody"),)))
    assert tx.directory.load(owner).conferences == conferences


@pytest.mark.parametrize(
    "gone", [RemoveUser("ANN"), RemoveUser("Bob"), RemoveGroup("sales"), RemoveGroup("ALL"), RemoveUser("No")]
)
def test_who_is_deleted_is_gone_from_everything_and_nothing_else_is(
    tx: Transaction, owner: int, gone: RemoveUser | RemoveGroup
) -> None:
    other = tx.subscribers.add("+2", NOW).id
    for change in EVERYTHING:
        tx.directory.apply(other, change)
    tx.directory.apply(owner, gone)
    assert tx.directory.load(owner) == changed(Directory(), (*EVERYTHING, gone))
    assert tx.directory.load(other) == changed(Directory(), EVERYTHING)


def test_a_deleted_subscriber_takes_everything_along(tx: Transaction, owner: int) -> None:
    tx.execute(text("DELETE FROM subscribers"))
    assert tx.directory.load(owner) == Directory()
    for table in ("users", "groups", "group_members", "instant_conferences", "instant_conference_members"):
        assert tx.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0


@pytest.mark.parametrize("number", [0, 31, 3])
def test_a_conference_has_a_number_of_its_own_from_1_to_30(tx: Transaction, owner: int, number: int) -> None:
    with pytest.raises(IntegrityError), savepoint(tx):
        tx.execute(insert(instant_conferences), {"subscriber_id": owner, "number": number})


@pytest.mark.parametrize("wrong", [{}, {"number": "+2", "user_id": 1}])
def test_a_conference_member_is_exactly_one_thing(
    tx: Transaction, owner: int, wrong: dict[str, object]
) -> None:
    conference = tx.execute(select(instant_conferences.c.id)).scalars().first()
    row = {"instant_conference_id": conference, "position": 99, **wrong}
    with pytest.raises(IntegrityError), savepoint(tx):
        tx.execute(insert(instant_conference_members), row)


def test_what_is_set_for_a_subscriber_is_kept(tx: Transaction) -> None:
    one, two = tx.subscribers.add("+1", NOW), tx.subscribers.add("+2", NOW, language="fi")
    assert (one.language, one.call_texts, two.language) == ("en", False, "fi")
    changed_one = Subscriber(one.id, "+1", suspended=True, language="sv", call_texts=True)
    tx.subscribers.save_all([changed_one], NOW)
    assert tx.subscribers.by_number("+1") == changed_one
    assert tx.subscribers.by_number("+2") == two
    with pytest.raises(LookupError):
        tx.subscribers.save_all([two, Subscriber(99, "+9")], NOW)


def test_a_national_name_is_found_again_however_it_is_written(tx: Transaction) -> None:
    me = tx.subscribers.add("+447700900001", NOW)
    texts = [
        "UC Jo\u0308rg 07700900002 J\u00f6rg.Gr\u00fc\u00df Stra\u00dfe",
        "UC सीता 07700900003 . strasse",
    ]
    texts += ["CC3 STRASSE", "UE J\u00d6RG .\u674e"]
    for body in texts:
        send(tx, me, body)
    mine = tx.directory.load(me.id)
    assert mine.users["j\u00f6rg"] == User("J\u00f6rg", "+447700900002", "J\u00f6rg", "\u674e")
    called = interpret("IC3", Situation(me, mine), RULES).launch
    assert called == (
        Participant("+447700900002", "J\u00f6rg \u674e"),
        Participant("+447700900003", "सीता"),
    )


def send(tx: Transaction, me: Subscriber, body: str) -> bool:
    """Decides and writes, and checks that the store then has what the domain says; whether it changed."""
    before = tx.directory.load(me.id)
    decision = interpret(body, Situation(me, before), RULES)
    for change in decision.changes:
        tx.directory.apply(me.id, change)
    if decision.changes:
        assert tx.directory.load(me.id) == changed(before, decision.changes), body
    return bool(decision.changes)


NICKS = ["ann", "BOB", "Bob", "eve", "Jo\u0308rg", "J\u00f6rg", "\u674e\u660e"]
GROUPS = ["golf", "GOLF", "chess", "Sales"]
PHONES = ["07700900002", "+447700900003", "0044 7700 900004"]


def any_text(rng: random.Random) -> str:
    """Mostly a command that does something: a user who is not there is created soon."""
    nick, group, number = rng.choice(NICKS), rng.choice(GROUPS), rng.randrange(1, 5)
    members = " ".join(rng.sample([*NICKS, *GROUPS, "07700900009"], rng.randrange(1, 4)))
    groups = " ".join(rng.choice(["", "", "-"]) + name for name in rng.sample(GROUPS, rng.randrange(3)))
    name = rng.choice(["A.B", "C.D", "C.", ".", ".", ".Z", "Zo\u00eb.L", "golf"])
    return rng.choice(
        [
            *[f"UC {nick} {rng.choice(PHONES)} {name} {groups}"] * 6,
            *[f"UE {nick} {name} {groups}", f"UE {nick} {groups}"] * 2,
            *[f"GC {group} {members}", f"CC{number} {members}"] * 4,
            *[f"UD {nick}", f"UD {rng.choice(PHONES)}", f"GD {group}"],
            *["UL", "GL", f"LC{number}", f"IC {members}", f"IC{number}", f"SB {members}: hi"],
        ]
    )


def test_any_texts_leave_in_the_store_what_the_domain_says(tx: Transaction) -> None:
    wrote = 0

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(some.integers(0, 10**9))
    def decided_is_loaded(seed: int) -> None:
        nonlocal wrote
        rng = random.Random(seed)
        me = tx.subscribers.add("+447700900001", NOW)
        wrote += sum(send(tx, me, any_text(rng)) for _ in range(40))
        tx.execute(text("DELETE FROM subscribers"))

    decided_is_loaded()
    assert wrote > 250, "texts that do nothing, or are asked about, prove nothing"


def test_an_unknown_change_is_refused_and_not_waited_for(tx: Transaction, owner: int) -> None:
    with pytest.raises(TypeError, match="str"):
        tx.directory.apply(owner, "no change")  # what no type checker saw
