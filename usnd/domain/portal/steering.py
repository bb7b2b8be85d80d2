"""What the subscriber can do in their running conference from the portal, as it is called on the way.

The page's buttons say it, it crosses the control socket, services/portal/live.py does it.
"""

from enum import Enum


class Act(Enum):
    """END to STOP_RECORDING are about the conference, MUTE to CALL about a call in it, ADD about words."""

    END = "end"
    LOCK = "lock"
    UNLOCK = "unlock"
    MUTE_ALL = "mute-all"
    UNMUTE_ALL = "unmute-all"
    RECORD = "record"
    STOP_RECORDING = "stop-recording"
    MUTE = "mute"
    UNMUTE = "unmute"
    DROP = "drop"
    CALL = "call"
    ADD = "add"
