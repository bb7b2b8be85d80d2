"""The life of an import of contacts: from the pages that come from the site until it is undone or forgotten.

services/portal keeps one a subscriber, and does a page in a unit of work: an import that is RUNNING goes on
after a restart, or on the other server, with the page that is next.
"""

from datetime import timedelta
from enum import Enum

import msgspec

from usnd.domain.contacts.contact import MOST_CONTACTS
from usnd.domain.contacts.plan import ON_A_PAGE
from usnd.domain.tables import every_cell

MOST_PAGES = MOST_CONTACTS // ON_A_PAGE
FORGOTTEN = timedelta(hours=1)
"""So long after its last change an import is gone that nobody waits for."""


class ImportState(Enum):
    """Where an import is. STOPPED: a fault that nobody foresaw, after whole pages; the rest was not done."""

    COMING = "coming"
    PREVIEW = "preview"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    UNDOING = "undoing"
    UNDONE = "undone"


class ImportEvent(Enum):
    """CAME: the last page is there. WORKED: the last page is done, or undone."""

    CAME = "all pages came"
    STARTED = "started"
    WORKED = "all pages done"
    FAILED = "failed"
    UNDO_ASKED = "undo asked for"


IMPORT_TABLE = every_cell(
    {
        ImportState.COMING: {ImportEvent.CAME: ImportState.PREVIEW},
        ImportState.PREVIEW: {ImportEvent.STARTED: ImportState.RUNNING},
        ImportState.RUNNING: {
            ImportEvent.WORKED: ImportState.DONE,
            ImportEvent.FAILED: ImportState.STOPPED,
        },
        ImportState.DONE: {ImportEvent.UNDO_ASKED: ImportState.UNDOING},
        ImportState.STOPPED: {ImportEvent.UNDO_ASKED: ImportState.UNDOING},
        ImportState.UNDOING: {
            ImportEvent.WORKED: ImportState.UNDONE,
            ImportEvent.FAILED: ImportState.STOPPED,
        },
        ImportState.UNDONE: {},
    },
    ImportEvent,
)
WORKING = frozenset({ImportState.RUNNING, ImportState.UNDOING})
"""usnd does something about these by itself; nobody may change them then."""


class Counts(msgspec.Struct, frozen=True):
    """Of contacts. refused, change, add, same: what the file would do; the others: what was done of it.

    not_done: were to be done and could not be. stay: were not undone.
    """

    refused: int = 0
    change: int = 0
    add: int = 0
    same: int = 0
    added: int = 0
    changed: int = 0
    not_done: int = 0
    stay: int = 0
