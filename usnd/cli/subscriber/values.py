"""The attributes of a subscriber as options of the command: made from the table of domain/subscribers.

`usnd subscriber add` and `set` get theirs here, so that a new attribute has its option by itself. Each takes
what XML takes, and `default` in the place of XML's empty value. What is true or false may also stand alone.
"""

import inspect
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from usnd.domain.subscribers.attributes import ATTRIBUTES, BY_NAME, Attribute
from usnd.domain.subscribers.values import Truth

BACK = "default"
"""What an operator writes to take a value back."""
_SWITCHES = {one.option: one for one in ATTRIBUTES if isinstance(one.kind, Truth)}
_TRUE, _FALSE = "true", "false"
_END_OF_OPTIONS = "--"


class WithSwitches(TyperCommand):
    """A command whose switches are options with a value, written in short or in full: see `in_full`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [*in_full(args)])


def in_full(words: Iterable[str]) -> Iterator[str]:
    """The words of a command with a value for each switch.

    `--press-one` alone is true, `--no-press-one` false; a word behind it that is no number is its value.
    """
    left = deque(words)
    while left:
        word = left.popleft()
        if word == _END_OF_OPTIONS:
            yield word
            yield from left
            return
        if word in _SWITCHES:
            value = left.popleft() if left and left[0].isalpha() else _TRUE
            yield f"{word}={value}"
        elif word in _NO:
            yield f"{_NO[word]}={_FALSE}"
        else:
            yield word


def with_attributes(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each attribute, in place of its `**given`: None where none is named."""
    own = inspect.signature(command)
    kept = [one for one in own.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    options = [
        inspect.Parameter(one.field, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_option(one))
        for one in ATTRIBUTES
    ]
    named: Any = command
    named.__signature__ = own.replace(parameters=[*kept, *options])
    named.__annotations__ = {one.name: one.annotation for one in (*kept, *options)} | {"return": None}
    return command


def values_given(given: Mapping[str, str | None]) -> dict[str, str]:
    """The attributes that were named, by name, as an order has them."""
    named = ((one.name, given[one.field]) for one in ATTRIBUTES)
    return {name: "" if value == BACK else value for name, value in named if value is not None}


def refusal(attribute: str, why: str) -> str:
    """What is wrong with the value of an attribute, in the table's words, by its option; and the way back.

    attribute: its name, or that of something else in the order.
    """
    if attribute not in BY_NAME:
        return f"{attribute}: {why}"
    option = BY_NAME[attribute].option
    return f"{option}: {why}. `{option} {BACK}`: {_back(BY_NAME[attribute])}"


def _back(attribute: Attribute) -> str:
    return f"{attribute.back[0].lower()}{attribute.back[1:-1]}"


def _option(attribute: Attribute) -> Any:
    told = f"{attribute.says} Write {attribute.kind.words}. `{BACK}`: {_back(attribute)}."
    if attribute.option in _SWITCHES:
        short = f"Alone it is true; `{_no(attribute.option)}` is false."
        told, metavar = f"{told} {short}", "[VALUE]"
    else:
        metavar = "VALUE"
    return Annotated[str | None, typer.Option(attribute.option, help=told, metavar=metavar)]


def _no(option: str) -> str:
    return f"--no-{option.removeprefix('--')}"


_NO = {_no(option): option for option in _SWITCHES}
