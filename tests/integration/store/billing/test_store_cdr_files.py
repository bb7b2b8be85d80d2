"""Files are kept by destination and number, and changed only by who knows how they are."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from store_savepoint import savepoint

from usnd.domain.billing.cdr_file import FileState
from usnd.domain.billing.delivery import Trouble
from usnd.domain.billing.punctuality import Standing
from usnd.store.core.transaction import Transaction
from workbench.docs.cdr_samples import FILE, NOON

FULL = replace(
    FILE,
    state=FileState.SENT,
    digest="ab" * 32,
    octets=7,
    attempts=2,
    next_try_at=NOON,
    trouble=Trouble.FULL,
    said="no room",
    node_address="2001:db8::7",
)
NEXT = replace(FILE, number=43, first=1045, last=1044, until=FILE.until + timedelta(hours=1))
OTHER = replace(FILE, destination="fraud", number=1, first=1, last=1044)


def test_a_file_comes_back_as_it_was_kept(tx: Transaction) -> None:
    for file in (FULL, NEXT):
        tx.cdr_files.add(file)
    assert tx.cdr_files.get("mediation", 42) == FULL
    assert tx.cdr_files.newest("mediation", 1) == (NEXT,)
    assert tx.cdr_files.newest("mediation", 9) == (NEXT, FULL)
    assert tx.cdr_files.get("mediation", 44) is None


def test_a_number_is_given_once(tx: Transaction) -> None:
    tx.cdr_files.add(FILE)
    with pytest.raises(IntegrityError), savepoint(tx):
        tx.cdr_files.add(replace(FILE, last=2000))


def test_who_knows_it_as_it_was_does_not_change_it(tx: Transaction) -> None:
    tx.cdr_files.add(FILE)
    begun = replace(FILE, attempts=1)
    assert tx.cdr_files.save(FILE, begun)
    assert not tx.cdr_files.save(FILE, replace(FILE, state=FileState.WRITTEN))
    assert tx.cdr_files.get("mediation", 42) == begun


def test_how_a_destination_is_served(tx: Transaction) -> None:
    confirmed = replace(FILE, state=FileState.CONFIRMED, confirmed_at=NOON)
    assert tx.cdr_files.standing("mediation") == Standing(None, None, 0)
    tx.cdr_files.add(confirmed)
    assert tx.cdr_files.standing("mediation") == Standing(confirmed, None, 0)
    tx.cdr_files.add(NEXT)
    assert tx.cdr_files.standing("mediation") == Standing(NEXT, NEXT, 1)
    assert tx.cdr_files.open("mediation", 9) == (NEXT,)


def test_a_record_is_in_one_file_of_each_destination(tx: Transaction) -> None:
    for file in (FILE, NEXT, OTHER):
        tx.cdr_files.add(file)
    assert tx.cdr_files.having(1043) == (OTHER, FILE)
    assert tx.cdr_files.having(1045) == (), "an empty file has none"
