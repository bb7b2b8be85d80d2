"""What can be asked of the running usnd: version 2 of the lines on its control socket.

Commands send these with client.py, the server decodes them, acts.py does them. A field that is not known is
refused: a misspelt one would be a wish that is not heard. The version changes when a request does.
"""

from pathlib import Path
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from usnd.control.rights import Right

VERSION = 2
LONGEST_REQUEST = 16_384
"""Octets of a line."""
LONGEST_ANSWER = 16 * 1024 * 1024
SOCKET = "control.sock"
"""In `node.runtime`."""

Word = Annotated[str, Meta(min_length=1, max_length=64)]
ConferenceId = Annotated[int, Meta(ge=1)]


class _Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="do"):
    version: int = VERSION
    needs: ClassVar[Right] = Right.CONTROL


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
    """Everybody hears the goodbye and is released."""

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
    needs: ClassVar[Right] = Right.LOOK


Instruction = Launch | End | Add | Drop | Mute | Lock
"""Answered by Done; Look by Live."""
Request = Instruction | Look


def socket_of(runtime: Path) -> Path:
    """Where the daemon with that `node.runtime` listens."""
    return runtime / SOCKET
