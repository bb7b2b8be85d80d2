"""One number in all the spellings of a switch is one, and goes out as each switch wants it (S11, V4)."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usnd.domain.dial_in.admission import DialInNumbers, as_configured
from usnd.domain.numbers.e164 import to_e164
from usnd.domain.trunks.number_format import PLAIN, Style, Writing, read, write
from usnd.domain.trunks.sip_uri import VOUCHED, Identity, Signalling, called_number, calling_number

REGIONS = ("GB", "US", "DE", "AT", "IN", "AE", "UY")
MOBILES = {
    "GB": "77009",
    "US": "214555",
    "DE": "1701",
    "AT": "66412",
    "IN": "98765",
    "AE": "5012",
    "UY": "942",
}
LENGTHS = {"GB": 10, "US": 10, "DE": 10, "AT": 10, "IN": 10, "AE": 9, "UY": 8}


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A region, and a mobile number of it as E.164."""
    region = draw(st.sampled_from(REGIONS))
    missing = LENGTHS[region] - len(MOBILES[region])
    last = draw(st.integers(0, 10**missing - 1))
    code = phonenumbers.country_code_for_region(region)
    return region, f"+{code}{MOBILES[region]}{last:0{missing}d}"


def spellings(number: str, region: str) -> list[str]:
    """All that a switch of that country may write for it in a URI."""
    code = str(phonenumbers.country_code_for_region(region))
    significant = number[1 + len(code) :]
    parsed = phonenumbers.parse(number)
    national = "".join(filter(str.isdigit, phonenumbers.format_number(parsed, 2)))
    shown = phonenumbers.format_number(parsed, 1).replace(" ", "-")
    return [
        f"sip:{number}@h",
        f"sip:{number}@h;user=phone",
        f"sip:{number};npdi;rn=+15550001111@h",
        f"sip:{number};isub=77@h",
        f"sip:%2B{number[1:]}@h",
        f"sip:00{number[1:]}@h",
        f"sip:{national}@h",
        f"sip:{significant};phone-context=+{code}@h;user=phone",
        f"sip:{national};phone-context=+{code}@h",
        f"sip:{national};phone-context=national@h",
        f"tel:{number}",
        f"tel:{shown};isub=1",
        f"tel:{significant};phone-context=+{code}",
        f"tel:{national};phone-context=carrier.example",
    ]


@settings(derandomize=True, database=None, deadline=None, max_examples=150)
@given(numbers())
def test_all_spellings_of_a_number_are_one(known: tuple[str, str]) -> None:
    region, number = known
    for uri in spellings(number, region):
        called = called_number(Signalling(uri), in_to=False)
        assert called is not None
        assert read(called, PLAIN, region)[1] == number, uri
        header = Signalling(headers=((Identity.ASSERTED, f'"A, B" <{uri}>, <sip:other@h>'),))
        calling = calling_number(header, VOUCHED)
        assert calling is not None
        assert read(calling, PLAIN, region)[1] == number, uri


@settings(derandomize=True, database=None, deadline=None, max_examples=150)
@given(numbers(), st.sampled_from(REGIONS), st.sampled_from(Style))
def test_what_is_written_in_a_style_is_read_in_it(known: tuple[str, str], home: str, style: Style) -> None:
    number = known[1]
    assert read(write(number, Writing(style), home), Writing(style), home)[1] == number


@pytest.mark.parametrize(
    ("writing", "home", "written"),
    [
        (Writing(), "GB", "+447700900001"),
        (Writing(Style.E164), "GB", "+447700900001"),
        (Writing(Style.DIGITS), "GB", "447700900001"),
        (Writing(Style.ZEROS), "GB", "00447700900001"),
        (Writing(Style.NATIONAL), "GB", "07700900001"),
        (Writing(Style.NATIONAL), "DE", "00447700900001"),
        (Writing(Style.NATIONAL), "US", "011447700900001"),
        (Writing(Style.NATIONAL, strip="0", add="9"), "GB", "97700900001"),
        (Writing(Style.DIGITS, add="99"), "GB", "99447700900001"),
        (Writing(Style.E164, strip="+44", add="0"), "GB", "07700900001"),
    ],
)
def test_a_number_goes_out_as_the_switch_wants_it(writing: Writing, home: str, written: str) -> None:
    assert write("+447700900001", writing, home) == written


def test_what_is_no_number_goes_out_as_it_is() -> None:
    assert write("52272", Writing(Style.NATIONAL), "GB") == "52272"


@pytest.mark.parametrize(
    ("written", "writing", "home", "number"),
    [
        ("491701234567", PLAIN, "GB", "+491701234567"),
        ("491701234567", Writing(Style.DIGITS), "DE", "+491701234567"),
        ("1701234567", Writing(Style.DIGITS, add="49"), "DE", "+491701234567"),
        ("9+491701234567", Writing(Style.E164, strip="9"), "DE", "+491701234567"),
        ("00491701234567", Writing(Style.DIGITS), "DE", "+491701234567"),
        ("442079460000", Writing(Style.NATIONAL), "US", None),
        ("52270", PLAIN, "GB", None),
    ],
)
def test_a_number_comes_in_as_the_switch_writes_it(
    written: str, writing: Writing, home: str, number: str | None
) -> None:
    assert read(written, writing, home)[1] == number


@pytest.mark.parametrize("configured", ["+442079460001", "442079460001", "02079460001", "00442079460001"])
@pytest.mark.parametrize("dialled", ["+442079460001", "442079460001", "02079460001", "00442079460001"])
def test_a_number_that_leads_here_is_known_in_every_spelling(configured: str, dialled: str) -> None:
    numbers = DialInNumbers("52270", (configured, "52202"))
    assert as_configured(*read(dialled, PLAIN, "GB"), numbers, "GB") == configured


@pytest.mark.parametrize("dialled", ["52270", "52202", "52201", "+442079460009", ""])
def test_all_other_numbers_stay_what_they_are(dialled: str) -> None:
    numbers = DialInNumbers("52270", ("+442079460001", "52202"))
    assert as_configured(dialled, to_e164(dialled, "GB"), numbers, "GB") == dialled
