"""Which digits a handset chooses a feature by, and that no typing can fill a memory (REQUIREMENTS C8)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usnd.domain.conference import Feature
from usnd.domain.menu import DEFAULT_KEYS, LONGEST_NUMBER, Choice, Menu, Typed, clashes, described, press

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
MENU = Menu()


def typing(digits: str, menu: Menu = MENU, spacing: float = 1.0) -> list[Choice]:
    typed, chosen = Typed(), []
    for index, digit in enumerate(digits):
        typed, choice = press(menu, typed, digit, T0 + timedelta(seconds=index * spacing))
        chosen += [choice] if choice else []
    return chosen


@pytest.mark.parametrize("feature", [feature for feature in DEFAULT_KEYS if feature is not Feature.ADD])
def test_each_feature_has_its_key(feature: Feature) -> None:
    assert typing(DEFAULT_KEYS[feature]) == [Choice(feature)]


@pytest.mark.parametrize(
    ("digits", "features"),
    [
        ("", []),
        ("1234567890#", []),
        ("5*5", [Feature.MUTE_ALL]),
        ("*1*5", [Feature.MUTE_ALL]),
        ("*#**", [Feature.END]),
        ("***5", [Feature.END, Feature.MUTE_ALL]),
        ("*4*4", [Feature.COUNT, Feature.COUNT]),
        ("*2**", [Feature.END]),
        ("*2077*5", [Feature.MUTE_ALL]),
    ],
)
def test_wrong_keys_do_nothing_and_hinder_nothing(digits: str, features: list[Feature]) -> None:
    assert [choice.feature for choice in typing(digits)] == features


@pytest.mark.parametrize(
    ("digits", "number"),
    [
        ("*207700900005#", "+447700900005"),
        ("*200447700900005#", "+447700900005"),
        ("*2#", ""),
        ("*2123#", ""),
    ],
)
def test_a_number_ends_with_a_hash(digits: str, number: str) -> None:
    assert typing(digits) == [Choice(Feature.ADD, number)]


def test_a_number_without_end_is_forgotten() -> None:
    assert typing("*2" + "7" * (LONGEST_NUMBER + 1) + "#") == []


def test_a_pause_begins_anew() -> None:
    assert typing("*5", spacing=5.0) == [Choice(Feature.MUTE_ALL)]
    assert typing("*5", spacing=5.1) == []


def test_of_choices_faster_than_a_person_only_the_first_counts_until_a_pause() -> None:
    assert len(typing("*5" * 100, spacing=0.05)) == 1
    assert len(typing("*5" * 100, spacing=0.3)) == 100


def test_a_key_can_be_another_or_none() -> None:
    menu = Menu({**DEFAULT_KEYS, Feature.END: "##", Feature.COUNT: "", Feature.ADD: ""})
    assert typing("##", menu) == [Choice(Feature.END)]
    assert typing("**", menu) == typing("*4", menu) == typing("*207700900005#", menu) == []
    assert "##" in described(menu)
    assert "count" not in described(menu)


def test_keys_that_hide_each_other_are_found() -> None:
    assert clashes(DEFAULT_KEYS) is None
    assert clashes({Feature.END: "*1", Feature.COUNT: "*12"}) == ("*1", "*12")
    assert clashes({Feature.END: "*1", Feature.COUNT: "*1"}) == ("*1", "*1")
    assert clashes({Feature.END: "", Feature.COUNT: ""}) is None


def test_the_help_names_every_key_and_fits_one_text() -> None:
    text = described(MENU)
    assert all(key in text for key in DEFAULT_KEYS.values())
    assert len(text) < 120


@given(st.text("0123456789*#ABCD", max_size=300))
def test_what_is_kept_of_any_typing_is_bounded(digits: str) -> None:
    typed = Typed()
    for index, digit in enumerate(digits):
        typed, _ = press(MENU, typed, digit, T0 + timedelta(seconds=index))
        assert len(typed.digits) <= LONGEST_NUMBER + 2


def told(*presses: tuple[str, int, bool]) -> list[Feature]:
    """What digits choose that are told at so many milliseconds, with their beginning or without."""
    typed, chosen = Typed(), []
    for digit, at, begun in presses:
        typed, choice = press(MENU, typed, digit, T0 + timedelta(milliseconds=at), begun=begun)
        chosen += [choice.feature] if choice else []
    return chosen


@pytest.mark.parametrize(
    ("presses", "features"),
    [
        ([("*", 0, True), ("*", 80, True), ("4", 400, True)], [Feature.COUNT]),
        ([("*", 0, True), ("*", 81, True)], [Feature.END]),
        ([("*", 0, True), ("*", 22, False), ("*", 45, False), ("*", 208, False), ("4", 900, True)],
         [Feature.COUNT]),
        # The rest is spread over what so many keys would take; a key that goes down anew is another press.
        ([("*", 0, True), ("*", 22, False), ("*", 575, False), ("*", 1200, True)], [Feature.END]),
        ([("*", 0, False), ("*", 150, False)], [Feature.END]),  # by SIP INFO, which has no beginning
        ([("*", 0, True), ("4", 30, True), ("4", 60, True), ("*", 700, True), ("5", 800, True)],
         [Feature.COUNT, Feature.MUTE_ALL]),
        ([("*", 0, True), ("*", 22, False), ("*", 5100, False), ("4", 5300, True)], [Feature.COUNT]),
    ],
)  # fmt: skip
def test_a_digit_told_twice_is_one_press(
    presses: list[tuple[str, int, bool]], features: list[Feature]
) -> None:
    assert told(*presses) == features
