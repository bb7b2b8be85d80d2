"""Units of work of an import of contacts: its pages come, entries are chosen, it starts, it is undone.

The site has read the file and made the plan (domain/contacts/plan.py); here it is only kept, and each entry
is decided again when its page is done: import_runner.py.
"""

from collections.abc import Sequence

from usnd.domain.contacts.plan import Doing, Entry
from usnd.domain.directory.undo import UNDO_LASTS
from usnd.domain.portal.imports import (
    IMPORT_TABLE,
    MOST_PAGES,
    WORKING,
    Counts,
    ImportEvent,
    ImportState,
)
from usnd.domain.portal.outcomes import Noted, Outcome
from usnd.services.portal.signed_in import whose
from usnd.services.portal.visit import Came, PortalNode, Visit
from usnd.store.portal.imports import Import

_SIGNED_OUT, _GONE, _DONE = Came(Outcome.SIGNED_OUT), Came(Outcome.GONE), Came(Outcome.DONE)


def begin(visit: Visit, token: str, node: PortalNode) -> Came:
    """A new one, whose pages come now. DONE with its id and the region whose national numbers are meant.

    RUNNING: the one before is being done. SIGNED_OUT.
    """
    subscriber = whose(visit, token, node)
    if subscriber is None:
        return _SIGNED_OUT
    last = visit.tx.portal_imports.of(subscriber.id)
    if last is not None and last.state in WORKING:
        return Came(Outcome.RUNNING)
    new = Import(0, subscriber.id, ImportState.COMING, visit.now)
    return Came(Outcome.DONE, import_id=visit.tx.portal_imports.begin(new), region=node.region)


def add_page(
    visit: Visit,
    token: str,
    import_id: int,
    entries: Sequence[Entry],
    counts: Counts | None,
    node: PortalNode,
) -> Came:
    """The next page; counts: of all entries, with the last one. DONE, GONE, SIGNED_OUT."""
    found = _theirs(visit, token, import_id, node, ImportState.COMING)
    if isinstance(found, Came):
        return found
    if found.pages >= MOST_PAGES:
        return _GONE
    visit.tx.portal_imports.add_page(found.id, found.pages, entries)
    grown = found._replace(pages=found.pages + 1, changed_at=visit.now)
    if counts is None:
        visit.tx.portal_imports.save(grown)
    else:
        _go(visit, grown._replace(counts=counts), ImportEvent.CAME)
    return _DONE


def choose(
    visit: Visit, token: str, import_id: int, place: int, left_out: Sequence[int], node: PortalNode
) -> Came:
    """Which entries of a page are left out, by their lines. DONE, GONE, SIGNED_OUT."""
    found = _theirs(visit, token, import_id, node, ImportState.PREVIEW)
    if isinstance(found, Came):
        return found
    visit.tx.portal_imports.choose(found.id, place, left_out)
    visit.tx.portal_imports.save(found._replace(changed_at=visit.now))
    return _DONE


def start(visit: Visit, token: str, import_id: int, kinds: Sequence[Doing], node: PortalNode) -> Came:
    """All chosen entries of these kinds are to be done. DONE, GONE, SIGNED_OUT."""
    found = _theirs(visit, token, import_id, node, ImportState.PREVIEW)
    if isinstance(found, Came):
        return found
    _go(visit, found._replace(kinds=frozenset(kinds)), ImportEvent.STARTED)
    _note(visit, found, Noted.IMPORT_STARTED)
    return _DONE


def undo(visit: Visit, token: str, import_id: int, node: PortalNode) -> Came:
    """What it did is to be taken back. DONE; GONE: too late, as of a deletion; SIGNED_OUT."""
    found = _theirs(visit, token, import_id, node, ImportState.DONE, ImportState.STOPPED)
    if isinstance(found, Came):
        return found
    if found.changed_at + UNDO_LASTS <= visit.now:
        return _GONE
    _go(visit, found, ImportEvent.UNDO_ASKED)
    _note(visit, found, Noted.IMPORT_UNDO)
    return _DONE


def drop(visit: Visit, token: str, import_id: int, node: PortalNode) -> Came:
    """It is not shown any more. DONE; GONE, also while it is being done; SIGNED_OUT."""
    found = _theirs(visit, token, import_id, node, *(set(ImportState) - WORKING))
    if isinstance(found, Came):
        return found
    visit.tx.portal_imports.drop(found.subscriber_id)
    return _DONE


def note_export(visit: Visit, token: str, node: PortalNode) -> Came:
    """Somebody takes all contacts away: the audit says so. DONE, SIGNED_OUT."""
    subscriber = whose(visit, token, node)
    if subscriber is None:
        return _SIGNED_OUT
    visit.note(Noted.EXPORTED, subscriber.number)
    return _DONE


def _theirs(
    visit: Visit, token: str, import_id: int, node: PortalNode, *states: ImportState
) -> Import | Came:
    """That import, if it is the subscriber's and in one of the states."""
    subscriber = whose(visit, token, node)
    if subscriber is None:
        return _SIGNED_OUT
    found = visit.tx.portal_imports.of(subscriber.id)
    return found if found is not None and found.id == import_id and found.state in states else _GONE


def _go(visit: Visit, one: Import, event: ImportEvent) -> None:
    state = IMPORT_TABLE[one.state, event]
    visit.tx.portal_imports.save(one._replace(state=state, changed_at=visit.now))


def _note(visit: Visit, one: Import, what: Noted) -> None:
    subscriber = visit.tx.subscribers.by_id(one.subscriber_id)
    assert subscriber is not None  # its import goes with it
    visit.note(what, subscriber.number, f"import {one.id}")
