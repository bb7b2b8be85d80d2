"""The command's end of the control socket: sends a request, gives the answer, or raises why there is none.

Called by `usnd conference …`, by the provisioning site, and by whoever acts for subscribers from another
process.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import overload

import msgspec

from usnd.control.answers import (
    Answer,
    Bulk,
    Done,
    Live,
    Pictures,
    PortalAnswer,
    Provisioned,
    Refusal,
    RefusalCode,
)
from usnd.control.request import VERSION
from usnd.control.requests import (
    LONGEST_ANSWER,
    Acknowledge,
    Instruction,
    Look,
    Provision,
    Provisioning,
    StartBulk,
)
from usnd.process.local_socket import TooLong, exchange, listener_of
from usnd.process.os_errors import reason

PATIENCE = 25.0
"""Seconds: longer than the daemon takes for anything."""
_CHECK = "it may have been done: check with `usnd conference list`"


_ANSWERED_BY: Mapping[type, type] = {
    Look: Live,
    Provision: Provisioned,
    Acknowledge: Provisioned,
    StartBulk: Bulk,
}
"""All others by Done."""


class NoAnswer(Exception):
    """Nobody did what was asked for, or it is not known; the message says which, and what to do."""


class NotRunning(NoAnswer):
    """Nobody listens there."""


class NotDone(Exception):
    """The daemon refused; the message says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.refused)
        self.code: RefusalCode = refusal.code


class _Versioned(msgspec.Struct):
    """What an answer of any release has."""

    version: int


class _Refused(msgspec.Struct, tag_field="is", tag="refused"):
    """A refusal whose code is newer than this command."""

    refused: str


@overload
def ask(path: Path, request: Look) -> Live: ...
@overload
def ask(path: Path, request: Instruction) -> Done: ...
@overload
def ask(path: Path, request: Provision | Acknowledge) -> Provisioned: ...
@overload
def ask(path: Path, request: StartBulk) -> Bulk: ...
def ask(path: Path, request: Instruction | Look | Provisioning) -> Done | Live | Provisioned | Bulk:
    """What the daemon at that socket answers. Raises NoAnswer, of it NotRunning, and NotDone."""
    try:
        line = exchange(path, msgspec.json.encode(request), patience=PATIENCE, longest=LONGEST_ANSWER)
        version = msgspec.json.decode(line, type=_Versioned).version
        if version != VERSION:
            raise NoAnswer(
                f"usnd speaks version {version}, this command {VERSION}: use the command of usnd's release, "
                "or restart usnd"
            )
        answer = _decoded(line)
    except OSError as error:
        raise _unanswered(path, error) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise NoAnswer(f"what usnd answered is not understood ({error}); {_CHECK}") from error
    if isinstance(answer, Refusal):
        raise NotDone(answer)
    if isinstance(answer, PortalAnswer | Pictures) or not isinstance(
        answer, _ANSWERED_BY.get(type(request), Done)
    ):
        raise NoAnswer(f"usnd answered something else; {_CHECK}")
    return answer


def _decoded(line: bytes) -> Answer:
    """Raises DecodeError."""
    try:
        answer: Answer = msgspec.json.decode(line, type=Answer)
    except msgspec.ValidationError:
        with suppress(msgspec.ValidationError):
            refused = msgspec.json.decode(line, type=_Refused).refused
            return Refusal(code=RefusalCode.NOT_POSSIBLE, refused=refused)
        raise
    return answer


def _unanswered(path: Path, error: OSError) -> NoAnswer:
    """That it is not there, that this user may not, or that it hangs: to each its own remedy."""
    match error:
        case FileNotFoundError() | NotADirectoryError() | ConnectionRefusedError():
            return NotRunning("usnd is not running: see `systemctl status usnd`, or start it with `usnd run`")
        case PermissionError():
            return NoAnswer(
                f"you may not command this usnd ({path}): be root, its user, or of its operators' group"
            )
        case TimeoutError() | BlockingIOError():
            process = listener_of(str(path))
            which = f"usnd (process {process})" if process else "usnd"
            return NoAnswer(
                f"{which} is there, and has not answered within {PATIENCE:g} s: it hangs, or waits for its "
                f"database; see `journalctl -u usnd`, then `systemctl restart usnd` (calls stay up). {_CHECK}"
            )
        case ConnectionResetError() | TooLong():
            return NoAnswer(f"usnd did not answer ({error}); {_CHECK}")
    return NoAnswer(f"usnd cannot be asked at {path}: {reason(error)}")
