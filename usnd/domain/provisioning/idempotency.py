"""What is done with an order by what is known of its key: done once, never twice, never half. Pure.

An order of the CRM is known by its key: the client, its request id, and the row of a bulk (0 of a request
of its own). services/provisioning asks here when an order comes, and once more within the unit of work.

A key is RUNNING in usnd's memory, and DONE by a row of `provisioning_requests` that is written in the same
transaction as what was done. So whatever dies, the row tells: a commit that both servers have makes DONE;
a unit of work that was not committed leaves nothing, as though it had never been asked for.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from usnd.domain.provisioning.codes import Code
from usnd.domain.tables import every_cell

KEPT = timedelta(days=30)
"""How long a key stays DONE. Afterwards the same id is a new request."""


class RequestKey(NamedTuple):
    """`client`: the terminal's name, which a renewed certificate keeps. `row`: 0, or of a bulk from 1."""

    client: str
    request: str
    row: int


class KeyState(Enum):
    """UNKNOWN: never asked for, not committed, or forgotten. DONE: decided and committed, also a refusal."""

    UNKNOWN = "unknown"
    RUNNING = "running"
    DONE = "done"


class KeyEvent(Enum):
    """SAME, OTHER: an order comes with that key and the digest known of it, or with another one.

    COMMITTED: its unit of work is, on both servers of a pair. FAILED: it was not, and will not be. DIED: usnd
    or its server; another life, perhaps of the other server, goes on with its database. EXPIRED: after KEPT.
    """

    SAME = "asked, same digest"
    OTHER = "asked, other digest"
    COMMITTED = "committed"
    FAILED = "failed"
    DIED = "died"
    EXPIRED = "expired"


class KeyAnswer(Enum):
    """What is done with an order that comes."""

    CARRY_OUT = "carry it out"
    WAIT = "refuse it: the first is still being done"
    REPEAT = "give the stored answer again"
    REUSED = "refuse it: the id belongs to another request"


KEY_TABLE = every_cell(
    {
        # Of a key that is not known there is no digest either: any will do.
        KeyState.UNKNOWN: {KeyEvent.SAME: KeyState.RUNNING, KeyEvent.OTHER: KeyState.RUNNING},
        KeyState.RUNNING: {
            KeyEvent.COMMITTED: KeyState.DONE,
            KeyEvent.FAILED: KeyState.UNKNOWN,
            KeyEvent.DIED: KeyState.UNKNOWN,
        },
        KeyState.DONE: {KeyEvent.EXPIRED: KeyState.UNKNOWN},
    },
    KeyEvent,
)
ANSWERS: Mapping[tuple[KeyState, KeyEvent], KeyAnswer] = MappingProxyType(
    {
        (KeyState.UNKNOWN, KeyEvent.SAME): KeyAnswer.CARRY_OUT,
        (KeyState.UNKNOWN, KeyEvent.OTHER): KeyAnswer.CARRY_OUT,
        # Not REUSED: the first may yet fail, and then the id is free.
        (KeyState.RUNNING, KeyEvent.SAME): KeyAnswer.WAIT,
        (KeyState.RUNNING, KeyEvent.OTHER): KeyAnswer.WAIT,
        (KeyState.DONE, KeyEvent.SAME): KeyAnswer.REPEAT,
        (KeyState.DONE, KeyEvent.OTHER): KeyAnswer.REUSED,
    }
)
REFUSALS: Mapping[KeyAnswer, Code] = MappingProxyType(
    {KeyAnswer.WAIT: Code.REQUEST_RUNS, KeyAnswer.REUSED: Code.REQUEST_ID_REUSED}
)


def answer_to(digest: str, stored: str | None) -> KeyAnswer:
    """What is done with an order that is not running. `stored`: the digest under its key; None: none is."""
    if stored is None:
        return ANSWERS[KeyState.UNKNOWN, KeyEvent.SAME]
    return ANSWERS[KeyState.DONE, KeyEvent.SAME if stored == digest else KeyEvent.OTHER]
