"""Which channel of Asterisk is foreign: neither ordered by usnd nor a call that came in. No I/O.

Ordered ones have an id that usnd gave; a call that comes in rings from its first event on, and can get
nowhere but to `usn-incoming` (conf/extensions-usn.conf).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from usnd.asterisk.probe import PROBE
from usnd.asterisk.progress import INCOMING, RECORDER

ANNOUNCER = "say-"
"""What the ids of announcements begin with (calls.py)."""
_RINGING_IN = "4"
_INTERNAL = ("CBAnn/", "CBRec/", "Announcer/", "Recorder/", "Surrogate/", "AsyncGoto/")
"""What ConfBridge and a redirect use inside: they are with nobody."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A channel that is to be released."""

    id: str
    channel: str


def found_foreign(event: Mapping[str, str], prefix: str, known: frozenset[str]) -> Foreign | None:
    """From a Newchannel or ConfbridgeJoin event, or an item of CoreShowChannels.

    `prefix`: what the ids of our calls begin with; `known`: calls that came in.
    """
    name, call, channel = event.get("event"), event.get("uniqueid", ""), event.get("channel", "")
    if not call or call.startswith((prefix, RECORDER, ANNOUNCER, PROBE)) or call in known:
        return None
    comes_in = event.get("context") == INCOMING and event.get("channelstate") == _RINGING_IN
    if channel.startswith(_INTERNAL) or (comes_in and name != "ConfbridgeJoin"):
        return None
    return Foreign(call, channel)
