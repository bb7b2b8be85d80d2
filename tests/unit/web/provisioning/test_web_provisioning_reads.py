"""Proves that pages by prefixes leave out nobody and show nobody twice."""

from hypothesis import given
from hypothesis import strategies as st

from usnd.web.provisioning.reads import apart, before

DIGITS = st.text("0123456789", max_size=3)
NUMBERS = st.from_regex(r"\+[1-9][0-9]{2,14}", fullmatch=True)


@given(st.from_regex(r"\+[1-9][0-9]{0,14}", fullmatch=True), NUMBERS)
def test_a_page_begins_right_before_the_first_number_of_its_prefix(prefix: str, number: str) -> None:
    if number.startswith(prefix):
        assert number > before(prefix)
    elif number < prefix and number != before(prefix):
        assert number < before(prefix)


def test_every_number_begins_at_the_beginning() -> None:
    assert before("+") == ""


@given(st.lists(DIGITS.map("+{}".format), max_size=6), NUMBERS)
def test_prefixes_that_are_within_others_are_left_out(prefixes: list[str], number: str) -> None:
    kept = apart(prefixes)
    assert any(map(number.startswith, kept)) is any(map(number.startswith, prefixes))
    assert sum(map(number.startswith, kept)) <= 1
    assert kept == sorted(kept)
