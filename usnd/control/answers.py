"""How the running usnd answers on its control socket: one of three shapes.

Acts makes Done and Live, the server makes Refusal; the client gives the first two to its command and raises
the third. Fields may be added; whoever does not know one passes over it.
"""

from enum import Enum
from typing import TypedDict

import msgspec

from usnd.control.requests import VERSION
from usnd.control.rows import CallRow, HappeningRow


class PersonRow(TypedDict):
    """Somebody who is called."""

    number: str
    name: str


class _Answer(msgspec.Struct, frozen=True, kw_only=True, tag_field="is"):
    version: int = VERSION


class Done(_Answer, frozen=True, kw_only=True, tag="done"):
    """It was done, or would be: `said` in a sentence, with the calls or people that it is about."""

    said: str
    conference: int | None = None
    calls: tuple[CallRow, ...] = ()
    people: tuple[PersonRow, ...] = ()


class Live(_Answer, frozen=True, kw_only=True, tag="live"):
    """To Look: the calls of the live conferences, and what was pressed and said in them lately."""

    calls: tuple[CallRow, ...] = ()
    lately: tuple[HappeningRow, ...] = ()


class RefusalCode(Enum):
    """Why; TIMED_OUT and FAULT: it may have been done all the same."""

    NOT_UNDERSTOOD = "not-understood"
    VERSION = "version"
    NOT_ALLOWED = "not-allowed"
    TOO_MANY = "too-many"
    NOT_POSSIBLE = "not-possible"
    TIMED_OUT = "timed-out"
    FAULT = "fault"


class Refusal(_Answer, frozen=True, kw_only=True, tag="refused"):
    """The one shape of all that goes wrong. `refused`: a sentence for the person who asked.

    A command of any release understands `version` and `refused`.
    """

    code: RefusalCode
    refused: str


Answer = Done | Live | Refusal
