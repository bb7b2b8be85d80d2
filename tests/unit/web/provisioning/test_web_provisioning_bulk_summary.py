"""Proves that a bulk's summary says what became of it, in each case, and never in a single order's words."""

from itertools import product

import pytest

from usnd.domain.provisioning.codes import CATALOGUE, Code
from usnd.web.provisioning.bulk_summary import BulkEnd

SINGLE = {entry.text for entry in CATALOGUE.values()}


@pytest.mark.parametrize(
    ("done", "refused", "check", "code", "begins"),
    [
        (3, 0, False, Code.DONE, "All rows were done."),
        (2, 1, False, Code.DONE_IN_PART, "Some rows were done, others were refused."),
        (0, 3, False, Code.DONE_IN_PART, "All rows were refused; nothing was done."),
        (3, 0, True, Code.WOULD_BE_DONE, "All rows would be done."),
        (2, 1, True, Code.DONE_IN_PART, "Some rows would be done, others would be refused."),
        (0, 3, True, Code.DONE_IN_PART, "All rows would be refused."),
    ],
)
def test_a_bulk_that_came_to_its_end(
    done: int, refused: int, *, check: bool, code: Code, begins: str
) -> None:
    end = BulkEnd(3, done, refused, check)
    assert end.code is code
    assert end.text.startswith(begins)
    assert ("only checked" in end.text) is check


@pytest.mark.parametrize(("code", "check"), list(product(CATALOGUE, (False, True))))
def test_one_that_was_interrupted_says_how_far_it_came_and_why(code: Code, *, check: bool) -> None:
    end = BulkEnd(1000, 890, 10, check, code)
    assert end.code is code
    assert end.text.startswith("Interrupted after 900 of 1000 rows: ")
    assert ("nothing was done" in end.text.lower()) is check
    assert "Send the same bulk again" in end.text
    assert not any(single in end.text for single in SINGLE)
