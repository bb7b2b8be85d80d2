"""Every attribute of a subscriber is set, taken back, written out, and refused by its name."""

import pytest
from msgspec.structs import fields, replace

from usnd.domain.directory.model import Subscriber
from usnd.domain.subscribers.attributes import (
    ATTRIBUTES,
    BY_NAME,
    Attribute,
    NodeOwn,
    RefusedValue,
    UnknownAttribute,
    values_of,
    with_values,
)

PLAIN = Subscriber(7, "+447700900001", language="sv")
OWN = NodeOwn("fi", frozenset({"Europe/London", "UTC"}))
SET = {
    "name": ("Ann Miller", "Ann Miller"),
    "email": ("ann@example.com", "ann@example.com"),
    "language": ("de", "de"),
    "timeZone": ("Europe/London", "Europe/London"),
    "minutesPerMonth": ("600", 600),
    "participants": ("12", 12),
    "awaySeconds": ("90", 90),
    "callBacks": ("0", 0),
    "pressOne": ("true", True),
    "callTexts": ("true", True),
}
WRONG = {
    "name": "Ann\u202e",
    "email": "ann",
    "language": "zz",
    "timeZone": "Europe/Londres",
    "minutesPerMonth": "0",
    "participants": "1001",
    "awaySeconds": "86401",
    "callBacks": "6",
    "pressOne": "yes",
    "callTexts": "1",
}
every = pytest.mark.parametrize("attribute", ATTRIBUTES, ids=lambda one: one.name)


def test_the_samples_are_of_all_attributes() -> None:
    assert SET.keys() == WRONG.keys() == BY_NAME.keys()


def test_every_field_of_a_subscriber_is_an_attribute_once() -> None:
    settable = {one.name for one in fields(Subscriber)} - {"id", "number", "suspended"}
    assert sorted(one.field for one in ATTRIBUTES) == sorted(settable)


@every
def test_an_attribute_is_set_and_written_out(attribute: Attribute) -> None:
    text, value = SET[attribute.name]
    after = with_values(PLAIN, {attribute.name: text}, OWN)
    assert after == replace(PLAIN, **{attribute.field: value})
    assert values_of(after)[attribute.name] == text


@every
def test_an_empty_value_takes_it_back(attribute: Attribute) -> None:
    text, _ = SET[attribute.name]
    given = with_values(PLAIN, {attribute.name: text}, OWN)
    back = with_values(given, {attribute.name: ""}, OWN)
    assert back == (replace(PLAIN, language="fi") if attribute.name == "language" else PLAIN)


@every
def test_a_wrong_value_is_refused_by_the_attributes_name(attribute: Attribute) -> None:
    with pytest.raises(RefusedValue, match="write ") as refused:
        with_values(PLAIN, {attribute.name: WRONG[attribute.name]}, OWN)
    assert refused.value.name == attribute.name


@every
def test_an_attribute_says_what_it_is_and_how_the_command_calls_it(attribute: Attribute) -> None:
    assert attribute.says.endswith(".")
    assert attribute.back.endswith(".")
    assert attribute.option.startswith("--")
    assert "_" not in attribute.option


def test_an_unknown_attribute_is_told_before_a_wrong_value() -> None:
    with pytest.raises(UnknownAttribute) as unknown:
        with_values(PLAIN, {"callBacks": "99", "colour": "red"}, OWN)
    assert unknown.value.name == "colour"
    with pytest.raises(UnknownAttribute):
        with_values(PLAIN, {"suspended": "true"}, OWN)


def test_a_time_zone_is_looked_up_where_the_node_knows_them() -> None:
    with pytest.raises(RefusedValue, match="not among the time zones: write the name of a time zone"):
        with_values(PLAIN, {"timeZone": "Europe/Paris"}, OWN)
    assert with_values(PLAIN, {"timeZone": "Europe/Paris"}, NodeOwn("en")).time_zone == "Europe/Paris"


def test_a_language_that_a_former_release_took_stays_until_another_is_set() -> None:
    stored = replace(PLAIN, language="zz")
    assert with_values(stored, {"callBacks": "0"}, OWN).language == "zz"
    assert values_of(stored)["language"] == "zz"
    with pytest.raises(RefusedValue, match="write a language of this node: de, en, "):
        with_values(stored, {"language": "zz"}, OWN)


def test_all_is_written_out_in_the_order_of_the_table() -> None:
    told = values_of(replace(PLAIN, suspended=True))
    assert list(told) == [*BY_NAME, "suspended"]
    assert told == {
        **dict.fromkeys(BY_NAME, ""),
        "language": "sv",
        "pressOne": "false",
        "callTexts": "false",
        "suspended": "true",
    }
    assert values_of(PLAIN)["suspended"] == "false"


def test_no_calls_back_is_something_else_than_as_the_node_says() -> None:
    none = with_values(PLAIN, {"callBacks": "0"}, OWN)
    assert (none.call_backs, values_of(none)["callBacks"]) == (0, "0")


def test_what_is_always_told_is_told_of_a_subscriber_of_whom_nothing_is_set() -> None:
    told = values_of(Subscriber(1, "+447700900001", language="en"))
    assert {one.name for one in ATTRIBUTES if one.is_always_told} == {
        one.name for one in ATTRIBUTES if told[one.name]
    }
