"""The command's end of the control socket. Owns the words for a daemon that does not answer."""

import socket
from pathlib import Path

import msgspec

from usnd.control.requests import LONGEST_ANSWER, VERSION, Answer, Request

_PATIENCE = 25.0
"""Seconds: longer than the daemon takes for anything."""


class NoAnswer(Exception):
    """Nobody did what was asked for, or it is not known; the message says which, and what to do."""


class NotDone(Exception):
    """The daemon refused; the message says why."""


def ask(path: Path, request: Request) -> Answer:
    """What the daemon at that socket answers. Raises NoAnswer and NotDone."""
    try:
        answer = msgspec.json.decode(_exchanged(path, msgspec.json.encode(request)), type=Answer)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise NoAnswer(
            "usnd is not running: see `systemctl status usnd`, or start it with `usnd run`"
        ) from error
    except PermissionError as error:
        raise NoAnswer(f"{path}: you may not command this usnd: be its user, or of its group") from error
    except (OSError, msgspec.DecodeError) as error:
        raise NoAnswer(f"usnd has not answered ({error}): look with `usnd conference list`") from error
    if answer.version != VERSION:
        raise NoAnswer(f"usnd answers in version {answer.version}: use the command of its release")
    if answer.refused:
        raise NotDone(answer.refused)
    return answer


def _exchanged(path: Path, line: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(_PATIENCE)
        channel.connect(str(path))
        channel.sendall(line + b"\n")
        with channel.makefile("rb") as answers:
            return answers.readline(LONGEST_ANSWER)
