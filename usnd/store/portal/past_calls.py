"""A subscriber's calls that are over: page by page, and summed up by day, by contact and by conference.

From the CDRs, which outlive the conferences. Only columns that the portal's account may read. A call talks as
domain/conference/quota.py counts it: whole seconds, begun ones too. What goes by days is summed by quarters
of an hour here, which are the same everywhere: whose days they are is for who shows it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, bindparam, case, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from usnd.domain.billing.cdr import ForeignOutcome, outcome_named
from usnd.domain.conference.call import CallOutcome, Direction, Role
from usnd.store.core.execution import Executor
from usnd.store.schema import cdrs

_QUARTER = 900
"""Seconds. No time zone differs from UTC by less than a whole number of these."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEWEST = 2**62
_T = cdrs.c


class _Seconds(FunctionElement[int]):
    """From the second time to the first, begun ones too; NULL if one is not known."""

    inherit_cache = True
    type = BigInteger()


@compiles(_Seconds, "postgresql")
def _seconds_postgresql(element: _Seconds, compiler: SQLCompiler, **options: Any) -> str:
    later, earlier = (compiler.process(part, **options) for part in element.clauses)
    return f"CAST(ceil(extract(epoch FROM {later} - {earlier})) AS bigint)"


@compiles(_Seconds, "sqlite")
def _seconds_sqlite(element: _Seconds, compiler: SQLCompiler, **options: Any) -> str:
    later, earlier = (compiler.process(part, **options) for part in element.clauses)
    return f"(CAST(round((julianday({later}) - julianday({earlier})) * 86400000) AS INTEGER) + 999) / 1000"


class _Quarter(FunctionElement[int]):
    """Which quarter of an hour since 1970 a time is in."""

    inherit_cache = True
    type = BigInteger()


@compiles(_Quarter, "postgresql")
def _quarter_postgresql(element: _Quarter, compiler: SQLCompiler, **options: Any) -> str:
    (at,) = (compiler.process(part, **options) for part in element.clauses)
    return f"CAST(floor(extract(epoch FROM {at}) / {_QUARTER}) AS bigint)"


@compiles(_Quarter, "sqlite")
def _quarter_sqlite(element: _Quarter, compiler: SQLCompiler, **options: Any) -> str:
    (at,) = (compiler.process(part, **options) for part in element.clauses)
    return f"CAST(strftime('%s', {at}) AS INTEGER) / {_QUARTER}"


_OTHER = case((_T.direction == Direction.IN, _T.cli), else_=_T.dnis)
"""The number of the other end."""
_MINE = (
    (_T.subscriber_id == bindparam("owner"))
    & (_T.start >= bindparam("since"))
    & (_T.start < bindparam("until"))
    & _T.interim_of.is_(None)
)
"""The last record of a call has all of it: its interim ones are of the same time."""
_TALKED = func.coalesce(func.sum(_Seconds(_T.stop, _T.answer)), 0).cast(BigInteger).label("seconds")
_CALLS = func.count().label("calls")


def _sums(*keys: Any) -> Select[Any]:
    return select(*keys, _TALKED, _CALLS).where(_MINE).group_by(*keys)


_QUARTERS = _sums(_Quarter(_T.start).label("quarter"))
_CONTACTS = (
    _sums(_OTHER.label("number"))
    .where(_T.role == Role.PARTICIPANT)
    .order_by(_TALKED.desc(), _CALLS.desc(), _OTHER)
    .limit(bindparam("most"))
)
_CONFERENCES = (
    select(_T.conference_id, func.min(_T.start, type_=_T.start.type), _TALKED, _CALLS)
    .where(_MINE)
    .group_by(_T.conference_id)
    .order_by(_TALKED.desc(), _T.conference_id.desc())
    .limit(bindparam("most"))
)
_PAGE = (
    select(
        _T.sequence,
        _T.conference_id,
        _T.role,
        _T.direction,
        _OTHER.label("number"),
        _T.start,
        _Seconds(_T.stop, _T.answer).label("seconds"),
        _T.outcome,
    )
    .where(
        _MINE,
        (_T.start < bindparam("at")) | ((_T.start == bindparam("at")) & (_T.sequence < bindparam("before"))),
    )
    .order_by(_T.start.desc(), _T.sequence.desc())
    .limit(bindparam("most"))
)
_AT = select(_T.start).where(_T.sequence == bindparam("before"), _T.subscriber_id == bindparam("owner"))


class Summed(NamedTuple):
    """What calls of one key talked, in seconds, and how many they were."""

    key: Any
    seconds: int
    calls: int


class SummedConference(NamedTuple):
    """All calls of one conference. began: of its first one, in the period."""

    id: int
    began: datetime
    seconds: int
    calls: int


@dataclass(frozen=True, slots=True)
class PastCall:
    """One call. number: of the other end, empty: withheld. seconds: None: it was not answered. UTC."""

    sequence: int
    conference_id: int
    role: Role
    direction: Direction
    number: str
    start: datetime
    seconds: int | None
    outcome: CallOutcome | ForeignOutcome


class PastCalls:
    """Each subscriber's own. since, until: began then or later, and before that (UTC)."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def page(
        self, owner: int, since: datetime, until: datetime, before: int, most: int
    ) -> tuple[PastCall, ...]:
        """At most so many, newest first, from behind that sequence number on; 0: from the newest."""
        asked = {"before": before, "owner": owner}
        at = self._tx.execute(_AT, asked).scalar_one_or_none() if before else None
        place = {"at": until, "before": _NEWEST} if at is None else {"at": at, "before": before}
        values = {"owner": owner, "since": since, "until": until, **place, "most": most}
        return tuple(_call(list(row)) for row in self._tx.execute(_PAGE, values))

    def by_quarter(self, owner: int, since: datetime, until: datetime) -> tuple[Summed, ...]:
        """key: when the quarter of an hour begins (UTC)."""
        rows = self._tx.execute(_QUARTERS, {"owner": owner, "since": since, "until": until})
        return tuple(Summed(_EPOCH + timedelta(seconds=key * _QUARTER), *rest) for key, *rest in sorted(rows))

    def by_contact(self, owner: int, since: datetime, until: datetime, most: int) -> tuple[Summed, ...]:
        """key: the number of the other end. Those who talked longest; not the subscriber's own calls."""
        values = {"owner": owner, "since": since, "until": until, "most": most}
        return tuple(Summed(*row) for row in self._tx.execute(_CONTACTS, values))

    def by_conference(
        self, owner: int, since: datetime, until: datetime, most: int
    ) -> tuple[SummedConference, ...]:
        """Those in which was talked longest, the subscriber's own calls too."""
        values = {"owner": owner, "since": since, "until": until, "most": most}
        return tuple(SummedConference(*row) for row in self._tx.execute(_CONFERENCES, values))


def _call(fields: list[Any]) -> PastCall:
    fields[-1] = outcome_named(fields[-1])
    return PastCall(*fields)
