"""What was pressed and said in each live conference lately: a line of the journal each, and for watchers.

conferences.py notes it, `usnd conference` shows it. The last few of each conference are remembered, in memory
only: they are gone with usnd's process, or with the conference.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime

import structlog

from usnd.asterisk.prompts import TEXTS
from usnd.domain.conference.announcements import Announce, Notice, Tell
from usnd.domain.conference.events import Control
from usnd.domain.conference.model import Conference

_MOST = 20
"""Of a conference; the oldest is forgotten first."""
EVERYBODY = "all"


@dataclass(frozen=True, slots=True)
class Happening:
    """One of them; `who`: a name or number, or EVERYBODY. UTC."""

    at: datetime
    conference: int
    who: str
    what: str


class Happenings:
    """Of all live conferences."""

    def __init__(self) -> None:
        self._lately: dict[int, deque[Happening]] = {}
        self._log = structlog.get_logger("usnd.conference")

    def of(self, conference_id: int) -> tuple[Happening, ...]:
        """The oldest first."""
        return tuple(self._lately.get(conference_id, ()))

    def pressed(self, conference: Conference, asked: Control, keys: str, now: datetime) -> None:
        """A handset pressed keys that mean something, or that should have."""
        who = _who(conference, asked.call or "")
        facts = {
            "conference": conference.id,
            "call": asked.call,
            "number": _number(conference, asked.call or ""),
        }
        self._log.info(
            "keys pressed", **facts, keys=keys, asks=asked.feature.value, adds=asked.number or None
        )
        self._add(Happening(now, conference.id, who, f"pressed {keys}: {asked.feature.value}"))

    def said(self, conference: Conference, order: Announce | Tell, now: datetime) -> None:
        """An announcement is on its way to everybody, or to one call."""
        words = f"{order.count - 1} others" if order.notice is Notice.COUNT else TEXTS[order.notice.value]
        call = order.call if isinstance(order, Tell) else ""
        who = _who(conference, call) if call else EVERYBODY
        number = _number(conference, call)
        facts = {"conference": conference.id, "call": call or None, "number": number}
        self._log.info("said", **facts, words=words, to=None if call else EVERYBODY)
        self._add(Happening(now, conference.id, who, f"is told: {words}"))

    def forget(self, conference_id: int) -> None:
        """The conference has ended."""
        self._lately.pop(conference_id, None)

    def _add(self, happening: Happening) -> None:
        self._lately.setdefault(happening.conference, deque(maxlen=_MOST)).append(happening)


def _who(conference: Conference, call_id: str) -> str:
    call = conference.call(call_id)
    return (call.name or call.number or call.id) if call is not None else call_id


def _number(conference: Conference, call_id: str) -> str | None:
    call = conference.call(call_id)
    return (call.number or None) if call is not None else None
