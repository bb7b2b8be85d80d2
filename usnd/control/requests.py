"""What can be asked of the running daemon, and how it answers: version 1 of the lines on its socket.

Owns names and bounds. Refuses what it does not know: a misspelt field would be a wish that is not heard.
"""

from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

VERSION = 1
LONGEST_REQUEST = 16_384
"""Octets of a line."""
LONGEST_ANSWER = 16 * 1024 * 1024
SOCKET = "control.sock"
"""In `node.runtime`."""

Word = Annotated[str, Meta(min_length=1, max_length=64)]
ConferenceId = Annotated[int, Meta(ge=1)]


class _Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="do"):
    version: int = VERSION


class Launch(_Request, frozen=True, kw_only=True, tag="launch"):
    """Either who is called, or the number of a conference that the subscriber has defined.

    `request`: by which a repetition is known, within a day; empty: each is one of its own.
    """

    subscriber: Word
    members: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
    number: Annotated[int, Meta(ge=1, le=30)] | None = None
    request: Annotated[str, Meta(max_length=64)] = ""
    dry_run: bool = False


class End(_Request, frozen=True, kw_only=True, tag="end"):
    """Everybody is sent home."""

    conference: ConferenceId
    dry_run: bool = False


class Add(_Request, frozen=True, kw_only=True, tag="add"):
    """More participants: numbers, or nicks and groups of the subscriber."""

    conference: ConferenceId
    members: Annotated[tuple[Word, ...], Meta(min_length=1, max_length=100)]


class Drop(_Request, frozen=True, kw_only=True, tag="drop"):
    """`who`: a number, a name or a call's id."""

    conference: ConferenceId
    who: Word


class Mute(_Request, frozen=True, kw_only=True, tag="mute"):
    """`who` as of Drop; None: all participants."""

    conference: ConferenceId
    who: Word | None = None
    on: bool = True


class Lock(_Request, frozen=True, kw_only=True, tag="lock"):
    """Nobody comes in who was not called."""

    conference: ConferenceId
    on: bool = True


class Look(_Request, frozen=True, kw_only=True, tag="look"):
    """The live conferences as they are this moment; of one, or of all."""

    conference: ConferenceId | None = None


Request = Launch | End | Add | Drop | Mute | Lock | Look


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`said`: a sentence; `rows`: what it is about. `refused`: why nothing was done.

    `lately`: of `Look`, what was pressed and said, a row each.
    """

    version: int = VERSION
    said: str = ""
    conference: int | None = None
    rows: list[dict[str, Any]] = []
    lately: list[dict[str, Any]] = []
    refused: str = ""


def socket_of(runtime: Path) -> Path:
    """Where the daemon with that `node.runtime` listens."""
    return runtime / SOCKET
