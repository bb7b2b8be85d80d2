"""The rows of an answer: what a command prints as a table or as JSON."""

from collections.abc import Mapping
from datetime import datetime

from usnd.domain.conference.call import Call
from usnd.domain.conference.features import silenced
from usnd.domain.conference.model import Conference

Row = Mapping[str, object]


def call_rows(conference: Conference) -> list[Row]:
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
            "since": second(_since(call)),
            "trunk": call.trunk,
            "outcome": call.outcome.value if call.outcome else "",
            "muted": silenced(conference, call),
            "recorded": call.recorded,
            "locked": conference.locked,
            "recording": conference.recording,
        }
        for call in conference.calls
    ]


def _since(call: Call) -> datetime:
    return call.ended_at or call.leaving_since or call.joined_at or call.answered_at or call.planned_at


def second(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
