"""What the documents of provisioning may hold: elements, attributes and values, each with a sentence, in
tables.

The readers of documents decide by the requests; `make pages` writes the published schema of all of it
(schema/provisioning-1.xsd). What an attribute of a subscriber may hold comes from
domain/subscribers/attributes.py.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from usnd.domain.subscribers.attributes import ATTRIBUTES
from usnd.domain.subscribers.values import Email, Kind, Language, Name, TimeZone, Truth, Whole
from usnd.web.provisioning.lexical import is_moment, number_hint

NAMESPACE = "urn:usn:provisioning:1"
ADDRESSES = {"request": "/provisioning/v1", "bulk": "/provisioning/v1/bulk"}
"""Where a document is sent, by the name of its root."""
PREFIX = "p"
"""Stands for the namespace in the XPath of what is at fault."""
MOST_ROWS = 100_000
MOST_LISTED = 1000
LONGEST_TEXT = 4096
"""Characters of a value, in any element."""


@dataclass(frozen=True)
class Value:
    """What a text may be, once its white space is collapsed. `name`: of the schema's type; `says`: one
    sentence.

    pattern: in what XML Schema and Python have in common. bounds: of a whole number. words: one of these.
    hint: what is wrong with a text that is not admitted, and how to write it; else `says` is all there is.
    """

    name: str
    says: str
    pattern: str = ""
    longest: int = LONGEST_TEXT
    bounds: tuple[int, int] | None = None
    words: tuple[str, ...] = ()
    is_time: bool = False
    may_be_empty: bool = False
    hint: Callable[[str], str] | None = field(default=None, compare=False)

    def admits(self, text: str) -> bool:
        """Whether the schema does."""
        if not text:
            return self.may_be_empty
        if len(text) > self.longest or (self._matches is not None and not self._matches.fullmatch(text)):
            return False
        if self.bounds is not None:
            return self.bounds[0] <= int(text) <= self.bounds[1]
        return not (self.words and text not in self.words) and not (self.is_time and not is_moment(text))

    @cached_property
    def _matches(self) -> re.Pattern[str] | None:
        return re.compile(self.pattern) if self.pattern else None


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of an element."""

    name: str
    value: Value
    says: str
    required: bool = False


class Content(Enum):
    """How an element has its children."""

    ALL = "each at most once, in any order"
    ONE = "exactly one of them"
    MANY = "as many as are wanted of any of them"
    ORDER = "in this order, those that are many as often as there are some"


@dataclass(frozen=True)
class Element:
    """An element: with a value, with children, or with attributes alone. required, many: in its parent."""

    name: str
    says: str
    attributes: tuple[Attribute, ...] = ()
    value: Value | None = None
    children: "tuple[Element, ...]" = ()
    content: Content = Content.ALL
    required: bool = False
    many: bool = False
    child: "dict[str, Element]" = field(init=False, default_factory=dict, compare=False)
    """By the name as the reader gets it, with the namespace."""
    attribute: dict[str, Attribute] = field(init=False, default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        self.child.update({f"{NAMESPACE} {one.name}": one for one in self.children})
        self.attribute.update({one.name: one for one in self.attributes})

    @cached_property
    def must(self) -> tuple[str, ...]:
        """Names of the children that must be there."""
        return tuple(one.name for one in self.children if one.required)

    @cached_property
    def must_attributes(self) -> tuple[str, ...]:
        """Names of the attributes that must be there."""
        return tuple(one.name for one in self.attributes if one.required)


def _whole(name: str, says: str, least: int, most: int) -> Value:
    return Value(name, says, "0|[1-9][0-9]*", len(str(most)), bounds=(least, most))


REQUEST_ID = Value(
    "requestId", "Chosen by the client: letters, digits, dot, underscore, hyphen.", "[A-Za-z0-9._-]{1,64}"
)
NUMBER = Value("number", "A telephone number in E.164, with +.", r"\+[1-9][0-9]{2,14}", hint=number_hint)
TRUTH = Value("truth", "true or false.", words=("true", "false"))
_MODE = Value(
    "mode", "do: have it done. check: say what would come of it; nothing changes.", words=("do", "check")
)
_CHANGE_ID = _whole("changeId", "The number of a change that waits to be polled.", 1, 2**63 - 1)
_ROW = _whole("row", "The number of an order in its bulk, from 1.", 1, MOST_ROWS)
_LIMIT = _whole("limit", "How many subscribers a page may have.", 1, MOST_LISTED)
_TIME = Value(
    "time",
    "A moment in UTC, with Z.",
    r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?Z",
    is_time=True,
)


def _of_kind(kind: Kind, name: str, says: str) -> Value:
    """What the schema can say of a kind of value; usnd may still refuse what it lets through."""
    says = f"{says} Write {kind.words}. Empty: as if it had never been set."
    match kind:
        case Truth():
            return Value(name, says, words=("true", "false"), may_be_empty=True)
        case Whole(least=least, most=most):
            return Value(name, says, "0|[1-9][0-9]*", len(str(most)), bounds=(least, most), may_be_empty=True)
        case Language():
            return Value(name, says, "[a-z]{2}", may_be_empty=True)
        case TimeZone(longest=longest):
            return Value(name, says, r"[A-Z][A-Za-z0-9_+/\-]*", longest, may_be_empty=True)
        case Email(longest=longest):
            return Value(name, says, "[^@ ]+@[^@ ]+", longest, may_be_empty=True)
        case Name(longest=longest):
            return Value(name, says, longest=longest, may_be_empty=True)
    raise AssertionError(f"the schema has no type for {kind}")


_NUMBER_ELEMENT = Element("number", "Whose order it is.", value=NUMBER, required=True)
_ATTRIBUTES = tuple(
    Element(one.name, f"{one.says} Empty: {one.back}", value=_of_kind(one.kind, one.name, one.says))
    for one in ATTRIBUTES
)
_SUBSCRIBER = Element(
    "subscriber",
    "A subscriber: the number, and the attributes that are to be set.",
    children=(_NUMBER_ELEMENT, *_ATTRIBUTES),
    required=True,
)
_END_CONFERENCE = Attribute(
    "endConference", TRUTH, "Whether a running conference of the subscriber is ended for it. Without: false."
)
CHANGING = (
    Element("create", "Register a subscriber. The answer has the first log-in.", children=(_SUBSCRIBER,)),
    Element("change", "Set attributes of a subscriber; those not named stay.", children=(_SUBSCRIBER,)),
    Element("suspend", "No service until they are resumed.", (_END_CONFERENCE,), children=(_NUMBER_ELEMENT,)),
    Element("resume", "Service again.", children=(_NUMBER_ELEMENT,)),
    Element(
        "delete", "Remove a subscriber and all they have.", (_END_CONFERENCE,), children=(_NUMBER_ELEMENT,)
    ),
)
_READING = (
    Element("read", "Tell a subscriber's attributes.", children=(_NUMBER_ELEMENT,)),
    Element(
        "list",
        "Tell subscribers in the order of their numbers, a page at a time.",
        (
            Attribute("after", NUMBER, "Begin behind this number: what the page before said was next."),
            Attribute("changedSince", _TIME, "Only who was changed then or later."),
            Attribute("limit", _LIMIT, f"At most so many. Without: {MOST_LISTED}."),
        ),
    ),
    Element("poll", "Tell the oldest change that others made and you have not acknowledged."),
    Element(
        "acknowledge",
        "You have stored a change that you polled: tell it no more.",
        (Attribute("change", _CHANGE_ID, "Its id.", required=True),),
    ),
)
_MODE_ATTRIBUTE = Attribute("mode", _MODE, "Without: do. What only looks is done in both.")
REQUEST = Element(
    "request",
    "One request. Sent again as it is, it has no second effect, and the same answer.",
    (Attribute("id", REQUEST_ID, "A new one for each request.", required=True), _MODE_ATTRIBUTE),
    children=(*CHANGING, *_READING),
    content=Content.ONE,
)
BULK = Element(
    "bulk",
    "Many orders; each is done or refused by itself. Sent again, it goes on where it was interrupted.",
    (
        Attribute("id", REQUEST_ID, "A new one for each bulk.", required=True),
        _MODE_ATTRIBUTE,
        Attribute(
            "from",
            _ROW,
            "Tell only rows from this one on; the bulk must have it. Those before it are done and counted, "
            "too. Without: 1.",
        ),
    ),
    children=CHANGING,
    content=Content.MANY,
)
