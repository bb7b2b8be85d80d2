"""A password is in no text that is printed or logged."""

from usnd.domain.subscribers.orders import Credentials, OrderResult


def test_a_password_is_not_printed() -> None:
    given = Credentials("+447700900001", "abcd-efgh")
    for printed in (repr(given), str(given), f"{OrderResult(code=1000, credentials=given)}"):
        assert "+447700900001" in printed
        assert "abcd" not in printed
