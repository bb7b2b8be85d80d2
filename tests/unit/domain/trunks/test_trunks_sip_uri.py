"""Telephone numbers in SIP: every spelling, whose they are, and what is no number."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usnd.domain.trunks.sip_uri import VOUCHED, Identity, Signalling, called_number, calling_number, number_of

ANN, BOB = "+447700900001", "+447700900002"
PAI, RPID, PPI, FROM = Identity


@pytest.mark.parametrize(
    ("uri", "number"),
    [
        ("sip:+442079460000@host", "+442079460000"),
        ("SIPS:+442079460000@host:5061;user=phone", "+442079460000"),
        ("sip:+442079460000;npdi;rn=+447700900999@host", "+442079460000"),
        ("sip:+442079460000;isub=12;phone-context=+1@host", "+442079460000"),
        ("sip:2079460000;phone-context=+44@host", "+442079460000"),
        ("tel:7042;phone-context=+1-914-555", "+19145557042"),
        ("tel:7042;Phone-Context=carrier.example", "7042"),
        ("tel:+44-20.7946(0000)", "+442079460000"),
        ("tel:020 7946 0000", "02079460000"),
        ("sip:%2B442079460000%3Bnpdi@host", "+442079460000"),
        ("sip:0044207:secret@host", "0044207"),
        ("sip:52270@host?Subject=x", "52270"),
        ("sip:host", None),
        ("sip:usn@host", None),
        ("sip:+44x@host", None),
        ("sip:+@host", None),
        ("sip:@host", None),
        ("sip:123456789012345678901@host", None),
        ("mailto:+442079460000@host", None),
        ("+442079460000", None),
        ("", None),
    ],
)
def test_a_uri_has_a_number_or_none(uri: str, number: str | None) -> None:
    assert number_of(uri) == number


def said(*headers: tuple[Identity, str], privacy: str = "") -> Signalling:
    return Signalling("sip:1@host", "", headers, privacy)


@pytest.mark.parametrize(
    ("headers", "number"),
    [
        ([(PAI, f"<sip:{ANN}@h>")], ANN),
        ([(PAI, f"<sip:{ANN}@h>, <tel:{BOB}>")], ANN),
        ([(PAI, f"<sip:gateway@h>, <tel:{BOB}>")], BOB),
        ([(PAI, "<sip:gateway@h>"), (PAI, f"<tel:{BOB}>")], BOB),
        ([(PAI, f'"Smith, <Ann> \\"A\\"" <sip:{ANN};a="1,2"@h>')], ANN),
        ([(PAI, f"sip:{ANN}@h;user=phone")], ANN),
        ([(FROM, f"<sip:{BOB}@h>"), (PAI, f"<sip:{ANN}@h>")], ANN),
        ([(FROM, f"<sip:{BOB}@h>"), (PAI, "<sip:anonymous@anonymous.invalid>")], None),
        ([(FROM, f"<sip:{BOB}@h>"), (RPID, f"<sip:{ANN}@h>;party=calling;screen=yes;privacy=off")], ANN),
        ([(RPID, f"<sip:{ANN}@h>;privacy=name")], ANN),
        ([(RPID, f"<sip:{ANN}@h>;privacy=full")], None),
        ([(RPID, f"<sip:{ANN}@h>;screen=no")], None),
        ([(RPID, f"sip:{ANN}@h;screen=no")], None),
        ([(FROM, f"Ann <sip:{ANN};verstat=TN-Validation-Failed@h>;tag=1")], None),
        ([(FROM, f"<sip:{ANN}@h>;tag=1"), (PPI, f"<sip:{BOB}@h>")], ANN),
        ([(PPI, f"<sip:{ANN}@h>")], None),
        ([], None),
        ([(FROM, "<sip:")], None),
    ],
)
def test_the_first_that_the_network_vouches_for_calls(
    headers: list[tuple[Identity, str]], number: str | None
) -> None:
    assert calling_number(said(*headers), VOUCHED) == number


def test_the_operator_says_which_headers_are_believed() -> None:
    both = said((FROM, f"<sip:{BOB}@h>"), (PPI, f"<sip:{ANN}@h>"))
    assert calling_number(both, (PAI,)) is None
    assert calling_number(both, (PPI, FROM)) == ANN
    assert calling_number(both, ()) is None


@pytest.mark.parametrize(
    ("privacy", "shown"),
    [
        ("id", False),
        ("user;critical", False),
        ("critical", False),
        ("none, id", False),
        ("history, none, id", False),
        ("none", True),
        ("history", True),
        ("", True),
        ("header, ID", False),
    ],
)
def test_who_withholds_the_number_is_nobody(privacy: str, *, shown: bool) -> None:
    assert calling_number(said((PAI, f"<sip:{ANN}@h>"), privacy=privacy), VOUCHED) == (ANN if shown else None)


@pytest.mark.parametrize(
    "headers",
    [
        [(PAI, f"<sip:{ANN};verstat=TN-Validation-Failed@h;user=phone>"), (PAI, f"<tel:{ANN}>")],
        [(PAI, f"<tel:{ANN}>, <sip:{ANN}@h;verstat=tn-validation-failed>")],
        [(PAI, f"<sip:{ANN}@h>"), (FROM, f"<sip:{ANN};verstat=TN-Validation-Failed@h>;tag=1")],
        [(PAI, f"<sip:{ANN}@h>"), (PPI, f'<sip:{BOB}@h;verstat="TN-Validation-Failed">')],
        [(PAI, f"<sip:{ANN};verstat = TN%2DValidation-Failed-A@h>")],
        [(RPID, f"<sip:{ANN}@h>;party=calling;screen=no, <sip:{ANN}@h>;party=called;screen=yes")],
        [(RPID, f"<sip:{ANN}@h>;screen=yes"), (RPID, f"<sip:{ANN}@h>;party=calling;screen=no")],
        [(RPID, f"<sip:{ANN}@h>;Screen=YES;screen=no")],
        [(RPID, f'<sip:{ANN}@h>;screen="no"')],
        [(PAI, f"<sip:{ANN}@h>"), (RPID, f"<sip:{ANN}@h>;privacy=uri")],
    ],
)
def test_what_takes_a_number_back_counts_wherever_it_stands(headers: list[tuple[Identity, str]]) -> None:
    assert calling_number(said(*headers), VOUCHED) is None
    assert calling_number(said(*reversed(headers)), VOUCHED) is None


@pytest.mark.parametrize(
    ("headers", "number"),
    [
        ([(RPID, f"<sip:{ANN}@h>;party=called;screen=yes"), (FROM, f"<sip:{BOB}@h>")], BOB),
        ([(RPID, f"<sip:{ANN}@h>;party=called"), (RPID, f"<sip:{BOB}@h>;party=calling;screen=yes")], BOB),
        ([(RPID, f"<sip:{ANN}@h>;party=called, <sip:{BOB}@h>")], BOB),
        ([(RPID, f"<sip:{ANN}@h>;party=calling;party=called")], None),
        ([(RPID, f'<sip:{ANN}@h>;party="called"')], None),
        ([(RPID, f"<sip:{BOB}@h>;party=called;screen=no;privacy=full"), (PAI, f"<sip:{ANN}@h>")], ANN),
        ([(PAI, f"<sip:{ANN};verstat=No-TN-Validation@h>")], ANN),
    ],
)
def test_remote_party_is_the_caller_only_where_it_says_so(
    headers: list[tuple[Identity, str]], number: str | None
) -> None:
    assert calling_number(said(*headers), VOUCHED) == number


def test_the_number_called_is_the_requests_or_that_in_to() -> None:
    call = Signalling("sip:account@host", '"Conference" <sip:+442079460000@host>;tag=1')
    assert called_number(call, in_to=False) is None
    assert called_number(call, in_to=True) == "+442079460000"
    assert called_number(Signalling(), in_to=True) is None


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(st.text(max_size=60) | st.text('<>";,:@=+0123456789siptel%', max_size=60))
def test_any_header_is_a_number_or_nobodys(text: str) -> None:
    signalling = said((PAI, text))
    number = calling_number(signalling, VOUCHED)
    assert number is None or number.lstrip("+").isdigit()
