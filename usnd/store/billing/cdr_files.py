"""The files in which CDRs go to billing, each destination's own, in the order of their numbers.

services/billing closes, writes and sends them; `usnd cdr` and the alarms look. A row is changed only as it
was read: of two exporters the slower one learns that it was too slow.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, literal_column, not_, select, update

from usnd.domain.billing.cdr_file import CdrFile, Content, FileState
from usnd.domain.billing.delivery import Trouble
from usnd.domain.billing.punctuality import Standing
from usnd.store.core.execution import Executor
from usnd.store.core.statements import Row, Rows
from usnd.store.schema import cdr_files, is_open_file

_KEY = ("destination", "number")
_FIELDS = tuple(CdrFile.__slots__)
_SEPARATOR = " "
_SELECT = select(*(cdr_files.c[name] for name in _FIELDS))
_OF = cdr_files.c.destination == bindparam("wanted")
_NEWEST_FIRST = _SELECT.where(_OF).order_by(cdr_files.c.number.desc()).limit(bindparam("most"))
_OPEN = _SELECT.where(_OF, is_open_file).order_by(cdr_files.c.number).limit(bindparam("most"))
_ONE = _SELECT.where(_OF, cdr_files.c.number == bindparam("wanted_number"))
_WITH = _SELECT.where(
    cdr_files.c.first <= bindparam("sequence"),
    cdr_files.c.last >= bindparam("sequence"),
    cdr_files.c.content == literal_column(f"'{Content.CDRS.value}'"),
).order_by(cdr_files.c.destination, cdr_files.c.number)
_WAITING = select(func.count()).select_from(cdr_files).where(_OF, is_open_file)
_NEWEST_NUMBERS = select(cdr_files.c.destination, func.max(cdr_files.c.number)).group_by(
    cdr_files.c.destination
)
_OLD = (
    select(cdr_files.c.destination, cdr_files.c.number)
    .where(
        cdr_files.c.destination == bindparam("wanted"),
        cdr_files.c.number < bindparam("newest"),
        cdr_files.c.until < bindparam("before"),
        not_(is_open_file),
    )
    .order_by(cdr_files.c.number)
    .limit(bindparam("most"))
)
_DELETE = delete(cdr_files).where(
    cdr_files.c.destination == bindparam("wanted"), cdr_files.c.number == bindparam("wanted_number")
)
_HOURS_BEHIND = select(cdr_files.c.until).where(_OF, cdr_files.c.until > bindparam("since"))
_INSERT = insert(cdr_files)
_UPDATE = update(cdr_files).where(
    cdr_files.c.destination == bindparam("wanted"),
    cdr_files.c.number == bindparam("wanted_number"),
    cdr_files.c.state == bindparam("was"),
    cdr_files.c.attempts == bindparam("tried"),
)


class CdrFiles:
    """Files that are closed, and how far each has come."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def add(self, file: CdrFile) -> None:
        """Close it. IntegrityError: another one has its number."""
        self._tx.execute(_INSERT, _row(file))

    def save(self, before: CdrFile, after: CdrFile) -> bool:
        """Write what has changed. False: it is no longer as it was, and stays so."""
        changed = {name: value for name, value in _row(after).items() if name not in _KEY}
        key = {"wanted": before.destination, "wanted_number": before.number}
        was = {"was": before.state.value, "tried": before.attempts}
        return bool(self._tx.execute(_UPDATE, {**changed, **key, **was}).rowcount)

    def newest(self, destination: str, most: int) -> tuple[CdrFile, ...]:
        """The last ones, the newest first."""
        return _files(self._tx.execute(_NEWEST_FIRST, {"wanted": destination, "most": most}))

    def open(self, destination: str, most: int) -> tuple[CdrFile, ...]:
        """Those that are not confirmed, the oldest first."""
        return _files(self._tx.execute(_OPEN, {"wanted": destination, "most": most}))

    def get(self, destination: str, number: int) -> CdrFile | None:
        """One."""
        found = _files(self._tx.execute(_ONE, {"wanted": destination, "wanted_number": number}))
        return found[0] if found else None

    def hours_behind(self, destination: str, since: datetime) -> set[datetime]:
        """When the hours of its files ended, of those that ended later."""
        return set(self._tx.execute(_HOURS_BEHIND, {"wanted": destination, "since": since}).scalars())

    def having(self, sequence: int) -> tuple[CdrFile, ...]:
        """Each destination's file with the record of that sequence number."""
        return _files(self._tx.execute(_WITH, {"sequence": sequence}))

    def forget(self, before: datetime, most: int) -> int:
        """Remove rows of confirmed files whose hour ended before that; how many: `most` of each destination.

        Never the newest one of a destination: the next file is numbered by it.
        """
        gone = 0
        for destination, newest in self._tx.execute(_NEWEST_NUMBERS).all():
            values = {"wanted": destination, "newest": newest, "before": before, "most": most}
            for _, number in self._tx.execute(_OLD, values).all():
                gone += self._tx.execute(_DELETE, {"wanted": destination, "wanted_number": number}).rowcount
        return gone

    def standing(self, destination: str) -> Standing:
        """As of now."""
        last, oldest = self.newest(destination, 1), self.open(destination, 1)
        waiting: int = self._tx.execute(_WAITING, {"wanted": destination}).scalar_one()
        return Standing(last[0] if last else None, oldest[0] if oldest else None, waiting)


def _row(file: CdrFile) -> Row:
    row = {name: getattr(file, name) for name in _FIELDS}
    trouble = file.trouble.value if file.trouble is not None else None
    written = {"state": file.state.value, "trouble": trouble, "content": file.content.value}
    return {**row, **written, "layout": _SEPARATOR.join(file.layout)}


def _files(rows: Rows) -> tuple[CdrFile, ...]:
    return tuple(_file(dict(row)) for row in rows.mappings())


def _file(row: dict[str, Any]) -> CdrFile:
    trouble = Trouble(row["trouble"]) if row["trouble"] is not None else None
    layout = tuple(row["layout"].split(_SEPARATOR))
    read = {"state": FileState(row["state"]), "trouble": trouble, "content": Content(row["content"])}
    return CdrFile(**{**row, **read, "layout": layout})
