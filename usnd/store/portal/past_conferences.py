"""A subscriber's conferences that are over, as the portal lists and shows them.

Read page by page, newest first, by an index: one subscriber may have a hundred thousand calls. Only columns
that the portal's account may read: no PIN that a call came in by, and nothing of trunks.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import bindparam, exists, func, or_, select, tuple_

from usnd.domain.conference.call import Call
from usnd.domain.conference.model import Conference
from usnd.store.core.columns import Utc
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, json_of
from usnd.store.core.statements import Row
from usnd.store.recordings import recording_parts_of
from usnd.store.schema import calls, conferences, is_live

MOST_SEARCHED = 2000
"""Conferences that one search goes through; the next page goes on from there."""
BEGINNING, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_ESCAPE = "\\"
_NEWEST = 2**62
_C = conferences.c
_FIELDS = (
    "id",
    "subscriber_id",
    "subscriber_number",
    "state",
    "launched_at",
    "ended_at",
    "end_reason",
    "instant",
    "launched_by",
)
_CALL_FIELDS = (
    "id",
    "number",
    "name",
    "role",
    "direction",
    "state",
    "planned_at",
    "rang_at",
    "answered_at",
    "joined_at",
    "leaving_since",
    "ended_at",
    "outcome",
)
_MINE = (_C.subscriber_id == bindparam("owner")) & ~is_live
_PLACE = tuple_(_C.launched_at, _C.id)
_WITHIN = (
    (_C.launched_at >= bindparam("since"))
    & (_C.launched_at < bindparam("until"))
    & (tuple_(bindparam("at", type_=Utc), bindparam("before")) > _PLACE)
)
_NEWEST_FIRST = (_C.launched_at.desc(), _C.id.desc())
_IDS = select(_C.id).where(_MINE, _WITHIN).order_by(*_NEWEST_FIRST).limit(bindparam("most"))
_LOOKED_AT = (
    select(_C.id, _C.launched_at)
    .where(_MINE, _WITHIN)
    .order_by(*_NEWEST_FIRST)
    .limit(bindparam("searched"))
    .subquery("looked_at")
)
_LAST_LOOKED_AT = (
    select(_C.id).where(_MINE, _WITHIN).order_by(*_NEWEST_FIRST).limit(1).offset(bindparam("searched") - 1)
)
_FOUND = (
    select(_LOOKED_AT.c.id)
    .where(
        exists(calls.c.id).where(
            calls.c.conference_id == _LOOKED_AT.c.id,
            or_(
                func.lower(calls.c.name).like(bindparam("sought"), escape=_ESCAPE),
                calls.c.number.like(bindparam("sought"), escape=_ESCAPE),
            ),
        )
    )
    .order_by(_LOOKED_AT.c.launched_at.desc(), _LOOKED_AT.c.id.desc())
    .limit(bindparam("most"))
)
_AT = select(_C.launched_at).where(_C.id == bindparam("before"), _C.subscriber_id == bindparam("owner"))
_SOME = select(*(_C[name] for name in _FIELDS)).where(_MINE, OneOf(_C.id, "wanted")).order_by(*_NEWEST_FIRST)
_CALLS = (
    select(calls.c.conference_id, *(calls.c[name] for name in _CALL_FIELDS))
    .where(OneOf(calls.c.conference_id, "wanted"))
    .order_by(calls.c.conference_id, calls.c.position)
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of them. before: the last one of the page before, 0: from the newest. sought: in small letters.

    since, until: launched then or later, and before that (UTC).
    """

    since: datetime = BEGINNING
    until: datetime = END
    before: int = 0
    sought: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A page. rest: where to go on, 0: there are no more. unfinished: the search stopped there."""

    conferences: tuple[Conference, ...]
    rest: int = 0
    unfinished: bool = False


class PastConferences:
    """Those that have ended, each subscriber's own."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def page(self, owner: int, wanted: Wanted, most: int) -> Found:
        """At most so many, newest first, with their calls, without recording parts."""
        values = {"owner": owner, "since": wanted.since, "until": wanted.until, **self._place(owner, wanted)}
        if wanted.sought:
            values["searched"] = MOST_SEARCHED
            sought = {"sought": f"%{_literally(wanted.sought)}%", "most": most + 1}
            rows = self._tx.execute(_FOUND, {**values, **sought})
        else:
            rows = self._tx.execute(_IDS, {**values, "most": most + 1})
        ids = [row.id for row in rows]
        if len(ids) > most:
            return Found(self._load(owner, ids[:most]), ids[most - 1])
        last = self._tx.execute(_LAST_LOOKED_AT, values).scalar_one_or_none() if wanted.sought else None
        return Found(self._load(owner, ids), last or 0, unfinished=last is not None)

    def get(self, owner: int, conference_id: int) -> Conference | None:
        """That one, with calls and recording parts, if it is theirs and has ended."""
        found = self._load(owner, [conference_id])
        if not found:
            return None
        parts = recording_parts_of(self._tx, conference_id).get(conference_id, [])
        return replace(found[0], recording_parts=tuple(parts))

    def _place(self, owner: int, wanted: Wanted) -> Row:
        """Behind which one the page begins; one that is not theirs is none."""
        asked = {"before": wanted.before, "owner": owner}
        at = self._tx.execute(_AT, asked).scalar_one_or_none() if wanted.before else None
        return {"at": END, "before": _NEWEST} if at is None else {"at": at, "before": wanted.before}

    def _load(self, owner: int, ids: list[int]) -> tuple[Conference, ...]:
        rows = self._tx.execute(_SOME, {"owner": owner, "wanted": json_of(ids)}).mappings().all()
        of: dict[int, list[Call]] = {row["id"]: [] for row in rows}
        if of:
            for conference_id, *fields in self._tx.execute(_CALLS, {"wanted": json_of(of)}):
                of[conference_id].append(Call(**dict(zip(_CALL_FIELDS, fields, strict=True))))
        return tuple(Conference(calls=tuple(of[row["id"]]), **row) for row in rows)


def _literally(sought: str) -> str:
    for sign in (_ESCAPE, "%", "_"):
        sought = sought.replace(sign, _ESCAPE + sign)
    return sought
