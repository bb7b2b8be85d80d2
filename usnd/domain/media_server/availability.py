"""Whether Asterisk, and with it the calls, can be counted on: a cut link, a frozen process, a dead one.

services/media_server/availability.py asks it at each event. When calls are given up is decided here. A cut
link alone loses nobody (REQUIREMENTS C11); a process that is gone has lost them all; one that stays silent is
given up after a time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from usnd.domain.tables import every_cell


class VoiceState(Enum):
    """STARTING: not reached yet. SILENT: the link is lost, the calls perhaps not. LOST: nothing is alive."""

    STARTING = "starting"
    UP = "up"
    SILENT = "silent"
    LOST = "lost"


class VoiceEvent(Enum):
    """UP_SAME: the link is back, or there for the first time. UP_OTHER: Asterisk has restarted meanwhile.

    REFUSED: nobody listens at its port, so that the process is gone. TIME: `give_up_at` is here.
    """

    UP_SAME = "up, same process"
    UP_OTHER = "up, another process"
    CUT = "cut"
    REFUSED = "refused"
    TIME = "time"


VOICE_TABLE = every_cell(
    {
        VoiceState.STARTING: {
            VoiceEvent.UP_SAME: VoiceState.UP,
            VoiceEvent.UP_OTHER: VoiceState.UP,
            VoiceEvent.CUT: VoiceState.SILENT,
            VoiceEvent.REFUSED: VoiceState.LOST,
        },
        VoiceState.UP: {
            VoiceEvent.CUT: VoiceState.SILENT,
            VoiceEvent.REFUSED: VoiceState.LOST,
        },
        VoiceState.SILENT: {
            VoiceEvent.UP_SAME: VoiceState.UP,
            VoiceEvent.UP_OTHER: VoiceState.UP,
            VoiceEvent.REFUSED: VoiceState.LOST,
            VoiceEvent.TIME: VoiceState.LOST,
        },
        VoiceState.LOST: {
            VoiceEvent.UP_SAME: VoiceState.UP,
            VoiceEvent.UP_OTHER: VoiceState.UP,
        },
    },
    VoiceEvent,
)


@dataclass(frozen=True, slots=True)
class Voice:
    """What is known of Asterisk, since when (UTC)."""

    state: VoiceState
    since: datetime

    @property
    def up(self) -> bool:
        """Calls can be placed."""
        return self.state is VoiceState.UP


def hear(voice: Voice, event: VoiceEvent, now: datetime) -> tuple[Voice, bool]:
    """The state after the event, and whether all calls that were placed before it are lost."""
    after = VOICE_TABLE[voice.state, event]
    restarted = event is VoiceEvent.UP_OTHER and voice.state is not VoiceState.LOST
    died = after is VoiceState.LOST and voice.state is not VoiceState.LOST
    return (voice if after is voice.state else Voice(after, now)), restarted or died


def give_up_at(voice: Voice, patience: timedelta) -> datetime | None:
    """When `VoiceEvent.TIME` is due, or None."""
    return voice.since + patience if voice.state is VoiceState.SILENT else None
