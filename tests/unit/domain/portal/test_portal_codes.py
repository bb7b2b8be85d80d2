"""Codes are known by the key alone, devices are known for one account, sources are a household."""

import pytest

from usnd.domain.portal.codes import code_digest, code_of, device_cookie, is_same, known_device
from usnd.domain.portal.sources import source_of
from usnd.domain.subscribers.credentials import CredentialKey

KEY, OTHER_KEY = CredentialKey(b"k" * 32), CredentialKey(b"o" * 32)
ANN, BOB = "+447700900001", "+447700900002"


def test_a_code_has_six_digits() -> None:
    assert (code_of(7), code_of(999_999)) == ("000007", "999999")


def test_a_code_is_of_one_number_and_one_key() -> None:
    told = code_digest(KEY, ANN, "123456")
    assert is_same(told, code_digest(KEY, ANN, "123456"))
    for other in (
        code_digest(KEY, BOB, "123456"),
        code_digest(OTHER_KEY, ANN, "123456"),
        code_digest(KEY, ANN, "1234567"),
        "",
        "\ud800",
    ):
        assert not is_same(told, other)


def test_a_device_is_known_for_the_account_it_signed_in_to() -> None:
    cookie = device_cookie(KEY, ANN, "ab12")
    assert known_device(KEY, ANN, cookie) == "ab12"
    assert known_device(KEY, BOB, cookie) is None
    assert known_device(OTHER_KEY, ANN, cookie) is None
    for forged in ("", ".", "ab12", f"x{cookie}", cookie[:-1], "ab12.\ud800", device_cookie(KEY, ANN, "")):
        assert known_device(KEY, ANN, forged) is None


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("unix:", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_source_is_a_household(address: str, source: str) -> None:
    assert source_of(address) == source
