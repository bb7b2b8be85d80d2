"""The alarms that are raised now. Whoever watches a condition raises and clears its alarm here.

Raising what is raised, and clearing what is not, does nothing, so that an owner may say what it sees as often
as it looks. A change is one line of the journal; stored.py writes it to the database behind. Any thread may
call: trunks are judged in the store's thread, too.
"""

import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime

import structlog

from usnd.domain.alarms.alarm import Alarm, Key, newest_of_each, take_over
from usnd.domain.alarms.catalogue import JOURNAL_KEYS, AlarmKind, Severity
from usnd.domain.alarms.threshold import AlarmChange, Limits, judge_alarm

MOST_UNWRITTEN = 1_000
"""Changes that wait for the database; of more, only the newest of each alarm."""


class Alarms:
    """All alarms of this usnd. `clock` gives UTC."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._raised: dict[Key, Alarm] = {}
        self._cleared: set[Key] | None = set()
        """By their owners, while it is not known what the former life had raised; None afterwards."""
        self._unwritten: list[Alarm] = []
        self.on_change: Callable[[], None] = _nothing
        """Called after a change, in the thread that made it."""
        self._log = structlog.get_logger("usnd.alarms")

    @property
    def raised(self) -> tuple[Alarm, ...]:
        """Those that are raised, the oldest first."""
        with self._lock:
            return tuple(sorted(self._raised.values(), key=lambda alarm: alarm.raised_at))

    def is_raised(self, kind: AlarmKind, of: str = "") -> bool:
        """`of`: the name of the bind or trunk, empty where there is only one object."""
        return (kind.name, of) in self._raised

    def raise_(self, kind: AlarmKind, of: str = "", **facts: object) -> bool:
        """The condition holds; `facts` stand in the journal. False: it was raised already."""
        key = kind.name, of
        with self._lock:
            if key in self._raised:
                return False
            told = " ".join(f"{name}={value}" for name, value in facts.items() if value is not None)
            self._raised[key] = Alarm(kind, of, self._clock(), told)
            if self._cleared is not None:
                self._cleared.discard(key)
            self._change(self._raised[key])
        self._tell("raised", kind, of, facts)
        return True

    def clear(self, kind: AlarmKind, of: str = "", **facts: object) -> bool:
        """The condition does not hold. False: it was not raised."""
        key = kind.name, of
        with self._lock:
            alarm = self._raised.pop(key, None)
            if self._cleared is not None:
                self._cleared.add(key)
            if alarm is None:
                return False
            self._change(replace(alarm, cleared_at=self._clock()))
        self._tell("cleared", kind, of, facts)
        return True

    def judge(self, kind: AlarmKind, of: str, value: float, limits: Limits, **facts: object) -> None:
        """Raises and clears by a measured value; between the limits nothing changes."""
        match judge_alarm(value, limits, raised=self.is_raised(kind, of)):
            case AlarmChange.RAISED:
                self.raise_(kind, of, **facts)
            case AlarmChange.CLEARED:
                self.clear(kind, of, **facts)

    def clear_others(self, kind: AlarmKind, known: Collection[str]) -> None:
        """Those of objects that are not configured any more: they have no owner who would clear them."""
        for alarm in self.raised:
            if alarm.kind is kind and alarm.object not in known:
                self.clear(kind, alarm.object)

    # For stored.py -----------------------------------------------------------------------------------------

    def take_over(self, stored: Iterable[Alarm]) -> None:
        """Once: what the former life had raised."""
        with self._lock:
            taken = take_over(self._raised, self._cleared or (), stored, self._clock())
            self._raised, self._cleared = taken.raised, None
            self._unwritten += taken.gone
        for alarm in taken.gone:
            self._tell("cleared", alarm.kind, alarm.object, {})

    def unwritten(self) -> tuple[Alarm, ...]:
        """The changes that are not in the store yet, in their order."""
        with self._lock:
            return tuple(self._unwritten)

    def written(self, changes: Collection[Alarm]) -> None:
        """Those are in the store."""
        with self._lock:
            done = set(changes)
            self._unwritten = [change for change in self._unwritten if change not in done]

    def _change(self, alarm: Alarm) -> None:
        self._unwritten.append(alarm)
        if len(self._unwritten) > MOST_UNWRITTEN:
            self._unwritten = newest_of_each(self._unwritten)

    def _tell(self, what: str, kind: AlarmKind, of: str, facts: dict[str, object]) -> None:
        grave = self._log.warning if kind.severity is Severity.WARNING else self._log.error
        tell = grave if what == "raised" else self._log.info
        named = {JOURNAL_KEYS[kind.object]: of} if kind.object in JOURNAL_KEYS else {}
        tell(f"alarm {what}: {kind.says}", **named, **facts)
        self.on_change()


def _nothing() -> None:
    """Nobody writes them."""
