"""CDR files: each full hour's, of records by sequence number. export.py closes and writes them by it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from usnd.domain.billing.cdr_file import CdrFile, close, hours_due
from usnd.services.billing.pages import pages_of
from usnd.services.billing.writing import Written, write
from usnd.store.core.reader import Reader
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

if TYPE_CHECKING:
    from usnd.services.billing.export import Client


class Records:
    """Contents of the files of CDRs. reader: of the same database, as of `pages_of`."""

    def __init__(self, store: Store, reader: Reader | None = None) -> None:
        self._store, self._pages = store, pages_of(store, reader)

    async def close(self, clients: "Sequence[Client]", now: datetime) -> list[CdrFile]:
        """A file for each full hour that has none; all records since the last file are in the first one."""
        closed = []
        for client in clients:
            closed += await self._store.run(partial(_close, client=client, now=now))
        return closed

    async def write(self, directory: Path, file: CdrFile, whole: Callable[[], None]) -> Written:
        """As `writing.write`."""
        return await write(directory, file, self._pages, whole)


def _close(tx: Transaction, client: "Client", now: datetime) -> list[CdrFile]:
    closed = list[CdrFile]()
    last = next(iter(tx.cdr_files.newest(client.name, 1)), None)
    first = tx.cdrs.unbroken_since() if last is None else last.last + 1
    kept = range(first, tx.cdrs.newest() + 1)
    had = tx.cdr_files.hours_behind(client.name, last.until) if last else ()
    for until in hours_due(last.until if last else None, now, had):
        last = close(last, client.name, until, kept, client.form, now)
        tx.cdr_files.add(last)
        closed.append(last)
    return closed
