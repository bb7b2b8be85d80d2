"""A PIN is the keys that were pressed, however often each was told (REQUIREMENTS C3, C4)."""

from datetime import UTC, datetime, timedelta

from usnd.domain.conference.dtmf_menu import Typed
from usnd.domain.dial_in.pin_entry import asked_anew, press_pin

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def entered(*keys: tuple[float, str], begun: bool = True) -> list[str]:
    """The PINs that these keys make, each with the second in which it is told."""
    typed, pins = Typed(), []
    for second, key in keys:
        typed, pin = press_pin(typed, key, T0 + timedelta(seconds=second), begun=begun)
        if pin is not None:
            pins.append(pin)
    return pins


def test_seven_digits_are_a_pin_also_where_one_follows_itself() -> None:
    assert entered(*((number / 5, key) for number, key in enumerate("1123455"))) == ["1123455"]
    assert entered(*((number / 5, key) for number, key in enumerate("112345"))) == []


def test_by_sip_info_too() -> None:
    assert entered(*((number / 5, key) for number, key in enumerate("1123455")), begun=False) == ["1123455"]


def test_a_key_that_is_told_twice_is_one() -> None:
    told = [(number / 5 + late, key) for number, key in enumerate("1123455") for late in (0, 0.03, 0.08)]
    assert entered(*told) == ["1123455"]


def test_a_telling_without_beginning_is_none_where_keys_begin() -> None:
    typed, _ = press_pin(Typed(), "1", T0, begun=True)
    typed, _ = press_pin(typed, "2", T0 + timedelta(seconds=1), begun=False)
    assert typed.digits == "1"


def test_other_keys_are_passed_over_and_the_next_pin_begins_anew() -> None:
    keys = "*1234567A#7654321"
    assert entered(*((number / 5, key) for number, key in enumerate(keys))) == ["1234567", "7654321"]


def test_the_last_key_of_a_pin_told_again_is_not_the_first_of_the_next() -> None:
    typed = Typed()
    for number, key in enumerate("1234567"):
        typed, _ = press_pin(typed, key, T0 + timedelta(seconds=number), begun=True)
    typed, _ = press_pin(asked_anew(typed), "7", T0 + timedelta(seconds=6.05), begun=True)
    assert typed.digits == ""
