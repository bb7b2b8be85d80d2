"""Which channel of Asterisk is foreign: neither ordered by usnd nor a call that came in. No I/O.

Ordered ones have an id that usnd gave; a call that comes in rings from its first event on, and can get
nowhere but to `usn-incoming` (conf/extensions-usn.conf).
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from usnd.asterisk.probe import PROBE
from usnd.asterisk.progress import IN_ROOM, INCOMING, RECORDER

ANNOUNCER = "say-"
"""What the ids of announcements begin with (calls.py)."""
_RINGING_IN = "4"
_LOCAL = "Local/"
"""A call that comes in comes by a trunk."""
_INTERNAL = ("CBAnn/", "CBRec/", "Announcer/", "Recorder/", "Surrogate/", "AsyncGoto/")
"""What ConfBridge and a redirect use inside: they are with nobody."""
_IN_A_BRIDGE = ("ConfbridgeJoin", "BridgeEnter")
"""BridgeEnter alone tells of a channel that takes another's place there, as by an attended transfer."""
_ROOMS = "ConfBridge"
"""Who makes the bridges that usnd orders, and no other: a call in another one was taken there by somebody."""


@dataclass(frozen=True, slots=True)
class ForeignChannel:
    """A channel that is to be released."""

    id: str
    channel: str


def found_foreign(event: Mapping[str, str], prefix: str, known: frozenset[str]) -> ForeignChannel | None:
    """From a Newchannel, ConfbridgeJoin or BridgeEnter event, or an item of CoreShowChannels.

    `prefix`: what the ids of our calls begin with; `known`: calls that came in.
    """
    name, call, channel = event.get("event"), event.get("uniqueid", ""), event.get("channel", "")
    if name == "BridgeEnter" and event.get("bridgecreator") != _ROOMS and not channel.startswith(_INTERNAL):
        return ForeignChannel(call, channel)
    if not call or call.startswith((prefix, RECORDER, ANNOUNCER, PROBE)) or call in known:
        return None
    rings = event.get("context") == INCOMING and event.get("channelstate") == _RINGING_IN
    comes_in = rings and name not in _IN_A_BRIDGE and not channel.startswith(_LOCAL)
    if channel.startswith(_INTERNAL) or comes_in:
        return None
    return ForeignChannel(call, channel)


def unordered_in(channels: Iterable[Mapping[str, str]], ordered: Container[str]) -> dict[str, ForeignChannel]:
    """Those items of CoreShowChannels that no row has, by id, whatever their names and states say.

    `ordered`: the ids of all calls and recorders that have one. Announcements are among them, which soon end.
    """
    found = {}
    for item in channels:
        call, channel = item.get("uniqueid", ""), item.get("channel", "")
        if call and call.removesuffix(IN_ROOM) not in ordered and not channel.startswith(_INTERNAL):
            found[call] = ForeignChannel(call, channel)
    return found
