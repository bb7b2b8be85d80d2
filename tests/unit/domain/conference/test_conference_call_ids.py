"""The id of a call says whose it is, in a log too, and none is the beginning of another."""

from itertools import pairwise

import pytest

from usnd.domain.conference import call_ids


def test_no_id_is_the_beginning_of_another() -> None:
    made = sorted(call_ids.placed(7, number) for number in range(1, 1002))
    assert "usn-7-1" in made
    assert not any(after.startswith(one) for one, after in pairwise(made))


@pytest.mark.parametrize("number", [1, 9, 10, 99, 100])
def test_whose_a_call_is_is_read_from_each_of_its_attempts(number: int) -> None:
    first = call_ids.placed(7, number)
    again = call_ids.attempt(first, 2)
    assert (call_ids.conference_of(first), call_ids.conference_of(again)) == (7, 7)
    assert call_ids.first_attempt(again) == call_ids.first_attempt(first) == first


@pytest.mark.parametrize("other", ["", "1732737000.12", "usn-7", "usn-x-1", "usn-7-2-3", "usn-7-2.2.2"])
def test_what_the_node_did_not_place_is_nobodys(other: str) -> None:
    assert call_ids.conference_of(other) is None
