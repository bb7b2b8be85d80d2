"""Former names of fields, where two releases of a pair meet: datagrams, record.json and the control socket.

During an upgrade the two servers run two releases, and on the way back a former release reads the record that
this one wrote. So what is written keeps the former names, and what is read may have either: a later release
may write today's names. Called by network/heartbeats.py, record.py and control.py.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

FORMER = {
    "last_role": "standing",
    "grant": "right",
    "grantee": "grants",
    "command": "order",
    "peer_last_role": "peer_was",
}
"""Today's name → the name that the former release reads and writes, in a map of any depth."""
_TODAYS = {former: name for name, former in FORMER.items()}


def written(value: Any) -> Any:
    """Of a value to be encoded: maps, lists and plain values, with the former names."""
    return _renamed(msgspec.to_builtins(value), FORMER)


def read(decoded: Any) -> Any:
    """Of maps, lists and plain values that were decoded: the same with today's names."""
    return _renamed(decoded, _TODAYS)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(one, names) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(one, names) for one in value]
    return value
