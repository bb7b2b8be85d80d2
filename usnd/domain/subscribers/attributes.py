"""The attributes of a subscriber: one table, from which XML, its schema, the command and the store are made.

Each attribute has a name for XML (`minutesPerMonth`), a field of `Subscriber` (`minutes`), which names the
column and the command's option too, a kind that reads and writes its values, and a sentence. An empty value
takes it back: then the node's own counts. decide.py asks for the values of an order.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from usnd.domain.directory.model import Subscriber
from usnd.domain.sms.languages import LANGUAGES
from usnd.domain.subscribers.credentials import CredentialKey
from usnd.domain.subscribers.values import (
    Email,
    Kind,
    Language,
    Name,
    TimeZone,
    Truth,
    Whole,
    WrongValue,
)

LONGEST_NAME = 100
LONGEST_EMAIL = 254
LONGEST_TIME_ZONE = 64
MOST_MINUTES = 10_000_000
MOST_PARTICIPANTS = 1000
LONGEST_AWAY = 86_400
MOST_CALL_BACKS = 5
_OF_NODE = "language"
"""The field that a new subscriber gets the node's own value of."""
SUSPENDED = "suspended"
"""Told beside the attributes; it is changed by an operation of its own."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute. says: what it is, for the schema and the command. back: what holds without it.

    unset: the value in `Subscriber` that says so; `language` has none, see `NodeOwn`. is_theirs: whether
    subscribers may set it themselves, in the portal.
    """

    name: str
    field: str
    kind: Kind
    says: str
    back: str
    unset: object = ""
    is_theirs: bool = False

    @property
    def is_always_told(self) -> bool:
        """Whether a subscriber always has a value of it, so that answers always have it."""
        return self.field == _OF_NODE or self.unset not in ("", None)

    @property
    def option(self) -> str:
        """Of the command: `--call-backs`."""
        return f"--{self.field.replace('_', '-')}"


ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(
        "name",
        "name",
        Name(LONGEST_NAME),
        "The subscriber's name, as it is to be shown.",
        "No name is known.",
    ),
    Attribute(
        "email",
        "email",
        Email(LONGEST_EMAIL),
        "The mail address of the subscriber.",
        "No address is known.",
        is_theirs=True,
    ),
    Attribute(
        "language",
        "language",
        Language(LANGUAGES),
        "In which replies and announcements are told.",
        "The language of the node.",
        is_theirs=True,
    ),
    Attribute(
        "timeZone",
        "time_zone",
        TimeZone(LONGEST_TIME_ZONE),
        "In which times are shown to the subscriber.",
        "The time zone of the node.",
        is_theirs=True,
    ),
    Attribute(
        "minutesPerMonth",
        "minutes",
        Whole(1, MOST_MINUTES, ", or nothing: then there is no limit"),
        "How many minutes all calls of their conferences may last in a calendar month (UTC), in sum.",
        "No limit.",
        unset=None,
    ),
    Attribute(
        "participants",
        "participants",
        Whole(1, MOST_PARTICIPANTS),
        "How many people may be in one conference beside the subscriber; never more than the node allows.",
        "As many as the node allows.",
        unset=None,
    ),
    Attribute(
        "awaySeconds",
        "away",
        Whole(1, LONGEST_AWAY),
        "How long the others wait for a subscriber who has left the conference, in seconds.",
        "As long as the node says.",
        unset=None,
    ),
    Attribute(
        "callBacks",
        "call_backs",
        Whole(0, MOST_CALL_BACKS),
        "How often a subscriber who dropped out of the conference is called back.",
        "As often as the node says.",
        unset=None,
        is_theirs=True,
    ),
    Attribute(
        "pressOne",
        "press_one",
        Truth(),
        "Whether everybody who is called must press 1 to join; always so where the node asks for it.",
        "As the node says.",
        unset=False,
        is_theirs=True,
    ),
    Attribute(
        "callTexts",
        "call_texts",
        Truth(),
        "Whether everybody who is called gets a text beside the call.",
        "No texts.",
        unset=False,
        is_theirs=True,
    ),
)
BY_NAME: Mapping[str, Attribute] = {one.name: one for one in ATTRIBUTES}
_SET = attrgetter(*(one.field for one in ATTRIBUTES))
_WRITTEN = tuple((one.name, one.kind.written) for one in ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class NodeOwn:
    """What the node has of its own. home_region: whose national numbers are meant.

    time_zones: those that it knows; empty: any name may be one. key: for the credentials of new subscribers;
    None: nobody gets any.
    """

    language: str
    time_zones: Collection[str] = field(default=(), repr=False)
    home_region: str = ""
    key: CredentialKey | None = None


class UnknownAttribute(Exception):
    """No attribute has the name that it carries."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class RefusedValue(Exception):
    """The value of the attribute of that name is not taken; the message is WrongValue's."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


def with_values(subscriber: Subscriber, values: Mapping[str, str], node: NodeOwn) -> Subscriber:
    """The subscriber with these attributes set; "" takes one back. Raises UnknownAttribute, RefusedValue.

    A name that is not known is told before a value that is not taken, each in the order written.
    """
    for name in values:
        if name not in BY_NAME:
            raise UnknownAttribute(name)
    return replace(
        subscriber, **{BY_NAME[name].field: _value(name, text, node) for name, text in values.items()}
    )


def differing(before: Subscriber, after: Subscriber) -> tuple[str, ...]:
    """The names of the attributes that are not the same, in the order of the table."""
    return tuple(one.name for one in ATTRIBUTES if getattr(before, one.field) != getattr(after, one.field))


def values_of(subscriber: Subscriber) -> dict[str, str]:
    """All attributes written out, in the order of the table; empty where nothing is set. Then `suspended`."""
    told = {
        name: "" if value is None or value == "" else written(value)
        for (name, written), value in zip(_WRITTEN, _SET(subscriber), strict=True)
    }
    told[SUSPENDED] = "true" if subscriber.suspended else "false"
    return told


def _value(name: str, text: str, node: NodeOwn) -> Any:
    attribute = BY_NAME[name]
    if text == "":
        return node.language if attribute.field == _OF_NODE else attribute.unset
    try:
        value = attribute.kind.parse(text)
    except WrongValue as error:
        raise RefusedValue(name, str(error)) from error
    if attribute.field == "time_zone" and node.time_zones and value not in node.time_zones:
        raise RefusedValue(name, f"{value} is not among the time zones: write {attribute.kind.words}")
    return value
