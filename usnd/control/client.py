"""The command's end of the control socket: sends a request, gives the answer, or raises why there is none.

Called by `usnd conference …`, and by whoever acts for subscribers from another process.
"""

from pathlib import Path
from typing import overload

import msgspec

from usnd.control.answers import Answer, Done, Live, Refusal, RefusalCode
from usnd.control.requests import LONGEST_ANSWER, VERSION, Instruction, Look, Request
from usnd.process.local_socket import exchange

_PATIENCE = 25.0
"""Seconds: longer than the daemon takes for anything."""


class NoAnswer(Exception):
    """Nobody did what was asked for, or it is not known; the message says which, and what to do."""


class NotDone(Exception):
    """The daemon refused; the message says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.refused)
        self.code: RefusalCode = refusal.code


class _Versioned(msgspec.Struct):
    """What an answer of any release has."""

    version: int


@overload
def ask(path: Path, request: Look) -> Live: ...
@overload
def ask(path: Path, request: Instruction) -> Done: ...
def ask(path: Path, request: Request) -> Done | Live:
    """What the daemon at that socket answers. Raises NoAnswer and NotDone."""
    try:
        line = exchange(path, msgspec.json.encode(request), patience=_PATIENCE, longest=LONGEST_ANSWER)
        version = msgspec.json.decode(line, type=_Versioned).version
        if version != VERSION:
            raise NoAnswer(
                f"usnd speaks version {version}, this command {VERSION}: use the command of usnd's release, "
                "or restart usnd"
            )
        answer: Answer = msgspec.json.decode(line, type=Answer)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise NoAnswer(
            "usnd is not running: see `systemctl status usnd`, or start it with `usnd run`"
        ) from error
    except PermissionError as error:
        raise NoAnswer(
            f"you may not command this usnd ({path}): be root, its user, or of its operators' group"
        ) from error
    except (OSError, msgspec.DecodeError) as error:
        raise NoAnswer(
            f"usnd did not answer ({error}); it may have been done: check with `usnd conference list`"
        ) from error
    if isinstance(answer, Refusal):
        raise NotDone(answer)
    if isinstance(answer, Live) is not isinstance(request, Look):
        raise NoAnswer("usnd answered something else: check with `usnd conference list`")
    return answer
