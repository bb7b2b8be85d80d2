"""Every text the node sends, as a catalogue: one entry a message, ready for translation.

Owns wording. A `Reply` is a key with its values; `render` makes the text. Values come from subscribers'
texts, so they are cleaned here, at the one place where they go out again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

LONGEST_ECHO = 24
MOST_ECHOED = 6


class Say(Enum):
    """What can be said. The value is the English text; `{…}` are filled in by `render`."""

    NO_SERVICE = "This number is not registered for Instant Conferencing."
    SUSPENDED = "Your Instant Conferencing service is suspended. Please contact customer care."
    EMPTY = "Your text was empty. Text ? for help."
    UNKNOWN_COMMAND = "{command} is not a command. Commands: {commands}. Text ? <command> for its syntax."
    SYNTAX = "{problem} Write: {syntax}"
    HELP = "Commands: {commands}. Text ? <command> for its syntax."
    HELP_COMMAND = "{syntax}: {explains}"
    BAD_NUMBER = "{word} is not a phone number. Write it as +447700900001 or as you dial it."
    BAD_NAME = "{word} cannot be a name: begin with a letter, 2 to 20 letters, digits, _ . & ' or -."
    BAD_PERSON = "{word} cannot be a person's name: write First.Last, at most {most} letters."
    NAME_TAKEN_BY_USER = "{name} is already a user of yours. Choose another name."
    NAME_TAKEN_BY_GROUP = "{name} is already a group of yours. Choose another name."
    UNKNOWN_NAMES = "Not known: {names}. Create users with UC, groups with GC. Nothing was done."
    CYCLE = "A group cannot contain itself: {path}. Nothing was done."
    USER_CREATED = "User {nick} created: {number}{groups}."
    GROUP_CREATED = "Group {name} has {count}: {names}."
    GROUP_REPLACED = "Group {name} now has {count}: {names}."
    NOBODY = "Nobody to call: only your own number is named."
    TOO_MANY = "{count} people are too many: at most {most} can be called. Nothing was done."
    LAUNCHED = "Calling you and {count}: {names}."
    STILL_RUNNING = "Your conference is still running. Leave it first, then text again."
    RECALLED = "Your conference is waiting for you: we are calling you back."
    NO_VOICE = "Calls cannot be placed at the moment. Please text again in a few minutes."
    NO_CREDIT = "Your conference could not be launched: there is not enough credit on your account."
    MENU = "Keys during your conference: {keys}."


@dataclass(frozen=True, slots=True)
class Reply:
    """One message: what, and the values to fill in."""

    say: Say
    values: Mapping[str, object]


def reply(say: Say, **values: object) -> Reply:
    """A reply, in the words of its caller."""
    return Reply(say, values)


def render(message: Reply) -> str:
    """The text to send."""
    return message.say.value.format_map({key: _clean(value) for key, value in message.values.items()})


def _clean(value: object) -> str:
    """A value fit to send: printable, and bounded in length."""
    if isinstance(value, Echo):
        printable = "".join(char for char in value.word if char.isprintable())
        return printable if len(printable) <= LONGEST_ECHO else printable[: LONGEST_ECHO - 1] + "~"
    if isinstance(value, tuple):
        shown = [_clean(item) for item in value[:MOST_ECHOED]]
        more = len(value) - MOST_ECHOED
        return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
    return str(value)


@dataclass(frozen=True, slots=True)
class Echo:
    """A word of the subscriber's own, to be said back."""

    word: str
