"""PINs are unique in the system, given once a conference, and go with their subscriber (C3)."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from usnd.domain.ways_in import Pin, PinKind
from usnd.store.engine import engine_for
from usnd.store.pins import PinsExhausted
from usnd.store.schema import subscribers
from usnd.store.transaction import Transaction

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def tx(url: str) -> Iterator[Transaction]:
    with engine_for(url).begin() as connection:
        yield Transaction(connection)


def test_each_conference_gets_two_pins_once(tx: Transaction) -> None:
    owner = tx.subscribers.add("+1", NOW).id
    drawn = iter([5, 7, 5, 7, 9_999_999, 12])
    tx.pins.assign(owner, 3, lambda _: next(drawn))
    tx.pins.assign(owner, 3, lambda _: 1 // 0)
    assert tx.pins.of(owner) == (
        Pin("0000005", PinKind.ACTIVATION, owner, 3),
        Pin("0000007", PinKind.USER, owner, 3),
    )
    tx.pins.assign(owner, 4, lambda _: next(drawn))  # 5 and 7 are taken
    assert tx.pins.by_digits("9999999") == Pin("9999999", PinKind.ACTIVATION, owner, 4)
    assert tx.pins.by_digits("0000012") == Pin("0000012", PinKind.USER, owner, 4)
    assert tx.pins.by_digits("12") is None


def test_pins_that_are_all_given_are_said_so(tx: Transaction) -> None:
    owner = tx.subscribers.add("+1", NOW).id
    with pytest.raises(PinsExhausted):
        tx.pins.assign(owner, 3, lambda _: 5)


def test_pins_go_with_their_subscriber(tx: Transaction) -> None:
    owner = tx.subscribers.add("+1", NOW).id
    drawn = iter([5, 7])
    tx.pins.assign(owner, 3, lambda _: next(drawn))
    tx.execute(delete(subscribers).where(subscribers.c.id == owner))
    assert tx.pins.by_digits("0000005") is None
