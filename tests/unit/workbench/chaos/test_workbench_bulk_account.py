"""The account of an interrupted bulk: each kind of fault is found, and what is right is none."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from usnd.domain.provisioning.codes import Code
from workbench.chaos.bulk_account import Answers, BulkRow, Stored, account, first_missing
from workbench.chaos.bulk_plan import Victim, bulk_rows, kills

ROWS = [
    BulkRow("<create/>", "+441"),
    BulkRow("<create/>", "+441", Code.SUBSCRIBER_EXISTS),
    BulkRow("<x/>", "", Code.UNKNOWN_NAME, kept=False),
]
STORED = Stored(Counter({"+441": 1}), 3, 1)


def line(nth: int, code: int, more: str = "") -> bytes:
    return f'<row n="{nth}" code="{code}">{more}</row>'.encode()


def answered(*lines: bytes) -> Answers:
    answers = Answers()
    for one in lines:
        answers.take(one)
    return answers


RIGHT = (line(1, 1000), line(2, 2201), line(3, 2002))


def test_a_bulk_that_was_answered_twice_alike_has_no_fault() -> None:
    ledger = account(ROWS, answered(*RIGHT, *RIGHT), STORED)
    assert (ledger.violations, ledger.answered, ledger.answered_again_alike) == (0, 3, 3)
    assert ledger.by_code == {1000: 1, 2002: 1, 2201: 1}


@pytest.mark.parametrize(
    ("lines", "stored", "what"),
    [
        (RIGHT[:2], STORED, "not_answered"),
        ((*RIGHT[:2], line(3, 1000)), STORED, "wrong_code"),
        ((*RIGHT, line(1, 1000, "another")), STORED, "answered_differently"),
        ((*RIGHT, line(4, 1000)), STORED, "strange_lines"),
        ((*RIGHT, b'<row n="1"></row>'), STORED, "strange_lines"),
        (RIGHT, replace(STORED, changes=Counter()), "not_done"),
        (RIGHT, replace(STORED, changes=Counter({"+441": 2})), "done_again"),
        (RIGHT, replace(STORED, changes=Counter({"+441": 1, "+449": 1})), "counts_wrong"),
        (RIGHT, replace(STORED, answers=2), "counts_wrong"),
        (RIGHT, replace(STORED, subscribers=2), "counts_wrong"),
    ],
)
def test_each_fault_is_found(lines: tuple[bytes, ...], stored: Stored, what: str) -> None:
    ledger = account(ROWS, answered(*lines), stored)
    assert getattr(ledger, what)
    assert ledger.violations == 1


def test_what_is_no_row_is_not_taken() -> None:
    answers = Answers()
    assert answers.take(b'<summary code="1000"') is None
    assert answers.strange == 0


def test_the_client_goes_on_behind_what_it_has() -> None:
    assert first_missing(3, {1: b"", 3: b""}) == 2
    assert first_missing(2, {1: b"", 2: b""}) == 3


def test_a_plan_is_of_its_seed_and_each_dies_as_often() -> None:
    planned = kills(random.Random(3), 24, 100_000)
    assert planned == kills(random.Random(3), 24, 100_000)
    assert Counter(one.victim for one in planned) == dict.fromkeys(Victim, 8)
    assert planned == sorted(planned, key=lambda one: one.after)
    assert planned[-1].after < 95_000


def test_one_or_two_rows_of_a_hundred_are_faulty_and_the_others_are_new_numbers() -> None:
    rows = bulk_rows(random.Random(3), 10_000)
    good = [row.number for row in rows if row.expected is Code.DONE]
    assert 0.01 < 1 - len(good) / len(rows) < 0.02
    assert len(set(good)) == len(good)
    assert {row.expected for row in rows} > {Code.UNKNOWN_NAME, Code.SUBSCRIBER_EXISTS, Code.NOT_BY_SCHEMA}
