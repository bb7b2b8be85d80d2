"""What people write becomes E.164, or nothing."""

from collections.abc import Iterator

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usnd.domain.numbers.e164 import (
    NumberPlan,
    Readings,
    as_written,
    example_number,
    has_trunk_prefix_within,
    readings,
    spellings,
    to_e164,
)


@pytest.mark.parametrize(
    ("number", "region", "written"),
    [
        (
            "+447700900001",
            "GB",
            {"+447700900001", "447700900001", "00447700900001", "07700900001", "7700900001"},
        ),
        ("+447700900001", "DE", {"+447700900001", "00447700900001"}),
        ("+4915112345678", "GB", {"+4915112345678", "004915112345678"}),
        ("+1", "GB", set()),
    ],
)
def test_the_spellings_of_a_number_are_nobody_elses(number: str, region: str, written: set[str]) -> None:
    assert set(spellings(number, region)) == written
    assert {to_e164(one, region) for one in written} <= {number}


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
        ("0664 1234567 0699 1234567", "AT", ("+436641234567", "+436991234567")),
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


E123 = (
    "+{0} (0){1}",
    "+{0} 0){1}",
    "+{0} (0) {1}",
    "+{0}(0){1}",
    "+{0} 0) {1}",
    "00{0} (0){1}",
    "+{0})(0){1}",
)


def examples() -> Iterator[tuple[str, str, str]]:
    """Of each region of the library and each kind of number: region, E.164, what is behind its code."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in phonenumbers.PhoneNumberType.values():
            if example := phonenumbers.example_number_for_type(region, kind):
                e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
                yield region, e164, phonenumbers.national_significant_number(example)


@pytest.mark.parametrize("form", E123)
def test_a_zero_in_brackets_gives_the_one_right_number_or_none_in_each_region(form: str) -> None:
    """It is the trunk prefix, or the number's own zero: never is another number read."""
    trunk_prefix, own_zero, refused = set(), set(), set()
    for region, e164, behind in examples():
        code = e164.removeprefix("+").removesuffix(behind)
        written = form.format(code, behind.removeprefix("0"))
        home = "DE" if region != "DE" else "GB"
        number = as_written(written, home)
        assert number in (e164, None), (region, written)
        assert to_e164(written, home) == number, (region, written)
        if number is None:
            refused.add(region)
        else:
            (own_zero if behind.startswith("0") else trunk_prefix).add(region)
    with_zero = {region for region, _, behind in examples() if behind.startswith("0")}
    assert {"IT", "SM", "VA", "CI", "CG"} <= own_zero == with_zero
    assert {"DE", "AT", "CH", "GB", "FR", "AE", "IN", "JP"} <= trunk_prefix
    assert not refused & {"DE", "AT", "CH", "GB", "FR", "AE", "IN", "JP"}
    assert {"US", "ES", "HU", "RU"} <= refused - trunk_prefix


@pytest.mark.parametrize(
    "written", ["+39 (0)6 1234 5678", "+39 06 1234 5678", "0039(0)6 12345678", "+39 0)6 12345678"]
)
def test_both_spellings_of_a_number_with_its_own_zero_are_one(written: str) -> None:
    for region in ("IT", "GB", "DE"):
        assert to_e164(written, region) == as_written(written, region) == "+390612345678"
    assert readings("+39 (0)6 12345678", "GB") == Readings((("+390612345678",),), certain=True)


@pytest.mark.parametrize("written", ["+39 (0)347 1234567", "+36 (0)1 234 5678", "+1 (0)212 555 0123"])
def test_a_zero_in_brackets_that_may_be_either_is_no_number(written: str) -> None:
    """Italy has both: the mobile without the zero, the fixed line with it."""
    assert to_e164(written, "GB") is as_written(written, "GB") is None


@pytest.mark.parametrize("region", ["DE", "AT", "GB", "IT"])
def test_a_trunk_zero_in_brackets_leaves_no_doubt(region: str) -> None:
    for written in ("+49 0)171 1234567", "+49 0) 171 1234567", "+49 / 0)171 / 1234567"):
        assert readings(written, region) == Readings((("+491711234567",),), certain=True)
    two = readings("+49 0)171 1234567 +44 0)7700 900002", region)
    assert two == Readings((("+491711234567", "+447700900002"),), certain=True)
    assert readings("+39 0)347 1234567", region) == Readings()
    for written in ("+4 (0)171 1234567", "+49 171 (0)1234567", "+49 (0)0171 1234567", "+999 (0)171 1234567"):
        assert as_written(written, region) is None


def test_pieces_that_are_one_number_in_either_reading_are_no_doubt() -> None:
    assert readings("+49 0171 1234567", "DE") == Readings((("+491711234567",),), certain=True)
    assert len(readings("+49 0171 1234567", "AT").likely) == 2


@pytest.mark.parametrize(
    ("pieces", "region", "likely"),
    [
        ("0170, 1234567", "DE", (("+491701234567",),)),
        ("0664, 1234567", "AT", (("+436641234567",),)),
        ("2410, 1234", "UY", (("+59824101234",),)),
        ("01701234567 3", "DE", (("+4917012345673",), ("+491701234567",))),
        ("0170 1234567 3", "DE", (("+4917012345673",), ("+491701234567",))),
        ("+49 170 1234567 3", "DE", (("+4917012345673",), ("+491701234567",))),
        ("0664 1234567 1", "AT", (("+4366412345671",), ("+436641234567",))),
        ("+49 1234 0664 123456", "AT", (("+4912340664123456",), ("+491234", "+43664123456"))),
        ("+ 65812 34567", "IN", (("+6581234567",), ("+916581234567",))),
        ("3 0170 1234567", "DE", ()),
        ("3, 0170 1234567", "DE", ()),
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


PIECES = {
    "DE": ("0171", "4711", "030 1", "171 12", "0199 12"),
    "AT": ("0664", "4711", "12 34", "0171", "0699 1"),
    "IN": ("98765", "022 1234", "12345678", "98765 4321"),
    "AE": ("050 12", "12345", "050 123 456", "2026"),
    "UY": ("4711", "099 12", "099 123 45", "2410"),
    "US": ("999 555 1234", "555 1234", "2145551"),
    "GB": ("0770", "07700 90000", "7700900001", "020 7946"),
}
FIGURES = (
    *("24.12.2026", "24.12.26", "24.12.", "24/12", "24-12-2026", "12/24/2026", "1.2.2026", "01.02.2026"),
    *("2026-12-24", "2026/12/24", "12/2026", "24 12 2026", "24 12 2026 10 30", "24.12.2026 1030", "10 30"),
    *("10.30", "08.30", "9-17", "10.30-11.30", "19.90", "149.99", "149 99", "1.500", "10 000", "1.000.000"),
)
"""What is written as a date, a time or a price; open numbering plans have numbers of many of these digits."""


@pytest.mark.parametrize(
    ("region", "pieces"), [(region, one) for region, ones in PIECES.items() for one in ones]
)
def test_a_piece_of_a_number_is_none(region: str, pieces: str) -> None:
    assert as_written(pieces, region) is None
    assert readings(pieces, region) == Readings()


@pytest.mark.parametrize("region", PIECES)
def test_dates_times_and_prices_are_no_numbers(region: str) -> None:
    taken = [
        figure
        for figure in FIGURES
        if as_written(figure.strip("."), region) or readings(figure, region).likely
    ]
    assert taken == []


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("+490171", "DE", "+490171"),
        ("0049 30 12", "DE", "+493012"),
        ("+44 7700 900001", "DE", "+447700900001"),
        ("+12.34.5678", "DE", None),
        ("+49 30 12.34", "DE", "+49301234"),
        ("07700 900001", "GB", "+447700900001"),
        ("1 999 555 1234", "US", "+19995551234"),
        ("0171 12.34567", "DE", "+491711234567"),
    ],
)
def test_a_number_in_full_may_be_newer_than_our_tables(written: str, region: str, number: str | None) -> None:
    assert as_written(written, region) == number


def test_a_region_without_a_trunk_prefix_has_only_numbers_of_its_plan() -> None:
    assert as_written("12345678", "SG") is None
    assert as_written("81234567", "SG") == "+6581234567"


@pytest.mark.parametrize(
    ("digits", "region"),
    [
        # Without the trunk prefix that it is dialled with, a number of the plan is a local one, or a date.
        *[("241226", "DE"), ("1709876543", "DE"), ("6769876543", "AT"), ("7911123456", "GB")],
        *[("551234567", "AE"), ("94123456", "UY")],
        # Ten digits that begin with the trunk prefix lack one behind it.
        *[("1312555013", "US"), ("118-222-3333", "US"), ("102 030 4050", "US")],
        *[("21.345.678", "UY"), ("0800 10.45", "UY")],
        *[("2,345,678,901", "US"), ("05112026", "AT"), ("20261105", "UY"), ("0815-1645", "DE")],
        # Another end, or an extension.
        *[("06769876543/5", "AT"), ("01719876543/44", "DE"), ("0171 9876543 / 2", "DE")],
    ],
)
def test_what_only_looks_like_a_national_number_is_none(digits: str, region: str) -> None:
    assert as_written(digits, region) is None


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("9812345678", "IN", "+919812345678"),  # the prefix may be left out
        ("2622 3344", "UY", "+59826223344"),  # and has none
        ("1 312 555 0132", "US", "+13125550132"),
        ("011 44 7700 900003", "US", "+447700900003"),
        ("+ 44 7700 900001", "DE", "+447700900001"),
        ("094/231/234", "UY", "+59894231234"),
    ],
)
def test_what_is_dialled_so_is_a_number(written: str, region: str, number: str) -> None:
    assert readings(written, region) == Readings(((number,),), certain=True)


@pytest.mark.parametrize(
    ("prefix", "wrong"),
    [
        ("+4409", True),
        ("+490", True),
        ("+97104", True),
        ("+39064", False),
        ("+44909", False),
        ("+1", False),
        ("+999", False),
    ],
)
def test_a_prefix_with_the_trunk_prefix_within_meets_no_number(prefix: str, *, wrong: bool) -> None:
    assert has_trunk_prefix_within(prefix) is wrong
