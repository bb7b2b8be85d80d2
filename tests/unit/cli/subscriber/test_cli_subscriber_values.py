"""Each attribute of a subscriber is an option of the command, read as an order has it."""

import inspect

import pytest

from usnd.cli.subscriber.commands import add, set_
from usnd.cli.subscriber.values import in_full, refusal, values_given
from usnd.domain.subscribers.attributes import ATTRIBUTES, BY_NAME

NOTHING: dict[str, str | None] = {one.field: None for one in ATTRIBUTES}


def test_both_commands_have_an_option_for_each_attribute() -> None:
    for command in (add, set_):
        named = inspect.signature(command).parameters
        assert {one.field for one in ATTRIBUTES} <= named.keys()
        assert "given" not in named


def test_what_is_not_named_is_not_ordered() -> None:
    assert values_given(NOTHING) == {}
    given = {**NOTHING, "away": "30", "press_one": "false", "call_texts": "true"}
    assert values_given(given) == {"awaySeconds": "30", "pressOne": "false", "callTexts": "true"}


def test_default_takes_each_value_back_and_all_else_is_left_to_the_table() -> None:
    for attribute in ATTRIBUTES:
        assert values_given({**NOTHING, attribute.field: "default"}) == {attribute.name: ""}
        assert values_given({**NOTHING, attribute.field: "0"}) == {attribute.name: "0"}


@pytest.mark.parametrize(
    ("words", "full"),
    [
        ("set +44 --press-one", "set +44 --press-one=true"),
        ("set --press-one +44", "set --press-one=true +44"),
        ("set +44 --no-press-one --call-texts", "set +44 --press-one=false --call-texts=true"),
        ("set +44 --press-one --call-texts --away 5", "set +44 --press-one=true --call-texts=true --away 5"),
        ("set +44 --press-one default --away default", "set +44 --press-one=default --away default"),
        ("set +44 --press-one=false --call-texts yes", "set +44 --press-one=false --call-texts=yes"),
        ("set --press-one -- --press-one", "set --press-one=true -- --press-one"),
    ],
)
def test_a_switch_may_stand_alone_or_have_a_value(words: str, full: str) -> None:
    assert [*in_full(words.split())] == full.split()


def test_a_refusal_names_the_option_and_the_way_back() -> None:
    assert refusal("awaySeconds", "no") == "--away: no. `--away default`: as long as the node says"
    assert refusal("number", "no") == "number: no"
    assert len({refusal(name, "no") for name in BY_NAME}) == len(BY_NAME)
