"""CDRs are numbered without a gap and read by pages, on both databases, also those of another release."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, text
from store_savepoint import savepoint

from usnd.domain.billing.cdr import ONGOING, Cdr, ForeignOutcome
from usnd.domain.conference.call import CallOutcome, Direction, Role
from usnd.store.core.transaction import Transaction
from usnd.store.schema import cdrs

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE = Cdr(
    call_id="usn-7-1",
    subscriber_id=1,
    conference_id=7,
    role=Role.PARTICIPANT,
    direction=Direction.OUT,
    cli="+447700900001",
    dnis="+447700900002",
    start=NOW,
    answer=None,
    stop=NOW,
    outcome=CallOutcome.BUSY,
    cause=17,
)
TWO, THREE = replace(ONE, call_id="usn-7-2"), replace(ONE, call_id="usn-8-1", conference_id=8)


def test_cdrs_are_numbered_without_a_gap_and_once_a_call(tx: Transaction) -> None:
    assert [tx.cdrs.add(cdr) for cdr in (ONE, TWO, ONE, THREE, TWO)] == [1, 2, 1, 3, 2]
    assert tx.cdrs.after(0, 10) == ((1, ONE), (2, TWO), (3, THREE))


def test_a_rolled_back_cdr_leaves_no_gap(tx: Transaction) -> None:
    with suppress(LookupError), savepoint(tx):
        assert tx.cdrs.add(ONE) == 1
        raise LookupError
    assert tx.cdrs.add(TWO) == 1


def test_numbers_go_on_after_old_cdrs_are_removed(tx: Transaction) -> None:
    full = replace(ONE, answer=NOW, recorded=True, activation_pin="123", trunk="msc", cause=None)
    full = replace(full, ringing=NOW, released_by="node", reconciled=True, node="usn-a", utc_offset=-210)
    assert (tx.cdrs.add(full), tx.cdrs.add(TWO)) == (1, 2)
    assert tx.cdrs.last(9)[0] == (1, full)
    tx.execute(text("DELETE FROM cdrs"))
    assert tx.cdrs.add(THREE) == 3


def test_what_was_removed_leaves_a_gap_that_is_known(tx: Transaction) -> None:
    assert tx.cdrs.unbroken_since() == 1, "the next one"
    for number in range(1, 6):
        tx.cdrs.add(replace(ONE, call_id=f"usn-7-{number}"))
    assert tx.cdrs.unbroken_since() == 1
    assert tx.cdrs.has_all(1, 5)
    tx.execute(text("DELETE FROM cdrs WHERE sequence = 2"))
    assert (tx.cdrs.oldest(), tx.cdrs.unbroken_since()) == (1, 3)
    assert not tx.cdrs.has_all(1, 5)
    assert tx.cdrs.has_all(3, 5)
    assert tx.cdrs.has_all(6, 5), "an empty file"


def test_a_page_begins_behind_what_is_known_and_ends_at_its_limit(tx: Transaction) -> None:
    for cdr in (ONE, THREE, TWO):
        tx.cdrs.add(cdr)
    assert tx.cdrs.after(1, 1) == ((2, THREE),)
    assert tx.cdrs.after(1, 10) == ((2, THREE), (3, TWO))
    assert tx.cdrs.after(3, 10) == ()
    assert tx.cdrs.last(2) == ((2, THREE), (3, TWO)), "the oldest first"
    assert tx.cdrs.after(0, 10, 7) == ((1, ONE), (3, TWO))
    assert tx.cdrs.after(1, 10, 7) == ((3, TWO),)
    assert tx.cdrs.last(1, 7) == ((3, TWO),)
    assert tx.cdrs.last(1, 99) == tx.cdrs.after(0, 1, 99) == ()


@pytest.mark.parametrize("outcome", CallOutcome)
def test_every_outcome_comes_back(tx: Transaction, outcome: CallOutcome) -> None:
    tx.cdrs.add(replace(ONE, outcome=outcome))
    assert tx.cdrs.last(1)[0][1].outcome is outcome


def test_an_outcome_of_another_release_is_read_as_it_is_written(tx: Transaction) -> None:
    tx.cdrs.add(ONE)
    tx.execute(text("UPDATE cdrs SET outcome = 'abducted'"))
    (_, read) = tx.cdrs.last(1)[0]
    assert read == replace(ONE, outcome=ForeignOutcome("abducted"))
    tx.execute(text("DELETE FROM cdrs"))
    tx.cdrs.add(read)
    assert tx.execute(text("SELECT outcome FROM cdrs")).scalar() == "abducted"


LONG = replace(ONE, answer=NOW, stop=NOW + timedelta(hours=50))
PARTS = [
    replace(
        LONG,
        call_id=f"usn-7-1#{part}",
        interim_of="usn-7-1",
        part=part,
        outcome=ONGOING,
        stop=NOW + part * timedelta(days=1),
    )
    for part in (1, 2)
]


def test_the_record_of_a_long_call_goes_on_behind_its_parts(tx: Transaction) -> None:
    assert [tx.cdrs.add_interim(part) for part in (*PARTS, PARTS[0])] == [1, 2, 1]
    assert tx.cdrs.add(LONG) == 3
    final = replace(LONG, part=3, charged_from=NOW + timedelta(hours=48))
    assert tx.cdrs.of_call("usn-7-1") == ((1, PARTS[0]), (2, PARTS[1]), (3, final))
    assert sum((cdr.charged for _, cdr in tx.cdrs.of_call("usn-7-1")), timedelta(0)) >= LONG.charged


def test_a_call_that_is_over_gets_no_part_any_more(tx: Transaction) -> None:
    tx.cdrs.add(LONG)
    assert tx.cdrs.add_interim(PARTS[0]) is None
    assert tx.cdrs.newest() == 1


def test_of_a_range_no_record_behind_its_end_is_read(tx: Transaction) -> None:
    assert tx.cdrs.newest() == 0
    for cdr in (ONE, TWO, THREE):
        tx.cdrs.add(cdr)
    assert tx.cdrs.newest() == 3
    assert tx.cdrs.up_to(0, 2, 10) == ((1, ONE), (2, TWO))
    assert tx.cdrs.up_to(1, 3, 1) == ((2, TWO),)


def test_a_page_is_found_among_a_hundred_thousand(tx: Transaction) -> None:
    fields = {name: getattr(ONE, name) for name in Cdr.__slots__} | {"outcome": "busy"}
    rows = [{**fields, "call_id": str(one), "sequence": one} for one in range(1, 100_001)]
    tx.execute(insert(cdrs), rows)
    assert [sequence for sequence, _ in tx.cdrs.after(99_000, 3)] == [99_001, 99_002, 99_003]
    assert [sequence for sequence, _ in tx.cdrs.last(2)] == [99_999, 100_000]
