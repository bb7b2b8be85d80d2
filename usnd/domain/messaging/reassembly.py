"""A long text comes in parts: what each does to those that are there, when the text is whole or given up.

services/messaging/long_texts.py asks for each part. The rules and the bounds are here. No I/O, no alphabet:
the caller keeps the parts and joins their octets.

    the text is  | missing part     | part again      | other content | other total | time-out
    -------------+------------------+-----------------+---------------+-------------+--------------------
    not known    | BEGIN            | -               | -             | -           | -
    gathering    | KEEP, COMPLETE   | REPEATED        | REPLACE       | REPLACE     | incomplete, told so
    whole        | -                | REPEATED, BEGIN | BEGIN         | BEGIN       | forgotten
    incomplete   | LATE             | REPEATED, BEGIN | BEGIN         | BEGIN       | forgotten

A part of a closed text again is a repetition over another bind, or where nothing shows that the SMSC read in
time what it was answered (compare duplicates.is_duplicate), and else a new text, the subscriber's. A LATE
part may belong to the text that was given up or, as references come round, to a new one: it is kept for a
minute, and nobody is told if that stays incomplete. A part that would exceed a bound is CROWDED: the SMSC
keeps it and tries later. A part that is CUT off is not kept: its sender is told when the others have waited
in vain. A part that cannot be (0, or 5 of 3) does not come here: such an element is ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

LATE_PARTS_KEPT = timedelta(minutes=1)


class PartsState(Enum):
    """How far a text in parts has come."""

    GATHERING = "gathering"
    WHOLE = "whole"
    INCOMPLETE = "incomplete"


class PartVerdict(Enum):
    """What to do with a part."""

    BEGIN = "the first part of a new text"
    KEEP = "one more part"
    COMPLETE = "the last one missing: the text is whole"
    REPLACE = "the first part of a new text under the reference of one that never became whole"
    REPEATED = "it is there already"
    LATE = "the sender was told that it is missing, or it begins a new text"
    CROWDED = "too many texts are incomplete"
    CUT = "not all of it came: the text stays incomplete"


@dataclass(frozen=True, slots=True)
class PartsRules:
    """What the operator may set. most_of_sender, most: texts that may be incomplete at once."""

    timeout: timedelta = timedelta(minutes=10)
    most_of_sender: int = 8
    most: int = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """One part as it came; alphabet as the SMPP edge names it."""

    smsc: str
    session: str
    sender: str
    recipient: str
    reference: int
    total: int
    number: int
    octets: bytes
    alphabet: str
    fingerprint: str
    repeated: bool = False
    """Nothing shows that the SMSC read in time what an equal one was answered on this bind."""
    cut: bool = False
    """Its end is missing, and does not stand in the next one."""
    waited: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Kept:
    """A part that is in the store."""

    session: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What is in the store of a text: the newest of its sender, recipient and reference."""

    id: int
    state: PartsState
    total: int
    kept: Mapping[int, Kept]


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many texts are incomplete: the sender's and all."""

    of_sender: int
    all: int


def judge(part: Part, parts: Parts | None, crowd: Crowd, rules: PartsRules) -> PartVerdict:
    """What to do with the part."""
    if part.cut:
        return PartVerdict.CUT
    if parts is None:
        return _new(crowd, rules)
    there = parts.kept.get(part.number)
    same = there is not None and there.fingerprint == part.fingerprint and parts.total == part.total
    if parts.state is PartsState.GATHERING:
        if same:
            return PartVerdict.REPEATED
        if there is not None or parts.total != part.total:
            return PartVerdict.REPLACE
        return PartVerdict.COMPLETE if len(parts.kept) + 1 == parts.total else PartVerdict.KEEP
    if same and there is not None and (there.session != part.session or part.repeated):
        return PartVerdict.REPEATED
    begun = _new(crowd, rules)
    late = parts.state is PartsState.INCOMPLETE and there is None and parts.total == part.total
    return PartVerdict.LATE if late and begun is PartVerdict.BEGIN else begun


def _new(crowd: Crowd, rules: PartsRules) -> PartVerdict:
    crowded = crowd.of_sender >= rules.most_of_sender or crowd.all >= rules.most
    return PartVerdict.CROWDED if crowded else PartVerdict.BEGIN
