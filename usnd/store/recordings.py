"""The recordings in the store: one row a part (REQUIREMENTS C7).

conferences.py saves a part with its conference; services/recording measures and removes. They outlive their
conference and their subscriber, as CDRs do: they refer to none of them. What is kept is decided in
domain/recording/files.py.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Select, bindparam, insert, select, tuple_, update

from usnd.domain.conference.model import Conference
from usnd.domain.recording.files import Recording, RecordingPart, RecordState, file_of
from usnd.store.core.execution import Executor
from usnd.store.core.statements import Row
from usnd.store.schema import conferences, is_closed, is_live, recordings

# The column of a part's number is named `stretch`: a release before this one reads it.
_PART = ("stretch", "state", "ordered_at", "started_at", "stopped_at")
_FIELDS = tuple("stretch" if name == "part" else name for name in Recording.__slots__)
_INSERT = insert(recordings)
_UPDATE = update(recordings).where(
    recordings.c.conference_id == bindparam("of"), recordings.c.stretch == bindparam("saved")
)
_MEASURED = _UPDATE.values(octets=bindparam("measured"))
_REMOVED = _UPDATE.where(recordings.c.state == RecordState.CLOSED).values(state=RecordState.REMOVED)
_PARTS = select(recordings.c.conference_id, *(recordings.c[name] for name in _PART)).order_by(
    recordings.c.conference_id, recordings.c.stretch
)
_OF_ONE = _PARTS.where(recordings.c.conference_id == bindparam("wanted"))
_OF_LIVE = _PARTS.join(conferences, conferences.c.id == recordings.c.conference_id).where(is_live)
_ALL = select(*(recordings.c[name] for name in _FIELDS)).order_by(
    recordings.c.conference_id, recordings.c.stretch
)
_BY_ID = _ALL.where(
    recordings.c.conference_id == bindparam("of"), recordings.c.stretch == bindparam("wanted")
)
_BY_OWNER = _ALL.where(recordings.c.subscriber_id == bindparam("owner"))
_PAGE = (
    select(*(recordings.c[name] for name in _FIELDS))
    .where(
        recordings.c.subscriber_id == bindparam("owner"),
        recordings.c.state.in_([RecordState.CLOSED, RecordState.REMOVED]),
        tuple_(recordings.c.conference_id, recordings.c.stretch)
        < tuple_(bindparam("conference"), bindparam("before")),
    )
    .order_by(recordings.c.conference_id.desc(), recordings.c.stretch.desc())
    .limit(bindparam("most"))
)
_CLOSED = _ALL.where(is_closed)
_UNMEASURED = _CLOSED.where(recordings.c.octets.is_(None))


class Recordings:
    """All recordings."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def get(self, conference_id: int, part: int) -> Recording | None:
        """That part."""
        row = self._tx.execute(_BY_ID, {"of": conference_id, "wanted": part}).one_or_none()
        return None if row is None else Recording(*row)

    def list(self, owner: int | None = None) -> tuple[Recording, ...]:
        """Those of a subscriber, or all, in the order of conferences and parts."""
        found = self._tx.execute(_ALL if owner is None else _BY_OWNER, {"owner": owner})
        return tuple(Recording(*row) for row in found)

    def page(self, owner: int, before: tuple[int, int], most: int) -> tuple[Recording, ...]:
        """At most so many of a subscriber that have or had a file, newest first, from behind that one on."""
        conference, part = before
        values = {"owner": owner, "conference": conference, "before": part, "most": most}
        return tuple(Recording(*row) for row in self._tx.execute(_PAGE, values))

    def closed(self) -> tuple[Recording, ...]:
        """Those that have a file."""
        return tuple(Recording(*row) for row in self._tx.execute(_CLOSED))

    def unmeasured(self) -> tuple[Recording, ...]:
        """Those of which nobody has looked at the file yet."""
        return tuple(Recording(*row) for row in self._tx.execute(_UNMEASURED))

    def measured(self, one: Recording, octets: int) -> None:
        """Keep the size of the file."""
        values = {"of": one.conference_id, "saved": one.part, "measured": octets}
        self._tx.execute(_MEASURED, values)

    def removed(self, gone: Iterable[Recording]) -> None:
        """Their files are removed."""
        for one in gone:
            self._tx.execute(_REMOVED, {"of": one.conference_id, "saved": one.part})


def save_recording_parts(tx: Executor, before: Sequence[RecordingPart], after: Conference) -> None:
    """Write the parts that differ from those in the store."""
    known = {one.number: one for one in before}
    for one in after.recording_parts:
        row = {"state": one.state, "started_at": one.started_at, "stopped_at": one.stopped_at}
        if one.number not in known:
            tx.execute(_INSERT, {**_new(after, one), **row})
        elif known[one.number] != one:
            tx.execute(_UPDATE, {**row, "of": after.id, "saved": one.number})


def recording_parts_of(tx: Executor, conference_id: int | None) -> dict[int, list[RecordingPart]]:
    """By conference: the parts of one, or of all live conferences."""
    which: Select[tuple[object, ...]] = _OF_LIVE if conference_id is None else _OF_ONE
    found: dict[int, list[RecordingPart]] = {}
    for row in tx.execute(which, {"wanted": conference_id}):
        found.setdefault(row[0], []).append(RecordingPart(*row[1:]))
    return found


def _new(conference: Conference, part: RecordingPart) -> Row:
    return {
        "conference_id": conference.id,
        "stretch": part.number,
        "subscriber_id": conference.subscriber_id,
        "path": file_of(conference.id, part.number),
        "ordered_at": part.ordered_at,
    }
