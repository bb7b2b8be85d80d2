"""An order about one subscriber, and its result: the same for XML, the command and the console.

The provisioning site reads orders out of documents, the command makes them of its options;
domain/subscribers/decide.py decides each, services/subscribers.py carries the decision out. Both types cross
the control socket as they are, so their bounds are here.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Annotated

import msgspec
from msgspec import Meta

MOST_VALUES = 32
"""Attributes that one order may name."""
Text = Annotated[str, Meta(max_length=512)]


class Operation(Enum):
    """What can be asked for. Those of CHANGING are decided by usnd; the others only read."""

    CREATE = "create"
    CHANGE = "change"
    SUSPEND = "suspend"
    RESUME = "resume"
    DELETE = "delete"
    READ = "read"
    LIST = "list"
    POLL = "poll"


CHANGING = frozenset(
    {Operation.CREATE, Operation.CHANGE, Operation.SUSPEND, Operation.RESUME, Operation.DELETE}
)


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`number`: as written; E.164 for XML. `values`: attributes by name, as written; "" takes the value back.

    `end_conference`: with suspend and delete, a conference of theirs that is running is ended.
    """

    operation: Operation
    number: Text
    values: Annotated[Mapping[str, Text], Meta(max_length=MOST_VALUES)] = {}
    end_conference: bool = False


class Credentials(msgspec.Struct, frozen=True):
    """The first log-in of a subscriber: said in the answer, never stored in clear (REQUIREMENTS P3)."""

    login: str
    password: str

    def __repr__(self) -> str:
        """Without the password: what is printed or logged must not hold it."""
        return f"Credentials(login={self.login!r})"


class OrderResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an order. `code`: of domain/provisioning/codes.py. `attribute`: the one at fault.

    `text`: more about it, beside the code's own text. `subscriber`: their attributes afterwards, written out.
    """

    code: int
    text: str = ""
    attribute: str = ""
    number: str = ""
    subscriber: Mapping[str, str] = {}
    credentials: Credentials | None = None
