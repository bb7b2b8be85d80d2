"""A new subscriber of a request gets the first log-in, and nobody else does."""

from dataclasses import replace

from sqlalchemy import text
from subscriber_orders import ANN, BOB, CHANGE, CREATE, DELETE, KEY, OWN, asked, ordered

from usnd.domain.subscribers.credentials import Origin, first_log_in, stored
from usnd.store.core.transaction import Transaction

ORIGIN = Origin("7a01 CN=Ops", "request-1", 0)


def credentials_in(tx: Transaction) -> dict[str, str | None]:
    found = tx.execute(text("SELECT number, credential FROM subscribers"))
    return {number: credential for number, credential in found}  # noqa: C416 # rows of two


def test_a_new_subscriber_of_a_request_gets_a_log_in_that_is_not_stored_in_clear(tx: Transaction) -> None:
    node = replace(OWN, key=KEY)
    asks = [replace(asked(CREATE, number), origin=ORIGIN) for number in (ANN, BOB)]
    applied = ordered(tx, *asks, node=node)
    given = [result.credentials for result in applied.results]
    assert given == [first_log_in(KEY, ORIGIN, number) for number in (ANN, BOB)]
    kept = credentials_in(tx)
    assert kept == {number: stored(KEY, first_log_in(KEY, ORIGIN, number)) for number in (ANN, BOB)}
    ordered(tx, asked(CHANGE, name="Ann"), node=node)
    assert credentials_in(tx) == kept, "a change leaves it alone"


def test_nobody_else_gets_a_log_in(tx: Transaction) -> None:
    by_hand = ordered(tx, asked(CREATE), node=replace(OWN, key=KEY))
    no_key = ordered(tx, replace(asked(CREATE, BOB), origin=ORIGIN))
    twice = ordered(tx, replace(asked(CREATE, BOB), origin=ORIGIN), node=replace(OWN, key=KEY))
    assert [one.results[0].credentials for one in (by_hand, no_key, twice)] == [None] * 3
    assert tx.execute(text("SELECT count(credential) FROM subscribers")).scalar_one() == 0


def test_who_is_deleted_and_created_in_one_unit_has_the_new_log_in_alone(tx: Transaction) -> None:
    node, other = replace(OWN, key=KEY), replace(ORIGIN, row=3)
    asks = (replace(asked(CREATE), origin=ORIGIN), asked(DELETE), replace(asked(CREATE), origin=other))
    ordered(tx, *asks, node=node)
    kept = tx.execute(text("SELECT credential FROM subscribers")).scalar_one()
    assert kept == stored(KEY, first_log_in(KEY, other, ANN))
    ordered(tx, asked(DELETE), asked(CREATE), node=node)
    assert tx.execute(text("SELECT credential FROM subscribers")).scalar_one() is None
