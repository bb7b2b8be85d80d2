"""Which digits a handset chooses a feature by, and that no typing can fill a memory (REQUIREMENTS C8)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usnd.domain.conference.dtmf_menu import (
    DEFAULT_KEYS,
    LONGEST_NUMBER,
    Choice,
    Menu,
    Typed,
    clashes,
    described,
    press,
)
from usnd.domain.conference.events import Feature

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
        ("*1*5", [Feature.WRONG_KEY, Feature.MUTE_ALL]),
        ("*#**", [Feature.WRONG_KEY, Feature.END]),
        ("*1*9*1", [Feature.WRONG_KEY]),
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


@pytest.mark.parametrize(
    ("digits", "number"), [("*20171#", ""), ("*24711#", ""), ("*201701234567#", "+491701234567")]
)
def test_a_piece_of_a_number_is_a_wrong_number(digits: str, number: str) -> None:
    assert typing(digits, Menu(home_region="DE")) == [Choice(Feature.ADD, number)]


def test_a_number_without_end_is_forgotten() -> None:
    assert typing("*2" + "7" * (LONGEST_NUMBER + 1) + "#") == [Choice(Feature.WRONG_KEY)]
    assert typing("*9*5", spacing=0.1) == [Choice(Feature.WRONG_KEY), Choice(Feature.MUTE_ALL)], "no choice"


def test_a_pause_begins_anew() -> None:
    assert typing("*5", spacing=5.0) == [Choice(Feature.MUTE_ALL)]
    assert typing("*5", spacing=5.1) == []


def test_of_choices_faster_than_a_person_only_the_first_counts_until_a_pause() -> None:
    assert len(typing("*5" * 100, spacing=0.05)) == 1
    assert len(typing("*5" * 100, spacing=0.3)) == 100


def test_a_key_can_be_another_or_none() -> None:
    menu = Menu({**DEFAULT_KEYS, Feature.END: "##", Feature.COUNT: "", Feature.ADD: ""})
    assert typing("##", menu) == [Choice(Feature.END)]
    for digits in ("*4", "*207700900005#"):
        assert typing(digits, menu) == [Choice(Feature.WRONG_KEY)]
    assert typing("**", menu) == []
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
        # A late end just before the next press is not what that press repeats.
        ([("*", 0, True), ("*", 172, False), ("*", 1263, False), ("*", 1263, True)], [Feature.END]),
        ([("*", 0, False), ("*", 150, False)], [Feature.END]),  # by SIP INFO, which has no beginning
        ([("*", 0, True), ("4", 30, True), ("4", 60, True), ("*", 700, True), ("5", 800, True)],
         [Feature.COUNT, Feature.MUTE_ALL]),
        ([("*", 0, True), ("*", 22, False), ("*", 5100, False), ("4", 5300, True)], []),  # too late
    ],
)  # fmt: skip
def test_a_digit_told_twice_is_one_press(
    presses: list[tuple[str, int, bool]], features: list[Feature]
) -> None:
    assert told(*presses) == features


def spread(keys: str, late: float, every: float) -> list[Choice]:
    """What is chosen where the end of each key is told twice more, `late` ms apart, without a beginning."""
    events = [(index * every, key, True) for index, key in enumerate(keys)]
    events += [(at + late * (1 + again), key, False) for at, key, _ in events for again in range(2)]
    typed, chosen = Typed(), []
    for at, key, begun in sorted(events):
        typed, choice = press(MENU, typed, key, T0 + timedelta(milliseconds=at), begun=begun)
        chosen += [choice] if choice else []
    return chosen


@pytest.mark.parametrize("late", [81, 105, 190, 210, 553, 1100])
@pytest.mark.parametrize("every", [180, 300, 700])
@pytest.mark.parametrize("number", ["07700900044", "447700900012", "07700900055", "01122334455"])
def test_a_number_among_repeated_ends_is_refused_and_none_is_called(
    number: str, every: float, late: float
) -> None:
    chosen = spread(f"*2{number}#", late, every)
    assert [(choice.feature, choice.number) for choice in chosen] == [(Feature.ADD, "")]


@pytest.mark.parametrize("late", [81, 105, 190, 210, 553, 1100])
@pytest.mark.parametrize("key", [DEFAULT_KEYS[one] for one in DEFAULT_KEYS if one is not Feature.ADD])
def test_a_key_among_repeated_ends_is_that_key_and_no_repetition_ends_the_conference(
    key: str, late: float
) -> None:
    assert [choice.keys for choice in spread(key, late, 300)] == [key]


def test_a_late_end_told_after_other_keys_is_no_press_and_the_next_number_is_good() -> None:
    typed = Typed()
    for at, key, begun in ((0, "*", True), (300, "4", True), (500, "*", False), (700, "4", False)):
        typed, _ = press(MENU, typed, key, T0 + timedelta(milliseconds=at), begun=begun)
    assert typed.doubtful
    chosen = []
    for index, key in enumerate("*207700900005#"):
        typed, choice = press(MENU, typed, key, T0 + timedelta(seconds=2 + index))
        chosen += [choice] if choice else []
    assert chosen == [Choice(Feature.ADD, "+447700900005")]


def test_keys_that_never_have_a_beginning_are_good_as_by_sip_info() -> None:
    typed, chosen = Typed(), []
    for index, key in enumerate("*207700900005#"):
        typed, choice = press(MENU, typed, key, T0 + timedelta(milliseconds=200 * index), begun=False)
        chosen += [choice] if choice else []
    assert chosen == [Choice(Feature.ADD, "+447700900005")]
