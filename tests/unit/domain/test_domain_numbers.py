"""What people write becomes E.164, or nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usnd.domain.numbers import NumberPlan, Readings, example_number, readings, to_e164


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


@pytest.mark.parametrize(
    ("pieces", "region", "numbers"),
    [
        ("07700900001", "GB", ("+447700900001",)),
        ("07700 900001", "GB", ("+447700900001",)),
        ("07700 900 001", "GB", ("+447700900001",)),
        ("07700900001 07700 900002", "GB", ("+447700900001", "+447700900002")),
        ("07700 900001, 07700 900002", "GB", ("+447700900001", "+447700900002")),
        ("0170 1234567", "DE", ("+491701234567",)),
        ("0170 123 45 67", "DE", ("+491701234567",)),
        ("0170 1234567, 030 123456", "DE", ("+491701234567", "+4930123456")),
        ("0664 1234567", "AT", ("+436641234567",)),
        ("2410 1234", "UY", ("+59824101234",)),
        ("98765 43210", "IN", ("+919876543210",)),
        ("050 123 4567", "AE", ("+971501234567",)),
        ("1 214 555 1234", "US", ("+12145551234",)),
        ("+1 214 555-1234", "DE", ("+12145551234",)),
        ("+49 170 1234567 +1 214 555 1234", "DE", ("+491701234567", "+12145551234")),
        ("+490170 +491234567", "DE", ("+490170", "+491234567")),
        ("+ 44 7700 900001", "GB", ("+447700900001",)),
        ("+ 07700 900001", "GB", ("+447700900001",)),
        ("+ 0044 7700 900001", "US", ("+447700900001",)),
    ],
)
def test_pieces_are_read_as_a_person_reads_them(pieces: str, region: str, numbers: tuple[str, ...]) -> None:
    assert readings(pieces, region) == Readings((numbers,), certain=True)


@pytest.mark.parametrize(
    ("pieces", "region", "likely"),
    [
        ("0170 1234", "DE", (("+491701234",), ("+490170", "+491234"))),
        ("0170, 1234567", "DE", (("+491701234567",), ("+490170", "+491234567"))),
        ("0664, 1234567", "AT", (("+436641234567",), ("+430664", "+431234567"))),
        ("2410, 1234", "UY", (("+59824101234",), ("+5982410", "+5981234"))),
        ("01701234567 3", "DE", (("+4917012345673",),)),
        ("3 0170 1234567", "DE", (("+49301701234567",),)),
        ("3, 0170 1234567", "DE", (("+49301701234567",),)),
        ("+ 44 7700 900001", "DE", (("+447700900001",), ("+49447700900001",))),
    ],
)
def test_pieces_that_may_be_other_numbers_are_a_doubt(
    pieces: str, region: str, likely: tuple[tuple[str, ...], ...]
) -> None:
    assert readings(pieces, region) == Readings(likely)


@pytest.mark.parametrize(
    "pieces", ["", "golf", "07700", "07700 9", "07700900001 3", "0 " * 300, "12 " * 300, "+ 1"]
)
def test_pieces_that_are_no_numbers(pieces: str) -> None:
    assert readings(pieces, "GB") == Readings()


def test_many_numbers_and_many_ways_are_bounded() -> None:
    many = " ".join(["0664 1234567"] * 60)
    assert readings(many, "AT") == Readings((("+436641234567",) * 60,), certain=True)
    assert len(readings(" ".join(["1234"] * 40), "AT").likely) <= 3


@pytest.mark.parametrize("region", ["GB", "US", "DE", "TA"])
def test_each_country_has_an_example(region: str) -> None:
    example = example_number(region)
    assert to_e164(example, "GB") == example


def test_the_example_is_of_the_country() -> None:
    assert example_number("US").startswith("+1")
    assert example_number("DE").startswith("+49")
