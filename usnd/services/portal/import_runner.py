"""Goes through the imports that were started, or are to be undone: a page in each unit of work.

The daemon runs it. What is committed stays: after a restart or a take-over an import goes on with the page
that is next: none is done twice or left out. Texts and calls come first: between two pages is a pause.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog
from msgspec.structs import replace

from usnd.domain.contacts.page import do_page, undo_page
from usnd.domain.portal.imports import IMPORT_TABLE, ImportEvent, ImportState
from usnd.domain.portal.outcomes import Noted
from usnd.services.transactions.commits import surely
from usnd.store.core.transaction import Transaction
from usnd.store.core.writer import Store, StoreClosed
from usnd.store.core.writer_connection import StoreTaken
from usnd.store.portal.audit import AuditLine
from usnd.store.portal.imports import Import

BY = "usnd"
"""Who does it, in the audit's place of a source."""
_BREATH = 0.05
_ENDED = {ImportState.DONE: Noted.IMPORT_DONE, ImportState.UNDONE: Noted.IMPORT_UNDONE}


class ImportRunner:
    """One import's page after another's. `clock` gives UTC; `breath`: seconds between two pages."""

    def __init__(
        self, store: Store, home_region: str, clock: Callable[[], datetime], breath: float = _BREATH
    ) -> None:
        self._store, self._region, self._clock, self._breath = store, home_region, clock, breath
        self._wanted = asyncio.Event()
        self._log = structlog.get_logger("usnd.imports")

    def wake(self) -> None:
        """There is something to do."""
        self._wanted.set()

    async def run(self) -> None:
        """Until cancelled, or until another usnd has the store. First comes what a former life left."""
        while True:
            self._wanted.clear()
            if await self._step():
                self._wanted.set()
                await asyncio.sleep(self._breath)
            await self._wanted.wait()

    async def _step(self) -> bool:
        """A page, if there is one; one that cannot be done stops its import, and no other."""
        try:
            return await surely(self._store, self._unit)
        except (StoreTaken, StoreClosed):
            raise
        except Exception as error:  # noqa: BLE001 # it stops no call and no text
            self._log.error("an import was stopped", exc_info=error)
        return await surely(self._store, self._give_up)

    def _unit(self, tx: Transaction) -> bool:
        one = tx.portal_imports.next()
        if one is None:
            return False
        now = self._clock()
        doing = one.state is ImportState.RUNNING
        after = _done(tx, one, self._region) if doing else _undone(tx, one)
        if after.done == (after.pages if doing else 0):
            after = after._replace(state=IMPORT_TABLE[after.state, ImportEvent.WORKED])
            _note(tx, after, _ENDED[after.state], now)
        tx.portal_imports.save(after._replace(changed_at=now))
        return True

    def _give_up(self, tx: Transaction) -> bool:
        one = tx.portal_imports.next()
        if one is not None:
            now = self._clock()
            state = IMPORT_TABLE[one.state, ImportEvent.FAILED]
            tx.portal_imports.save(one._replace(state=state, changed_at=now))
            _note(tx, one, Noted.IMPORT_STOPPED, now)
        return one is not None


def _done(tx: Transaction, one: Import, region: str) -> Import:
    """With its next page done."""
    page = tx.portal_imports.page(one.id, one.done)
    assert page is not None  # they all came before it could start
    directory = tx.directory.load(one.subscriber_id)
    outcome = do_page(page.entries, page.left_out, one.kinds, directory, region)
    tx.directory.apply_all((one.subscriber_id, change) for change in outcome.changes)
    tx.portal_imports.keep(one.id, one.done, outcome.result)
    counts, result = one.counts, outcome.result
    counts = replace(
        counts,
        added=counts.added + result.added,
        changed=counts.changed + len(result.done) - result.added,
        not_done=counts.not_done + len(result.not_done),
    )
    return one._replace(done=one.done + 1, counts=counts)


def _undone(tx: Transaction, one: Import) -> Import:
    """With its last page that was done taken back."""
    if one.done == 0:
        return one
    page = tx.portal_imports.page(one.id, one.done - 1)
    assert page is not None  # as above
    assert page.result is not None
    undone = undo_page(page.result, tx.directory.load(one.subscriber_id))
    tx.directory.apply_all((one.subscriber_id, change) for change in undone.changes)
    tx.portal_imports.keep(one.id, one.done - 1, None)
    return one._replace(
        done=one.done - 1, counts=replace(one.counts, stay=one.counts.stay + len(undone.stay))
    )


def _note(tx: Transaction, one: Import, what: Noted, now: datetime) -> None:
    subscriber = tx.subscribers.by_id(one.subscriber_id)
    assert subscriber is not None  # its import goes with it
    tx.portal_audit.add(AuditLine(now, subscriber.number, BY, what.value, f"import {one.id}"))
