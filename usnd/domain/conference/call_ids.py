"""The ids of calls that this node places, `usn-<conference>-<ordinal>`, and what an id says (decision 2).

call_plan.py makes them; whoever finds an id in a log asks here whose call it was. A call that came in has
Asterisk's own id.
"""

import re

_PLACED = re.compile(r"usn-(?P<conference>\d+)-\d+(\.\d+)?")


def placed(conference: int, number: int) -> str:
    """Of that conference's so-manieth call: `usn-7-2`.

    None is the beginning of another, 1 … 9, 010 … 099, 00100 …: Asterisk 22.10 refuses a channel whose unique
    id another's begins with, as "already in use": usn-7-1 after usn-7-10, which came first where Asterisk was
    slow (measured).
    """
    digits = str(number)
    return f"usn-{conference}-{digits.rjust(2 * len(digits) - 1, '0')}"


def attempt(first: str, number: int) -> str:
    """Of the so-manieth attempt of a call, over another trunk: `usn-7-2`, then `usn-7-2.2`."""
    return f"{first}.{number}"


def first_attempt(call: str) -> str:
    """The id of a placed call's first attempt; an id of ours has no other dot."""
    return call.partition(".")[0]


def conference_of(call: str) -> int | None:
    """Whose call it is; None: the node did not place it."""
    found = _PLACED.fullmatch(call)
    return None if found is None else int(found["conference"])
