"""The rows of an answer: what a command prints as a table or as JSON.

Made by acts.py of what usnd has in memory, and by the commands of what is in the store: both look alike.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

from usnd.domain.conference.features import silenced
from usnd.domain.conference.model import Conference
from usnd.domain.conference.picture import since_of

Row = Mapping[str, object]


class CallRow(TypedDict):
    """See call_rows."""

    conference: int
    state: str
    call: str
    role: str
    number: str
    call_state: str
    since: str
    trunk: str
    outcome: str
    muted: bool
    recorded: bool
    locked: bool
    recording: bool


class HappeningRow(TypedDict):
    """What was pressed or said; `at` in UTC."""

    at: str
    conference: int
    who: str
    what: str


def call_rows(conference: Conference) -> list[CallRow]:
    """A row for each call of a conference; `since` is when the call came into its state.

    `muted`: alone, or with all; `recorded`: something of it was. `locked`, `recording`: the conference is.
    """
    return [
        {
            "conference": conference.id,
            "state": conference.state.value,
            "call": call.id,
            "role": call.role.value,
            "number": call.number,
            "call_state": call.state.value,
            "since": second(since_of(call)),
            "trunk": call.trunk,
            "outcome": call.outcome.value if call.outcome else "",
            "muted": silenced(conference, call),
            "recorded": call.recorded,
            "locked": conference.locked,
            "recording": conference.recording,
        }
        for call in conference.calls
    ]


def second(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
