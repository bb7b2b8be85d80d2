"""By what a form knows the thing it was made from: a short digest of all that the form can change.

Pages put it into their forms, and usnd compares it before anything is written: what somebody changed in
another tab, or by SMS, is not overwritten unseen. What is not there has the version ABSENT.
"""

import hashlib
from collections.abc import Iterable

from usnd.domain.directory.model import Member, User, name_key, spelled

ABSENT = ""
_LENGTH = 16


def version_of_user(user: User | None) -> str:
    """Of a user: nick, number and name."""
    return ABSENT if user is None else _digest([user.nick, user.number, user.first, user.last])


def version_of_members(members: Iterable[Member] | None) -> str:
    """Of a group or an instant conference: who is in it, in their order."""
    if members is None:
        return ABSENT
    return _digest(part for one in members for part in (type(one).__name__, name_key(spelled(one))))


def version_of_values(values: Iterable[str]) -> str:
    """Of what a subscriber has set, written out, in the order of the table of attributes."""
    return _digest(values)


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(("v1", *parts)).encode("utf-8", "replace")).hexdigest()[:_LENGTH]
