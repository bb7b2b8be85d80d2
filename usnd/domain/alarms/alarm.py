"""An alarm that is raised or was, and what a new life of usnd makes of those of the former. Pure.

services/alarms/alarms.py keeps those that are raised; store/alarms.py keeps these and the history.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from usnd.domain.alarms.catalogue import AlarmKind

Key = tuple[str, str]
"""The alarm's name, and of which object: once raised, it is not raised again."""
_A_CLEARING_AND_A_RAISING = 2


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of one object. Times are UTC; without `cleared_at` it is raised now.

    object: the name of a bind or trunk; empty where there is only one. facts: what was seen, as `key=value`.
    """

    kind: AlarmKind
    object: str
    raised_at: datetime
    facts: str = ""
    cleared_at: datetime | None = None

    @property
    def key(self) -> Key:
        """By which it is raised once."""
        return self.kind.name, self.object

    @property
    def where(self) -> str:
        """The object in words: `bind main`, `Asterisk`."""
        return f"{self.kind.object.value} {self.object}".rstrip()


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What a new life makes of the alarms in the store.

    raised: all that are raised from now on. gone: those that their owner has found over already.
    """

    raised: dict[Key, Alarm]
    gone: tuple[Alarm, ...]


def take_over(
    raised: Mapping[Key, Alarm], cleared: Collection[Key], stored: Iterable[Alarm], now: datetime
) -> TakenOver:
    """Before the store could be read, owners raised and cleared alarms; `stored`: those of the former life.

    What both know was raised when the former life saw it. What no owner has spoken of stays raised until its
    owner has looked: a restart mends nothing.
    """
    former = {alarm.key: alarm for alarm in stored}
    gone = tuple(replace(alarm, cleared_at=now) for key, alarm in former.items() if key in cleared)
    kept = {key: alarm for key, alarm in former.items() if key not in cleared}
    return TakenOver({**raised, **kept}, gone)


def newest_of_each(changes: Sequence[Alarm]) -> list[Alarm]:
    """Of changes that cannot be written for long: the last two of each alarm, in their order.

    With the last one alone, the store would take an alarm that was cleared and raised again for the old one.
    """
    kept: list[Alarm] = []
    seen: dict[Key, int] = {}
    for change in reversed(changes):
        seen[change.key] = seen.get(change.key, 0) + 1
        if seen[change.key] <= _A_CLEARING_AND_A_RAISING:
            kept.append(change)
    return kept[::-1]
