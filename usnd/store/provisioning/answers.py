"""What was answered to the CRM, by the keys of its orders, and how far its bulks are.

Written in the transaction that carries the orders out; services/provisioning asks here before it carries one
out again. The rules are in domain/provisioning/idempotency.py. The start of a bulk is row 0 of its request.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, delete, exists, false, func, select, tuple_, update

from usnd.domain.provisioning.idempotency import RequestKey
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import RowsStatement
from usnd.store.schema import provisioning_bulks, provisioning_requests

_A, _B = provisioning_requests.c, provisioning_bulks.c
_KEY = (_A.client, _A.request_id, _A.row)
# A subquery for each key is looked up in the index, whatever the planner believes about the set.
_UNDER = (
    "FROM provisioning_requests AS p"
    ' WHERE p.client = r.client AND p.request_id = r.request_id AND p."row" = r."row"'
)
_DIGESTS = RowsStatement(f"SELECT r.nth, (SELECT p.digest {_UNDER}) AS digest FROM {{rows}}", *_KEY)  # noqa: S608 # constants
_STORED = RowsStatement(
    f"SELECT r.nth, (SELECT p.server_id {_UNDER}) AS server_id, (SELECT p.result {_UNDER}) AS result"  # noqa: S608 # constants
    " FROM {rows}",
    *_KEY,
)
_ADD = RowsStatement(
    'INSERT INTO provisioning_requests (client, request_id, "row", digest, server_id, at, result)'
    ' SELECT r.client, r.request_id, r."row", r.digest, r.server_id, r.at, r.result FROM {rows}'
    " ORDER BY r.nth",
    *provisioning_requests.columns,
)
_FIELDS = (*_KEY, _A.digest, _A.server_id, _A.at, _A.result)
_LAST = select(*_FIELDS).order_by(_A.at.desc()).limit(bindparam("most"))
_OF_REQUEST = (
    select(*_FIELDS)
    .where(_A.request_id == bindparam("wanted"))
    .order_by(_A.client, _A.row)
    .limit(bindparam("most"))
)
_OLD = select(*_KEY).where(_A.at <= bindparam("until")).order_by(_A.at).limit(bindparam("most"))
_FORGET = delete(provisioning_requests).where(tuple_(*_KEY).in_(_OLD))

_START = RowsStatement(
    "INSERT INTO provisioning_bulks (client, request_id, digest, server_id, rows, started_at)"
    " SELECT r.client, r.request_id, r.digest, r.server_id, r.rows, r.started_at FROM {rows}"
    " WHERE true ON CONFLICT DO NOTHING",
    *(_B[name] for name in ("client", "request_id", "digest", "server_id", "rows", "started_at")),
)
_OF_BULK = (_A.client == _B.client, _A.request_id == _B.request_id)
# Rows come mostly in their order: they are counted only once the last is there.
_COMPLETE = case(
    (
        exists().where(*_OF_BULK, _A.row == _B.rows),
        select(func.count()).where(*_OF_BULK, _A.row > 0).scalar_subquery() == _B.rows,
    ),
    else_=false(),
)
_FINISH = update(provisioning_bulks).where(
    _B.client == bindparam("of"), _B.request_id == bindparam("wanted"), _B.finished_at.is_(None), _COMPLETE
)
_ANSWERED = select(func.count()).where(*_OF_BULK, _A.row > 0)
_DONE = _ANSWERED.where(_A.result.like('{"code":1%'))
_BULKS = (
    select(provisioning_bulks, _ANSWERED.scalar_subquery(), _DONE.scalar_subquery())
    .order_by(_B.started_at.desc())
    .limit(bindparam("most"))
)
_OLD_BULKS = (
    select(_B.client, _B.request_id)
    .where(_B.started_at <= bindparam("until"))
    .order_by(_B.started_at)
    .limit(bindparam("most"))
)
_FORGET_BULKS = delete(provisioning_bulks).where(tuple_(_B.client, _B.request_id).in_(_OLD_BULKS))


class StoredAnswer(NamedTuple):
    """What an order was answered. `server`: the id that the site gave the request; `at`: when, in UTC.

    `result`: JSON that begins with its `code`, as services/provisioning writes it.
    """

    key: RequestKey
    digest: str
    server: str
    at: datetime
    result: str


class StoredBulk(NamedTuple):
    """A bulk and how far it is, in rows; `answered`: those that are done or refused. Times are in UTC."""

    client: str
    request: str
    digest: str
    server: str
    rows: int
    started_at: datetime
    finished_at: datetime | None
    answered: int
    done: int


class Provisioning:
    """The answers of the last 30 days."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def digests(self, keys: Sequence[RequestKey]) -> list[str | None]:
        """For each key, in their order, the digest that was answered under it; None: none was."""
        return [row.digest for row in self._in_order(_DIGESTS, keys)]

    def results(self, keys: Sequence[RequestKey]) -> list[tuple[str, str]]:
        """For each key, in their order, the server's id and the result. All must be there."""
        return [(row.server_id, row.result) for row in self._in_order(_STORED, keys)]

    def _in_order(self, statement: RowsStatement, keys: Sequence[RequestKey]) -> list[Any]:
        if not keys:
            return []
        rows = statement.run(self._tx, keys)
        return sorted(rows, key=attrgetter("nth"))

    def add(self, answers: Collection[StoredAnswer]) -> None:
        """Keeps these. Raises IntegrityError if there is an answer under one of the keys already."""
        if answers:
            _ADD.run(self._tx, [(*one.key, *one[1:]) for one in answers])

    def last(self, most: int, request: str | None = None) -> list[StoredAnswer]:
        """Those of a request id, whoever's it is, row by row; else the last of all, the newest first."""
        if request is None:
            return _answers(self._tx.execute(_LAST, {"most": most}))
        return _answers(self._tx.execute(_OF_REQUEST, {"wanted": request, "most": most}))

    def forget(self, until: datetime, most: int) -> int:
        """Forgets answers of `until` or before, the oldest first; gives how many."""
        return self._tx.execute(_FORGET, {"until": until, "most": most}).rowcount

    def start_bulk(
        self, client: str, request: str, digest: str, server: str, rows: int, now: datetime
    ) -> bool:
        """A bulk begins; False if there is one of that request id already."""
        bulk = (client, request, digest, server, rows, now)
        return _START.run(self._tx, [bulk]).rowcount == 1

    def finish_bulk(self, client: str, request: str, now: datetime) -> bool:
        """Notes that a bulk is finished, if each of its rows has an answer; True if this finished it."""
        values = {"of": client, "wanted": request, "finished_at": now}
        return self._tx.execute(_FINISH, values).rowcount == 1

    def bulks(self, most: int) -> list[StoredBulk]:
        """The last that were started, the newest first."""
        return [StoredBulk(*row) for row in self._tx.execute(_BULKS, {"most": most})]

    def forget_bulks(self, until: datetime, most: int) -> int:
        """Forgets bulks started at `until` or before, the oldest first; gives how many."""
        return self._tx.execute(_FORGET_BULKS, {"until": until, "most": most}).rowcount


def _answers(rows: Iterable[Any]) -> list[StoredAnswer]:
    return [StoredAnswer(RequestKey(*row[:3]), *row[3:]) for row in rows]
