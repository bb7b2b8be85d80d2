"""A receipt finds its text however the SMSC writes message ids, and says whether it is the last word."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from usnd.domain.messaging.delivery_receipts import final_state, message_key, receipt_keys
from usnd.domain.messaging.message import MtState


@given(some.integers(0, 2**64), some.integers(0, 12))
def test_hexadecimal_and_decimal_find_each_other(number: int, width: int) -> None:
    forms = [f"{number:0{width}x}", f"{number:0{width}X}", f"{number:0{width}d}", f"0x{number:x}"]
    for submitted in forms:
        for receipted in forms:
            assert message_key(submitted) in receipt_keys(receipted)


@pytest.mark.parametrize("message_id", ["n17", "5f-22", "", "0", "a" * 65, "9" * 65, "ü", "٣"])
def test_any_id_finds_itself(message_id: str) -> None:
    assert receipt_keys(message_id)[0] == message_key(message_id)


def test_the_same_writing_comes_first() -> None:
    assert receipt_keys("0010") == ("10", "a", "16")
    assert receipt_keys("fF") == ("ff", "255")


@pytest.mark.parametrize(
    ("stat", "state"),
    [
        ("DELIVRD", MtState.DELIVERED),
        ("delivrd", MtState.DELIVERED),
        *((stat, MtState.UNDELIVERED) for stat in ("EXPIRED", "DELETED", "UNDELIV", "UNKNOWN", "REJECTD")),
        *((stat, MtState.DELIVERED) for stat in ("DELIVERED", "Delivered", "DELIVERD", "DELIVER", "DLVRD")),
        *(
            (stat, MtState.UNDELIVERED)
            for stat in ("FAILED", "failed", "UNDELIVERABLE", "UNDELIVERED", "REJECTED", "ABORTED", "SKIPPED")
        ),
        *((stat, None) for stat in ("ENROUTE", "ACCEPTD", "BUFFERED", "DELIVERING", "", "whatever")),
    ],
)
def test_which_word_is_the_last(stat: str, state: MtState | None) -> None:
    assert final_state(stat) is state
