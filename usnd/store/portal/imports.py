"""Imports of contacts: one a subscriber at most, with its pages. What is in a page: domain/contacts.

services/portal writes them; the site reads what it shows.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from usnd.domain.contacts.page import NotDone, PageResult
from usnd.domain.contacts.plan import Doing, Entry
from usnd.domain.portal.imports import WORKING, Counts, ImportState
from usnd.store.core.execution import Executor
from usnd.store.schema import portal_import_pages, portal_imports

_T, _P = portal_imports.c, portal_import_pages.c
_FIELDS = (_T.id, _T.subscriber_id, _T.state, _T.changed_at, _T.pages, _T.done, _T.kinds, _T.counts)
_OF = select(*_FIELDS).where(_T.subscriber_id == bindparam("of"))
_NEXT = (
    select(*_FIELDS)
    .where(_T.state.in_([state.value for state in WORKING]))
    .order_by(_T.changed_at, _T.id)
    .limit(1)
)
_INSERT = insert(portal_imports).returning(_T.id)
_UPDATE = (
    update(portal_imports)
    .where(_T.id == bindparam("which"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("state", "changed_at", "pages", "done", "kinds", "counts")
        }
    )
)
_DELETE = delete(portal_imports).where(_T.subscriber_id == bindparam("of"))
_OLD = select(_T.id).where(_T.changed_at <= bindparam("until")).limit(bindparam("most"))
_FORGET = delete(portal_imports).where(_T.id.in_(_OLD))
_ONE = (_P.import_id == bindparam("which")) & (_P.place == bindparam("at"))
_INSERT_PAGE = insert(portal_import_pages)
_PAGE = select(_P.entries, _P.left_out, _P.result).where(_ONE)
_CHOOSE = update(portal_import_pages).where(_ONE).values(left_out=bindparam("lines"))
_KEEP = update(portal_import_pages).where(_ONE).values(result=bindparam("came"), not_done=bindparam("failed"))
_NOT_DONE = (
    select(_P.not_done)
    .where(_P.import_id == bindparam("which"), _P.not_done.is_not(None))
    .order_by(_P.place)
    .limit(bindparam("most"))
)


class Import(NamedTuple):
    """One. pages: as many as came; done: how many of them are done."""

    id: int
    subscriber_id: int
    state: ImportState
    changed_at: datetime
    pages: int = 0
    done: int = 0
    kinds: frozenset[Doing] = frozenset()
    counts: Counts = Counts()


class ImportPage(NamedTuple):
    """left_out: lines of entries that are not to be done. result: None: the page is not done."""

    entries: tuple[Entry, ...]
    left_out: frozenset[int]
    result: PageResult | None


class PortalImports:
    """Of all subscribers. Times are UTC."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def of(self, subscriber_id: int) -> Import | None:
        """That of a subscriber."""
        return _import(self._tx.execute(_OF, {"of": subscriber_id}).one_or_none())

    def next(self) -> Import | None:
        """One that usnd has to go on with: that which waited longest."""
        return _import(self._tx.execute(_NEXT).one_or_none())

    def begin(self, one: Import) -> int:
        """A new one, in place of the subscriber's last; its id."""
        self.drop(one.subscriber_id)
        row = {"subscriber_id": one.subscriber_id, **_written(one)}
        return int(self._tx.execute(_INSERT, row).scalar_one())

    def save(self, one: Import) -> None:
        """As it is now."""
        values = {f"new_{name}": value for name, value in _written(one).items()}
        self._tx.execute(_UPDATE, {"which": one.id, **values})

    def drop(self, subscriber_id: int) -> None:
        """That of a subscriber goes, with its pages."""
        self._tx.execute(_DELETE, {"of": subscriber_id})

    def add_page(self, import_id: int, place: int, entries: Sequence[Entry]) -> None:
        """place: from 0."""
        written = msgspec.json.encode(entries).decode()
        row = {"import_id": import_id, "place": place, "entries": written, "left_out": "[]"}
        self._tx.execute(_INSERT_PAGE, row)

    def page(self, import_id: int, place: int) -> ImportPage | None:
        """That page, if there is one."""
        row = self._tx.execute(_PAGE, {"which": import_id, "at": place}).one_or_none()
        if row is None:
            return None
        return ImportPage(
            msgspec.json.decode(row.entries, type=tuple[Entry, ...]),
            msgspec.json.decode(row.left_out, type=frozenset[int]),
            None if row.result is None else msgspec.json.decode(row.result, type=PageResult),
        )

    def choose(self, import_id: int, place: int, left_out: Iterable[int]) -> None:
        """The entries of these lines are left out, all others of the page are not."""
        lines = msgspec.json.encode(sorted(left_out)).decode()
        self._tx.execute(_CHOOSE, {"which": import_id, "at": place, "lines": lines})

    def keep(self, import_id: int, place: int, result: PageResult | None) -> None:
        """What came of the page; None: it is undone."""
        failed = result.not_done if result is not None else ()
        values = {
            "came": None if result is None else msgspec.json.encode(result).decode(),
            "failed": msgspec.json.encode(failed).decode() if failed else None,
        }
        self._tx.execute(_KEEP, {"which": import_id, "at": place, **values})

    def not_done(self, import_id: int, most: int) -> tuple[NotDone, ...]:
        """What could not be done, of so many pages that have some."""
        rows = self._tx.execute(_NOT_DONE, {"which": import_id, "most": most})
        return tuple(one for (row,) in rows for one in msgspec.json.decode(row, type=tuple[NotDone, ...]))

    def forget(self, until: datetime, most: int) -> int:
        """Deletes those that were last changed then or before; how many."""
        return self._tx.execute(_FORGET, {"until": until, "most": most}).rowcount


def _written(one: Import) -> dict[str, Any]:
    return {
        "state": one.state.value,
        "changed_at": one.changed_at,
        "pages": one.pages,
        "done": one.done,
        "kinds": ",".join(sorted(kind.value for kind in one.kinds)),
        "counts": msgspec.json.encode(one.counts).decode(),
    }


def _import(row: Any) -> Import | None:
    if row is None:
        return None
    number, subscriber_id, state, changed_at, pages, done, kinds, counts = row
    return Import(
        number,
        subscriber_id,
        ImportState(state),
        changed_at,
        pages,
        done,
        frozenset(map(Doing, filter(None, kinds.split(",")))),
        msgspec.json.decode(counts, type=Counts),
    )
