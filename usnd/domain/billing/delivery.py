"""What a destination's answer means: what is wrong there, and whether a file is whole. Pure.

services/billing/rsync.py runs rsync over ssh and gives what the two said. The words are those of rsync 3.2
and OpenSSH 9, in the C locale.
"""

import re
from enum import Enum


class Trouble(Enum):
    """Why a file is not there yet. The value stands in the store and in `usnd cdr files`."""

    UNREACHABLE = "unreachable"
    HOST_KEY = "host-key"
    LOGIN = "login"
    FULL = "full"
    READ_ONLY = "read-only"
    BROKEN_OFF = "broken-off"
    NOT_WHOLE = "not-whole"
    REFUSED = "refused"
    HERE = "here"
    CHANGED = "changed"


WORDS = {
    Trouble.UNREACHABLE: "the destination cannot be reached",
    Trouble.HOST_KEY: "the destination shows another host key than the one that is configured",
    Trouble.LOGIN: "the destination does not let us in",
    Trouble.FULL: "the destination has no room",
    Trouble.READ_ONLY: "the destination's directory may not be written",
    Trouble.BROKEN_OFF: "the transfer broke off",
    Trouble.NOT_WHOLE: "the file at the destination is not the one that was sent",
    Trouble.REFUSED: "the destination refuses",
    Trouble.HERE: "this server cannot write the file, or cannot send it",
    Trouble.CHANGED: "the file cannot be made again as it was: records in it were changed",
}
REFUSALS = frozenset(
    {Trouble.HOST_KEY, Trouble.LOGIN, Trouble.FULL, Trouble.READ_ONLY, Trouble.NOT_WHOLE, Trouble.REFUSED}
)
"""Somebody at the destination has to do something; of the rest most passes by itself."""
_SSH_FAILED = 255
_BROKEN_OFF = frozenset({10, 12, 20, 30, 35})
"""rsync(1), EXIT VALUES: socket and protocol streams, signals, time-outs."""
# Looked for first: rsync ends with 255 or with 12, as it hears first of ssh's end or of the stream's.
# rrsync of a transfer that broke off may go on for a while.
_SAID = (
    (r"failed to exec ssh", Trouble.HERE),
    (r"host key verification failed|remote host identification has changed", Trouble.HOST_KEY),
    (r"permission denied \([a-z,-]*(publickey|password)|too many authentication failures", Trouble.LOGIN),
    (r"no space left on device|disk quota exceeded|file too large", Trouble.FULL),
    (r"read-only file system|permission denied \(13\)|operation not permitted \(1\)", Trouble.READ_ONLY),
    (r"another instance of rrsync", Trouble.BROKEN_OFF),
    (r"rrsync error:|filenotfounderror:|: unknown option", Trouble.REFUSED),
    (r"\bssh: (connect to host|could not resolve hostname)", Trouble.UNREACHABLE),
)


def trouble_of(status: int, said: str) -> Trouble | None:
    """Of rsync's exit status, and what it and ssh wrote; None: it went well."""
    if status == 0:
        return None
    for words, trouble in _SAID:
        if re.search(words, said, re.IGNORECASE):
            return trouble
    if status == _SSH_FAILED:
        return Trouble.UNREACHABLE
    return Trouble.BROKEN_OFF if status in _BROKEN_OFF or status < 0 else Trouble.REFUSED


class There(Enum):
    """What is at the destination under the file's name."""

    SAME = "same"
    OTHER = "other"
    NOTHING = "nothing"


def what_is_there(changes: str) -> There | None:
    """By what rsync would do with the file (`%i`), which it says of one that is the same, too.

    None: it says nothing of a file, as of a link that it passes over. That is no proof of anything.
    """
    line = next((line for line in changes.splitlines() if line.startswith((".f", "<f"))), None)
    if line is None:
        return None
    if line.startswith(".f"):
        return There.SAME
    return There.NOTHING if line.startswith("<f+++++++++") else There.OTHER


def is_whole(there: There, *, taken_away: bool) -> bool:
    """Whether a sent file is confirmed. taken_away: the receiver moves files out of the directory."""
    return there is There.SAME or (there is There.NOTHING and taken_away)
