"""What people write becomes E.164, or nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usnd.domain.numbers import NumberPlan, to_e164


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("+447700900001", "GB", "+447700900001"),
        ("00447700900001", "GB", "+447700900001"),
        ("07700900001", "GB", "+447700900001"),
        ("  07700 900001 ", "GB", "+447700900001"),
        ("+44 (0)7700 900-001", "GB", "+447700900001"),
        ("07700.900/001", "GB", "+447700900001"),
        ("+447700900001", "US", "+447700900001"),
        ("0170 1234567", "DE", "+491701234567"),
        ("٠٧٧٠٠٩٠٠٠٠١", "GB", "+447700900001"),
        ("+12125550123", "GB", "+12125550123"),
    ],
)
def test_one_number_has_one_form(written: str, region: str, number: str) -> None:
    assert to_e164(written, region) == number


@pytest.mark.parametrize(
    "written",
    [
        *("", "+", "00", "0", "999", "1" * 31, "+44770090000100000000", "+999123456789", "++447700900001"),
        *(
            "golf",
            "1800FLOWERS",
            "07700900001x5",
            "07700900001;ext=5",
            "tel:07700900001",
            "07700900001\n1",
            "\x00",
        ),
    ],
)
def test_what_cannot_be_a_number_is_none(written: str) -> None:
    assert to_e164(written, "GB") is None


@pytest.mark.parametrize(("written", "region"), [("5550123", "US"), ("900001", "GB")])
def test_a_number_without_its_area_code_is_none(written: str, region: str) -> None:
    assert to_e164(written, region) is None


@settings(derandomize=True, database=None, deadline=None, max_examples=150)
@given(st.text(max_size=24) | st.text("+0123456789 ()-./", max_size=24))
def test_any_string_is_a_number_that_stays_itself_or_none(written: str) -> None:
    number = to_e164(written, "GB")
    if number is not None:
        assert number[0] == "+"
        assert number[1:].isascii()
        assert number[1:].isdigit()
        assert to_e164(number, "US") == number


@pytest.mark.parametrize(
    ("allowed", "barred", "number", "permitted"),
    [
        ((), (), "+447700900001", True),
        ((), ("+44909",), "+449090000000", False),
        ((), ("+44909",), "+447700900001", True),
        (("+44",), (), "+33123456789", False),
        (("+44",), ("+44909",), "+449090000000", False),
        (("+44", "+449091"), ("+44909",), "+449091000000", True),
        (("+44",), ("+44",), "+447700900001", False),
        (("+44",), ("+",), "+33123456789", False),
    ],
)
def test_the_longest_prefix_decides(
    allowed: tuple[str, ...], barred: tuple[str, ...], number: str, *, permitted: bool
) -> None:
    assert NumberPlan(allowed, barred).permits(number) is permitted
