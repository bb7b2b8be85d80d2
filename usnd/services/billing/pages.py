"""The records of a file as its octets, by the page: written by the database where it can, else one by one.

writing.py asks. Both ways give the same octets; that of the database is many times quicker. It has
connections of its own, which only read, so that a page is made while another one is on its way.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.formats import FORMATS
from usnd.store.billing.cdrs import Numbered
from usnd.store.core.reader import Reader, StoreAway
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store

AT_ONCE = 2
"""Pages that the database makes at once. One takes a processor: more would take them all from calls."""

Pages = Callable[[CdrFile, int, int], Coroutine[Any, Any, bytes]]
"""Gives the records of a file from one sequence number to another. Raises RecordsMissing."""


class RecordsMissing(Exception):
    """The store has not all records of the file any more."""


def pages_of(store: Store, reader: Reader | None = None) -> Pages:
    """From the store. reader: of the same database, for AT_ONCE pages at once; without one they come in turn.

    A database that is away is waited for.
    """

    async def page(file: CdrFile, first: int, last: int) -> bytes:
        form = FORMATS[file.format]
        if form.by_database:
            lines = await _lines(store, reader, lambda tx: tx.cdrs.csv_lines(file.layout, first, last))
            if lines is not None and form.is_plain(file.layout, last - first + 1, lines):
                return lines
        return form.records(file.layout, await store.run(lambda tx: _all(tx, file, first, last)))

    return page


async def _lines(
    store: Store, reader: Reader | None, unit: Callable[[Transaction], bytes | None]
) -> bytes | None:
    if reader is not None:
        try:
            return await asyncio.to_thread(reader.read, unit)
        except StoreAway:  # the store waits for it
            pass
    return await store.run(unit)


def _all(tx: Transaction, file: CdrFile, first: int, last: int) -> Numbered:
    page = tx.cdrs.up_to(first - 1, last, last - first + 1)
    there = {sequence for sequence, _ in page}
    missing = next((number for number in range(first, last + 1) if number not in there), None)
    if missing is not None:
        raise RecordsMissing(f"record {missing} of {file.name} is not in the store")
    return page
