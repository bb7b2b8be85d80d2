"""The alarms in the store: those that are raised, and the last of those that were.

services/alarms/stored.py writes them in a unit of work of their own; `usnd alarms` reads them, also while
usnd is not running. Of an alarm and its object at most one is raised: the database holds that.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from usnd.domain.alarms.alarm import Alarm
from usnd.domain.alarms.catalogue import AlarmKind
from usnd.store.core.execution import Executor
from usnd.store.core.statements import Row
from usnd.store.schema import alarms, is_raised

_FIELDS = (alarms.c.name, alarms.c.object, alarms.c.raised_at, alarms.c.facts, alarms.c.cleared_at)
_RAISED = select(*_FIELDS).where(is_raised).order_by(alarms.c.id)
_LAST = select(*_FIELDS).order_by(alarms.c.id.desc()).limit(bindparam("most"))
_ONE = select(alarms.c.id).where(
    is_raised, alarms.c.name == bindparam("wanted"), alarms.c.object == bindparam("of")
)
_INSERT = insert(alarms)
_CLEAR = (
    update(alarms)
    .where(is_raised, alarms.c.name == bindparam("wanted"), alarms.c.object == bindparam("of"))
    .values(cleared_at=bindparam("at"))
)
_OLDEST_KEPT = (
    select(alarms.c.id).where(~is_raised).order_by(alarms.c.id.desc()).limit(1).offset(bindparam("kept"))
)
_FORGET = delete(alarms).where(~is_raised, alarms.c.id <= bindparam("last"))


class Alarms:
    """All alarms of this node, raised and cleared."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def raised(self, kinds: Mapping[str, AlarmKind]) -> list[Alarm]:
        """Those that are raised, the oldest first; `kinds`: the catalogue by name. Others are left out."""
        return [_alarm(row, kinds) for row in self._tx.execute(_RAISED) if row.name in kinds]

    def last(self, kinds: Mapping[str, AlarmKind], most: int) -> list[Alarm]:
        """The last that were raised, the newest first, whether they are cleared or not."""
        return [_alarm(row, kinds) for row in self._tx.execute(_LAST, {"most": most}) if row.name in kinds]

    def clear_unknown(self, kinds: Mapping[str, AlarmKind], now: datetime) -> None:
        """Clear what another release has raised and this one does not know: nobody else would."""
        for row in self._tx.execute(_RAISED).all():
            if row.name not in kinds:
                self._tx.execute(_CLEAR, {"wanted": row.name, "of": row.object, "at": now})

    def save(self, changes: Sequence[Alarm], kept: int) -> None:
        """Write changes in their order; safe to repeat. `kept`: how many cleared alarms stay, the newest."""
        for change in changes:
            which: Row = {"wanted": change.kind.name, "of": change.object}
            if change.cleared_at is not None:
                self._tx.execute(_CLEAR, {**which, "at": change.cleared_at})
            elif self._tx.execute(_ONE, which).one_or_none() is None:
                self._tx.execute(_INSERT, _row(change))
        last = self._tx.execute(_OLDEST_KEPT, {"kept": kept}).one_or_none()
        if last is not None:
            self._tx.execute(_FORGET, {"last": last.id})


def _row(alarm: Alarm) -> Row:
    return {
        "name": alarm.kind.name,
        "object": alarm.object,
        "raised_at": alarm.raised_at,
        "facts": alarm.facts,
    }


def _alarm(row: Any, kinds: Mapping[str, AlarmKind]) -> Alarm:
    return Alarm(kinds[row.name], row.object, row.raised_at, row.facts, row.cleared_at)
