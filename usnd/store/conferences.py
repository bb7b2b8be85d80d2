"""The conferences in the store, with their calls.

Services add, save and load whole `Conference` objects in a unit of work; of one that is saved only what has
changed is written. `usnd conference` reads those that are over.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, func, insert, not_, select, update

from usnd.domain.conference.call import Call
from usnd.domain.conference.model import Conference, ConferenceState
from usnd.store.core.execution import Executor, next_numbers
from usnd.store.core.row_sets import OneOf, json_of
from usnd.store.core.statements import Row
from usnd.store.recordings import recording_parts_of, save_recording_parts
from usnd.store.schema import calls, conferences, is_live

_CALL_FIELDS = tuple(Call.__slots__)
_CONFERENCE_FIELDS = (
    "id",
    "subscriber_id",
    "subscriber_number",
    "state",
    "launched_at",
    "away_until",
    "ended_at",
    "end_reason",
    "call_backs",
    "call_back_at",
    "muted",
    "locked",
    "press_one",
    "instant",
    "talk_seconds",
    "most_calls",
    "away_seconds",
    "most_call_backs",
    "launched_by",
)
_SELECT = select(*(conferences.c[name] for name in _CONFERENCE_FIELDS))
_CALLS = select(calls.c.conference_id, *(calls.c[name] for name in _CALL_FIELDS)).order_by(calls.c.position)
_BY_ID = _SELECT.where(conferences.c.id == bindparam("wanted"))
_CALLS_BY_ID = _CALLS.where(calls.c.conference_id == bindparam("wanted"))
_LIVE = _SELECT.where(is_live).order_by(conferences.c.id)
_CALLS_LIVE = _CALLS.join(conferences, conferences.c.id == calls.c.conference_id).where(is_live)
_ENDED = _SELECT.where(not_(is_live)).order_by(conferences.c.id.desc()).limit(bindparam("most"))
_CALLS_ENDED = _CALLS.where(calls.c.conference_id.in_(_ENDED.with_only_columns(conferences.c.id)))

_COUNT_OF = (
    select(func.count()).select_from(conferences).where(conferences.c.subscriber_id == bindparam("owner"))
)
_RUNNING_INSTANTS = select(conferences.c.instant).where(
    is_live, conferences.c.instant.is_not(None), conferences.c.subscriber_id == bindparam("owner")
)
_LIVE_OF = (
    select(conferences.c.subscriber_id, conferences.c.id, conferences.c.state)
    .where(is_live, OneOf(conferences.c.subscriber_id, "owners"))
    .order_by(conferences.c.id)
)

_INSERT = insert(conferences)
_UPDATE = update(conferences).where(conferences.c.id == bindparam("saved"))
_INSERT_CALLS = insert(calls)
_UPDATE_CALLS = update(calls).where(calls.c.id == bindparam("saved"))


class Conferences:
    """Conferences and their calls, saved and loaded whole."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def reserve_ids(self, count: int) -> range:
        """Ids for conferences to launch; never given twice once the transaction is committed."""
        return next_numbers(self._tx, "conference", count) if count else range(0)

    def add(self, launched: Sequence[tuple[Conference, int | None]]) -> None:
        """Keep new conferences, each with the text that launched it. IntegrityError: one is there already."""
        if not launched:
            return
        self._tx.execute(
            _INSERT, [{"id": one.id, **_conference_row(one), "mo_id": mo_id} for one, mo_id in launched]
        )
        rows = [
            _new_call(one.id, position, call)
            for one, _ in launched
            for position, call in enumerate(one.calls)
        ]
        if rows:
            self._tx.execute(_INSERT_CALLS, rows)

    def save(self, before: Conference, after: Conference) -> None:
        """Write what differs between the conference as it is stored and as it shall be.

        Raises LookupError if `before` is not in the store.
        """
        row = _conference_row(after)
        if _conference_row(before) != row:
            saved = self._tx.execute(_UPDATE, {**row, "saved": after.id})
            if saved.rowcount != 1:
                raise LookupError(f"conference {after.id} is not in the store")
        self._save_calls(before.calls, after)
        if after.recording_parts != before.recording_parts:
            save_recording_parts(self._tx, before.recording_parts, after)

    def _save_calls(self, before: tuple[Call, ...], after: Conference) -> None:
        known = {call.id: call for call in before}
        new: list[Row] = []
        changed: list[Row] = []
        for position, call in enumerate(after.calls):
            if call.id not in known:
                new.append(_new_call(after.id, position, call))
            elif known[call.id] != call:
                changed.append({**_call_row(call), "saved": call.id})
        if new:
            self._tx.execute(_INSERT_CALLS, new)
        if changed:
            self._tx.execute(_UPDATE_CALLS, changed)

    def get(self, conference_id: int) -> Conference | None:
        """The conference of that id."""
        return next(iter(self._load(_BY_ID, _CALLS_BY_ID, {"wanted": conference_id})), None)

    def ended(self, most: int) -> list[Conference]:
        """Those that ended, the newest launched last, and no more than that many."""
        return list(reversed(self._load(_ENDED, _CALLS_ENDED, {"most": most})))

    def count_of(self, owner: int) -> int:
        """How many a subscriber has, live or ended."""
        return int(self._tx.execute(_COUNT_OF, {"owner": owner}).scalar_one())

    def live(self) -> list[Conference]:
        """All that have not ended, in the order launched."""
        return self._load(_LIVE, _CALLS_LIVE, {})

    def live_of(self, owners: Collection[int]) -> dict[int, tuple[int, ConferenceState]]:
        """Of those subscribers, each one's conference that has not ended, the newest: its id and state."""
        rows = self._tx.execute(_LIVE_OF, {"owners": json_of(owners)})
        return {owner: (number, state) for owner, number, state in rows}

    def running_instants(self, owner: int) -> set[int]:
        """Which of a subscriber's instant conferences (1 to 30) run."""
        return {number for (number,) in self._tx.execute(_RUNNING_INSTANTS, {"owner": owner})}

    def _load(self, which: Select[Any], their_calls: Select[Any], values: Row) -> list[Conference]:
        rows = self._tx.execute(which, values).mappings().all()
        found: dict[int, list[Call]] = {row["id"]: [] for row in rows}
        if found:
            for row in self._tx.execute(their_calls, values):
                found[row[0]].append(Call(*row[1:]))
        taped = recording_parts_of(self._tx, values.get("wanted")) if found else {}
        return [
            Conference(calls=tuple(found[row["id"]]), recording_parts=tuple(taped.get(row["id"], ())), **row)
            for row in rows
        ]


def _conference_row(conference: Conference) -> Row:
    return {name: getattr(conference, name) for name in _CONFERENCE_FIELDS[1:]}


def _new_call(conference_id: int, position: int, call: Call) -> Row:
    return {"id": call.id, "conference_id": conference_id, "position": position, **_call_row(call)}


def _call_row(call: Call) -> Row:
    return {name: getattr(call, name) for name in _CALL_FIELDS[1:]}
