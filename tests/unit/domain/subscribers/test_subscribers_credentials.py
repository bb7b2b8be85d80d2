"""A first log-in is the same for one request, another for any other, and cannot be read from what is kept."""

import re
from dataclasses import replace

import pytest

from usnd.domain.subscribers.credentials import CredentialKey, Origin, first_log_in, stored

KEY = CredentialKey(bytes(range(32)))
ORIGIN = Origin("7a01 CN=Ops", "request-1", 0)
NUMBER = "+447700900001"
PASSWORD = "bl5i-tg2o-2cob-eeg2-eawt-vir4-llwd-v57g"
STORED = "0b8f660909445b61366cdf832c778b9adb59a8c96396f6b9cbf3c51378df5834"


def test_it_is_what_it_was_in_every_release() -> None:
    """A repeated request must get the password that was mailed: this text may never change."""
    given = first_log_in(KEY, ORIGIN, NUMBER)
    assert (given.login, given.password) == (NUMBER, PASSWORD)
    assert stored(KEY, given) == STORED


@pytest.mark.parametrize(
    ("origin", "number"),
    [
        (replace(ORIGIN, client="7a02 CN=Ops"), NUMBER),
        (replace(ORIGIN, request="request-2"), NUMBER),
        (replace(ORIGIN, request="request-10", row=0), NUMBER),
        (replace(ORIGIN, row=1), NUMBER),
        (replace(ORIGIN, client="7a01 CN=Opsrequest-1", request=""), NUMBER),
        (ORIGIN, "+447700900002"),
    ],
)
def test_another_request_gives_another_password(origin: Origin, number: str) -> None:
    assert first_log_in(KEY, origin, number).password != first_log_in(KEY, ORIGIN, NUMBER).password


def test_another_key_gives_another_password_and_keeps_another_mark() -> None:
    other = CredentialKey(bytes(32))
    given = first_log_in(KEY, ORIGIN, NUMBER)
    assert first_log_in(other, ORIGIN, NUMBER) != given
    assert stored(other, given) != stored(KEY, given)


def test_it_can_be_read_out_and_typed() -> None:
    assert re.fullmatch("([a-z2-7]{4}-){7}[a-z2-7]{4}", first_log_in(KEY, ORIGIN, NUMBER).password)


def test_neither_key_nor_password_is_printed() -> None:
    given = first_log_in(KEY, ORIGIN, NUMBER)
    assert "\\x01" not in repr(KEY)
    assert given.password not in repr(given)
    assert given.password not in stored(KEY, given)
