"""Each repository saves and loads exactly what the domain has, on both databases."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import Update, text
from sqlalchemy.exc import IntegrityError

from usnd.domain.calls import Call, CallState, Direction, Outcome, Role
from usnd.domain.cdr import Cdr, cdr_of
from usnd.domain.conducting import launch
from usnd.domain.conference import Conference, ConferenceState, EndReason, Participant, Rules
from usnd.domain.directory import (
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
from usnd.domain.messages import Draft, Earlier, IncomingText, MtState, Priority, Settlement
from usnd.store.changes import UnknownMember
from usnd.store.engine import engine_for
from usnd.store.statements import Found, Row
from usnd.store.transaction import Transaction

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
TEXT = IncomingText("smsc-a", "bind-1", "+447700900001", "4242", "IC Mkting", "f00d")


@pytest.fixture
def tx(url: str) -> Iterator[Transaction]:
    with engine_for(url).connect() as connection, connection.begin():
        yield Transaction(connection)


# Subscribers and directories


def test_a_subscriber_is_found_by_number(tx: Transaction) -> None:
    assert tx.subscribers.by_number("+1") is None
    one, two = tx.subscribers.add("+1", NOW), tx.subscribers.add("+2", NOW)
    assert tx.subscribers.by_number("+1") == one == Subscriber(one.id, "+1")
    assert tx.subscribers.list() == (one, two)


def test_a_number_is_registered_once(tx: Transaction) -> None:
    tx.subscribers.add("+1", NOW)
    with pytest.raises(IntegrityError), tx.savepoint():
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
    with pytest.raises(IntegrityError), tx.savepoint():
        tx.directory.apply(99, PutUser(User("Ann", "+3")))


# Texts


def draft(body: str = "Done", **changes: Any) -> Draft:
    return replace(Draft("smsc-a", "4242", TEXT.sender, body, NOW, LATER), **changes)


def test_an_earlier_text_is_the_newest_within_the_time(tx: Transaction) -> None:
    assert tx.texts.earlier(["f00d"], NOW) == {}
    (_, other) = tx.texts.add_mo([TEXT, replace(TEXT, fingerprint="beef")], NOW)
    (newest,) = tx.texts.add_mo([replace(TEXT, session="bind-2")], LATER)
    known = {
        "f00d": Earlier(newest, "bind-2", LATER, answer_seen=False),
        "beef": Earlier(other, "bind-1", NOW, answer_seen=False),
    }
    assert tx.texts.earlier(["f00d", "beef", "none"], NOW) == known
    assert tx.texts.earlier(["f00d", "beef"], LATER) == {"f00d": known["f00d"]}
    assert tx.texts.earlier(["f00d"], LATER + timedelta(microseconds=1)) == {}


def test_the_sessions_over_which_a_text_came_again_are_kept(tx: Transaction) -> None:
    one, other = tx.texts.add_mo([TEXT, replace(TEXT, fingerprint="beef")], NOW)
    tx.texts.redelivered([])
    tx.texts.redelivered([(one, "bind-2"), (other, "bind-2")])
    tx.texts.redelivered([(one, "bind-3")])
    assert tx.texts.earlier(["f00d", "beef"], NOW) == {
        "f00d": Earlier(
            one, "bind-1", NOW, answer_seen=False, redelivered_over=frozenset({"bind-2", "bind-3"})
        ),
        "beef": Earlier(other, "bind-1", NOW, answer_seen=False, redelivered_over=frozenset({"bind-2"})),
    }


def test_many_texts_get_their_ids_in_order(tx: Transaction) -> None:
    bodies = [f"{number} \N{FACE WITH TEARS OF JOY} \" ' \0 \ud83d :rows %s" for number in range(300)]
    ids = tx.texts.add_mo([replace(TEXT, body=body) for body in bodies], NOW)
    assert ids == sorted(set(ids))
    queued = tx.texts.queue_mt([draft(body, mo_id=mo) for body, mo in zip(bodies, ids, strict=True)])
    stored = tx.execute(text("SELECT mo_id, id, body FROM mt_texts ORDER BY id")).all()
    whole = [body.replace("\0", "\ufffd").replace("\ud83d", "\ufffd") for body in bodies]
    assert [tuple(row) for row in stored] == list(zip(ids, [one.id for one in queued], whole, strict=True))
    assert tx.texts.add_mo([], NOW) == tx.texts.queue_mt([]) == []


@pytest.mark.parametrize(
    ("state", "session", "seen"),
    [
        (MtState.SENT, "bind-1", True),
        (MtState.SENT, "bind-2", False),
        (MtState.REJECTED, "bind-1", False),
        (MtState.EXPIRED, None, False),
    ],
)
def test_an_answer_is_seen_when_it_went_over_the_same_session(
    tx: Transaction, state: MtState, session: str | None, *, seen: bool
) -> None:
    (mo,) = tx.texts.add_mo([TEXT], NOW)
    (reply,) = tx.texts.queue_mt([draft(mo_id=mo)])
    assert tx.texts.settle([Settlement(reply.id, state, session)], NOW) == {reply.id}
    assert tx.texts.earlier(["f00d"], NOW) == {"f00d": Earlier(mo, "bind-1", NOW, answer_seen=seen)}


def test_each_bind_and_priority_has_its_queue_in_order(tx: Transaction) -> None:
    blast = tx.texts.queue_mt([draft(f"{number}", priority=Priority.BULK) for number in range(3)])
    replies = tx.texts.queue_mt([draft(f"{number}") for number in range(3)])
    (other,) = tx.texts.queue_mt([draft(smsc="smsc-b")])
    assert tx.texts.queued("smsc-a", Priority.REPLY, 10) == replies
    assert tx.texts.queued("smsc-a", Priority.BULK, 2) == blast[:2]
    assert tx.texts.queued("smsc-a", Priority.BULK, 2, blast[1].id) == blast[2:]
    assert tx.texts.queued("smsc-b", Priority.REPLY, 2) == [other]
    tx.texts.settle([Settlement(replies[0].id, MtState.SENT)], LATER)
    assert tx.texts.queued("smsc-a", Priority.REPLY, 1) == [replies[1]]


def test_texts_for_a_bind_that_is_no_more_go_by_another(tx: Transaction) -> None:
    gone, kept, sent = tx.texts.queue_mt([draft(smsc="old"), draft(smsc="smsc-b"), draft(smsc="old")])
    tx.texts.settle([Settlement(sent.id, MtState.SENT)], NOW)
    assert tx.texts.reroute("smsc-a", ["smsc-a", "smsc-b"]) == 1
    assert tx.texts.queued("smsc-a", Priority.REPLY, 9) == [replace(gone, smsc="smsc-a")]
    assert tx.texts.queued("smsc-b", Priority.REPLY, 9) == [kept]


def test_a_text_is_settled_once(tx: Transaction) -> None:
    sent, late = tx.texts.queue_mt([draft(), draft()])
    done = Settlement(sent.id, MtState.SENT, "bind-1", "7f")
    assert tx.texts.settle([done, Settlement(99, MtState.SENT)], NOW) == {sent.id}
    again = [replace(done, state=MtState.EXPIRED, error="late"), Settlement(late.id, MtState.EXPIRED)]
    assert tx.texts.settle(again, LATER) == {late.id}
    kept = tx.execute(text("SELECT state, session, smsc_message_id, error FROM mt_texts ORDER BY id")).all()
    assert [tuple(row) for row in kept] == [("sent", "bind-1", "7f", None), ("expired", None, None, None)]


# Conferences and CDRs

MINUTES = some.integers(0, 10_000_000).map(lambda minutes: NOW + timedelta(minutes=minutes))
MAYBE = some.none() | MINUTES
WORDS = some.text(some.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
CALLS = some.builds(
    Call,
    id=some.just(""),
    number=some.from_regex(r"\+[0-9]{3,15}", fullmatch=True),
    name=WORDS,
    role=some.sampled_from(Role),
    direction=some.sampled_from(Direction),
    state=some.sampled_from(CallState),
    planned_at=MINUTES,
    answered_at=MAYBE,
    joined_at=MAYBE,
    ended_at=MAYBE,
    cause=some.none() | some.integers(1, 127),
    outcome=some.none() | some.sampled_from(Outcome),
    told_to_end=some.booleans(),
    leaving_since=MAYBE,
)


def conferences(number: int, subscriber: Subscriber) -> some.SearchStrategy[Conference]:
    """With calls in an order that is not the order of their ids."""
    return some.builds(
        Conference,
        id=some.just(number),
        subscriber_id=some.just(subscriber.id),
        subscriber_number=some.just(subscriber.number),
        state=some.sampled_from(ConferenceState),
        launched_at=MINUTES,
        calls=some.lists(CALLS, max_size=12).map(
            lambda calls: tuple(replace(call, id=f"usn-{-place}") for place, call in enumerate(calls))
        ),
        away_until=MAYBE,
        ended_at=MAYBE,
        end_reason=some.none() | some.sampled_from(EndReason),
    )


def test_any_conference_comes_back_as_it_was_saved_and_saved_again(tx: Transaction) -> None:
    subscriber = tx.subscribers.add("+1", NOW)

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(some.data())
    def saved_is_loaded(data: some.DataObject) -> None:
        number = tx.conferences.reserve_ids(1)[0]
        first, second = data.draw(conferences(number, subscriber)), data.draw(conferences(number, subscriber))
        if len(second.calls) < len(first.calls):  # a conference never loses a call
            first, second = second, first
        tx.conferences.add([(first, None)])
        assert tx.conferences.get(number) == first
        tx.conferences.save(first, second)
        assert tx.conferences.get(number) == second
        assert [one for one in tx.conferences.live() if one.id == number] == [second] * second.live
        tx.execute(text("DELETE FROM conferences"))

    saved_is_loaded()


def gathered(tx: Transaction, number: str = "+1") -> Conference:
    subscriber = tx.subscribers.by_number(number) or tx.subscribers.add(number, NOW)
    people = (Participant("+2", "Ann"), Participant("+3", "Bob"))
    step = launch(tx.conferences.reserve_ids(1)[0], (subscriber.id, number), people, Rules(), NOW)
    tx.conferences.add([(step.conference, None)])
    return step.conference


def test_only_what_differs_is_written(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    before = gathered(tx)
    written: list[str] = []
    execute = tx.execute

    def noted(statement: Update, values: Row | Sequence[Row]) -> Found:
        written.append(str(statement.table))
        return execute(statement, values)

    monkeypatch.setattr(tx, "execute", noted)
    tx.conferences.save(before, before)
    assert written == []
    owner, ann, bob = before.calls
    ringing = replace(before, calls=(owner, replace(ann, state=CallState.RINGING), bob))
    tx.conferences.save(before, ringing)
    assert written == ["calls"]
    tx.conferences.save(ringing, replace(ringing, state=ConferenceState.RUNNING))
    assert written == ["calls", "conferences"]


def test_ids_are_not_given_again(tx: Transaction) -> None:
    first = gathered(tx)
    tx.execute(text("DELETE FROM conferences"))
    assert tx.conferences.reserve_ids(1)[0] == first.id + 1


def test_live_conferences_are_found_and_ended_ones_are_not(tx: Transaction) -> None:
    one, two, other = gathered(tx), gathered(tx), gathered(tx, "+9")
    over = replace(one, state=ConferenceState.ENDED, ended_at=LATER, end_reason=EndReason.EMPTY)
    assert tx.conferences.live() == [one, two, other]
    whose = [one.subscriber_id, other.subscriber_id, 99]
    assert tx.conferences.live_of(whose) == {
        one.subscriber_id: (two.id, two.state),
        other.subscriber_id: (other.id, other.state),
    }
    tx.conferences.save(one, over)
    tx.conferences.save(two, replace(two, state=ConferenceState.ENDED))
    assert tx.conferences.live() == [other]
    assert list(tx.conferences.live_of(whose)) == [other.subscriber_id]
    assert tx.conferences.get(one.id) == over
    assert tx.conferences.get(99) is None
    assert [found.id for found in tx.conferences.ended(9)] == [one.id, two.id], "the newest last"
    assert [len(found.calls) for found in tx.conferences.ended(1)] == [len(two.calls)]


def test_a_conference_remembers_the_text_that_launched_it(tx: Transaction) -> None:
    template = gathered(tx)
    (mo,) = tx.texts.add_mo([TEXT], NOW)
    launched = replace(template, id=tx.conferences.reserve_ids(1)[0], calls=())
    tx.conferences.add([(launched, mo)])
    assert tx.conferences.launched_by(mo) == launched.id
    assert tx.conferences.launched_by(mo + 1) is None
    tx.conferences.save(launched, replace(launched, state=ConferenceState.ENDED))
    query = text("SELECT mo_id FROM conferences WHERE id = :id")
    assert tx.execute(query, {"id": launched.id}).scalar() == mo


def test_a_conference_that_is_not_there_cannot_be_changed(tx: Transaction) -> None:
    before = gathered(tx)
    tx.execute(text("DELETE FROM conferences"))
    with pytest.raises(LookupError):
        tx.conferences.save(before, replace(before, state=ConferenceState.ENDED))
    with pytest.raises(IntegrityError), tx.savepoint():
        tx.conferences.add([(replace(before, subscriber_id=99), None)])


def test_the_same_conference_is_not_launched_twice(tx: Transaction) -> None:
    before = gathered(tx)
    with pytest.raises(IntegrityError), tx.savepoint():
        tx.conferences.add([(before, None)])


def ended(tx: Transaction) -> tuple[Cdr, ...]:
    before = gathered(tx)
    return tuple(
        cdr_of(before, replace(call, state=CallState.ENDED, ended_at=LATER, outcome=Outcome.BUSY, cause=17))
        for call in before.calls
    )


def test_cdrs_are_numbered_without_a_gap_and_once_a_call(tx: Transaction) -> None:
    one, two, three = ended(tx)
    assert [tx.cdrs.add(cdr) for cdr in (one, two, one, three, two)] == [1, 2, 1, 3, 2]
    assert tx.cdrs.list() == ((1, one), (2, two), (3, three))
    assert tx.cdrs.list(one.conference_id) == tx.cdrs.list()
    assert tx.cdrs.list(99) == ()


def test_a_rolled_back_cdr_leaves_no_gap(tx: Transaction) -> None:
    one, two, _ = ended(tx)
    with suppress(LookupError), tx.savepoint():
        assert tx.cdrs.add(one) == 1
        raise LookupError
    assert tx.cdrs.add(two) == 1


def test_numbers_go_on_after_old_cdrs_are_removed(tx: Transaction) -> None:
    one, two, three = ended(tx)
    full = replace(one, answer=NOW, recorded=True, activation_pin="123", trunk="msc", cause=None)
    assert (tx.cdrs.add(full), tx.cdrs.add(two)) == (1, 2)
    assert tx.cdrs.list()[0] == (1, full)
    tx.execute(text("DELETE FROM cdrs"))
    assert tx.cdrs.add(three) == 3
