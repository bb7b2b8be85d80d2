"""Which passwords may be chosen: by length, and not what anybody would guess."""

import pytest

from usnd.domain.portal.passwords import PasswordFault, as_first, fault_of, normal

ANN = "+447700900001"
F = PasswordFault


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("", F.SHORT),
        ("ninechars", F.SHORT),
        ("ten chars!", None),
        ("x" * 129, F.LONG),
        ("xyz" * 42, None),
        ("ALL CAPITALS AND BLANKS", None),
        ("Φράση με κενά", None),
        ("+447700900001", F.NUMBER),
        ("07700 900001", F.NUMBER),
        ("(0044) 7700-900001", F.NUMBER),
        ("447700900002", None),
        ("0000900001", None),
        ("Password123", F.COMMON),
        ("password1234!!", F.COMMON),
        ("qwertyuiop", F.COMMON),
        ("1234567890", F.COMMON),
        ("9876543210", F.COMMON),
        ("abcdefghij", F.COMMON),
        ("aaaaaaaaaaaa", F.COMMON),
        ("abababababab", F.COMMON),
        ("correct horse battery staple", None),
        ("correcthorsebatterystaple", F.COMMON),
    ],
)
def test_what_may_be_chosen(password: str, fault: PasswordFault | None) -> None:
    assert fault_of(password, ANN, is_first=False) is fault


def test_the_first_password_is_not_chosen_again() -> None:
    assert fault_of("abcd-efgh-ijkl", ANN, is_first=True) is F.FIRST


def test_how_it_is_typed_does_not_matter() -> None:
    assert normal("\uff21\u0041\u030a") == "A\u00c5"
    assert as_first(" ABCD efgh-23 45 ") == "abcd-efgh-2345"
    assert as_first("") == ""
