"""Conferences are saved and loaded exactly as the domain has them, on both databases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import Update, text
from sqlalchemy.exc import IntegrityError
from store_savepoint import savepoint

from usnd.domain.conference.call import Call, CallOutcome, CallState, Direction, Role
from usnd.domain.conference.model import (
    Conference,
    ConferenceState,
    EndReason,
    LaunchPlan,
    Participant,
    Rules,
)
from usnd.domain.conference.transitions import launch
from usnd.domain.directory.model import (
    Subscriber,
)
from usnd.domain.messaging.message import IncomingText
from usnd.store.core.statements import Row, Rows
from usnd.store.core.transaction import Transaction

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
TEXT = IncomingText("smsc-a", "bind-1", "+447700900001", "4242", "IC Mkting", "f00d")

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
    outcome=some.none() | some.sampled_from(CallOutcome),
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
        most_calls=some.none() | some.integers(1, 1001),
        away_seconds=some.none() | some.integers(1, 86_400),
        most_call_backs=some.none() | some.integers(0, 5),
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
    step = launch(tx.conferences.reserve_ids(1)[0], LaunchPlan(subscriber.id, number, people), Rules(), NOW)
    tx.conferences.add([(step.conference, None)])
    return step.conference


def test_only_what_differs_is_written(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    before = gathered(tx)
    written: list[str] = []
    execute = tx.execute

    def noted(statement: Update, values: Row | Sequence[Row]) -> Rows:
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
    tx.conferences.save(launched, replace(launched, state=ConferenceState.ENDED))
    query = text("SELECT mo_id FROM conferences WHERE id = :id")
    assert tx.execute(query, {"id": launched.id}).scalar() == mo


def test_a_conference_that_is_not_there_cannot_be_changed(tx: Transaction) -> None:
    before = gathered(tx)
    tx.execute(text("DELETE FROM conferences"))
    with pytest.raises(LookupError):
        tx.conferences.save(before, replace(before, state=ConferenceState.ENDED))
    with pytest.raises(IntegrityError), savepoint(tx):
        tx.conferences.add([(replace(before, subscriber_id=99), None)])


def test_the_same_conference_is_not_launched_twice(tx: Transaction) -> None:
    before = gathered(tx)
    with pytest.raises(IntegrityError), savepoint(tx):
        tx.conferences.add([(before, None)])
