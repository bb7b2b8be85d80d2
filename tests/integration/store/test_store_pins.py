"""PINs are unique in the system, given once a conference, and go with their subscriber (C3)."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert

from usnd.domain.dial_in.admission import Pin, PinKind
from usnd.store import pins as store_pins
from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction
from usnd.store.pins import PinsExhausted
from usnd.store.schema import pins, subscribers

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


def give(tx: Transaction, *digits: int) -> int:
    """A subscriber has these PINs, all User PINs of conferences that nobody else names."""
    owner = tx.subscribers.add("+1", NOW).id
    rows = [
        {"digits": f"{one:07d}", "kind": PinKind.USER, "subscriber_id": owner, "instant": 100 + index}
        for index, one in enumerate(digits)
    ]
    tx.execute(insert(pins), rows)
    return owner


def test_where_none_drawn_is_free_the_next_free_one_is_given(tx: Transaction) -> None:
    """However full the space is: a draw may hit only what is given."""
    owner = give(tx, 5, 6, 8, 9_999_998, 9_999_999)
    tx.pins.assign(owner, 3, lambda _: 5)
    assert [pin.digits for pin in tx.pins.of(owner) if pin.instant == 3] == ["0000007", "0000009"]
    tx.pins.assign(owner, 4, lambda _: 9_999_998)
    assert [pin.digits for pin in tx.pins.of(owner) if pin.instant == 4] == ["0000000", "0000001"]
    assert tx.pins.count() == 9


def test_pins_that_are_all_given_are_said_so(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_pins, "SPACE", 3)
    monkeypatch.setattr(store_pins, "_PAGE", 2)
    owner = give(tx, 0, 1, 2)
    with pytest.raises(PinsExhausted):
        tx.pins.assign(owner, 3, lambda _: 1)


def test_pins_go_with_their_subscriber(tx: Transaction) -> None:
    owner = tx.subscribers.add("+1", NOW).id
    drawn = iter([5, 7])
    tx.pins.assign(owner, 3, lambda _: next(drawn))
    tx.execute(delete(subscribers).where(subscribers.c.id == owner))
    assert tx.pins.by_digits("0000005") is None
