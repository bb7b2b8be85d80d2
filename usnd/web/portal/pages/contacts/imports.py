"""The import of contacts: a file is sent, what would be done is shown and chosen from, then it is done.

The file is read here and the plan made; usnd keeps it, page by page, and does it. What is shown is what usnd
keeps, so that it is the same in each window and after a take-over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from usnd.control.answers import PortalAnswer
from usnd.control.portal_requests import (
    AddImportPage,
    BeginImport,
    ChooseImport,
    DropImport,
    StartImport,
    UndoImport,
)
from usnd.domain.contacts.contact import LONGEST_FILE, MOST_CONTACTS, Contact, FileFault, FileProblem
from usnd.domain.contacts.contact_file import read
from usnd.domain.contacts.plan import ON_A_PAGE, Doing, Entry, planned
from usnd.domain.directory.undo import UNDO_LASTS
from usnd.domain.portal.imports import WORKING, Counts, ImportState
from usnd.domain.portal.outcomes import Outcome
from usnd.store.core.transaction import Transaction
from usnd.store.portal.imports import Import, ImportPage
from usnd.web.clock import utc_now
from usnd.web.portal.behind import Behind
from usnd.web.portal.pages.faults import why_of
from usnd.web.portal.pages.outcomes import BUSY, STATUS, count_in, ended
from usnd.web.portal.visitor import Answer, Page, Redirect, Visitor
from usnd.web.portal.words import N_, Words

KEEP = "keep."
"""A box of the preview: this and the line of the file."""
_HOME = "/users/import"
_PAGES_NOT_DONE = 4
"""So many of their pages are told."""
_GONE = N_("This import is not as the page showed it any more. Here it is as it is now.")
_NO_FILE = N_("Choose a file first.")
_NOTHING = N_("Choose whether to add, to change, or both.")
_MOST = f"{MOST_CONTACTS:,}".replace(",", "\u202f")
"""Read in any language: with a narrow blank for the thousands (ISO 80000-1)."""
_TOO_LONG = N_("The file is longer than %(most)s MB. Export fewer contacts, or leave their pictures out.")
FILE_FAULTS = {
    FileProblem.EMPTY: N_("Nobody is in this file."),
    FileProblem.NOT_TEXT: N_("This is not a file of contacts. Export them as CSV or vCard (.vcf) first."),
    FileProblem.NO_NUMBERS: N_(
        "Line %(line)s names no column of telephone numbers. Name one of them Number, and one Nick or Name."
    ),
    FileProblem.BROKEN_TABLE: N_("The row that begins in line %(line)s has a quotation mark that is wrong."),
    FileProblem.BROKEN_CARD: N_("The contact that begins in line %(line)s does not end, or did not begin."),
    FileProblem.LONG_LINE: N_("Line %(line)s is too long."),
    FileProblem.TOO_MANY: N_(
        "Line %(line)s: these are too many contacts. At most %(most)s can be in a file."
    ),
}
KINDS = {
    Doing.REFUSED: N_("not possible"),
    Doing.CHANGE: N_("change"),
    Doing.ADD: N_("add"),
    Doing.SAME: N_("stays the same"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the preview. can_choose: something would be done; kept: it is to be."""

    entry: Entry
    kind: str
    can_choose: bool
    kept: bool
    why: Words | str


def show(behind: Behind, visitor: Visitor) -> Answer:
    """The form for a file, the preview, or how far the import is."""
    return _page(behind, visitor)


def take(behind: Behind, visitor: Visitor) -> Answer:
    """A file comes: it is read, and what would be done with it is kept for the preview."""
    if not visitor.file:
        return _upload(_NO_FILE)
    if len(visitor.file) > LONGEST_FILE:
        return _upload(Words(_TOO_LONG, {"most": LONGEST_FILE // 1024**2}))
    with behind.reading.taken():
        try:
            contacts = read(visitor.file)
        except FileFault as fault:
            words = Words(FILE_FAULTS[fault.problem], {"line": fault.line, "most": _MOST})
            return _upload(words)
        return _planned(behind, visitor, contacts)


def _planned(behind: Behind, visitor: Visitor, contacts: Sequence[Contact]) -> Answer:
    assert visitor.subscriber is not None
    begun = behind.ask(BeginImport(token=visitor.token, source=visitor.source))
    if begun.import_id is None:
        return _after(behind, visitor, begun)
    entries = planned(contacts, behind.directory(visitor.subscriber.id), begun.region)
    return _after(behind, visitor, behind.ask_in_turn(_pages(visitor, begun.import_id, entries)))


def _pages(visitor: Visitor, import_id: int, entries: Sequence[Entry]) -> Iterator[AddImportPage]:
    kinds = [entry.doing for entry in entries]
    counts = Counts(**{kind.value: kinds.count(kind) for kind in Doing})
    for first in range(0, len(entries), ON_A_PAGE):
        yield AddImportPage(
            token=visitor.token,
            source=visitor.source,
            import_id=import_id,
            entries=tuple(entries[first : first + ON_A_PAGE]),
            counts=counts if first + ON_A_PAGE >= len(entries) else None,
        )


def choose(behind: Behind, visitor: Visitor) -> Answer:
    """What is ticked on a page of the preview counts; then comes another page, or it is started."""
    written, import_id, place = visitor.written, _import_id(visitor), count_in(visitor.written, "place")
    one = behind.read(lambda tx: _import(tx, visitor))
    page = None if one is None else behind.read(lambda tx: tx.portal_imports.page(one.id, place))
    if one is None or one.id != import_id or page is None:
        return _page(behind, visitor, _GONE, 409)
    kept = {name.removeprefix(KEEP) for name in written if name.startswith(KEEP)}
    lines = (entry.line for entry in page.entries if entry.doing in (Doing.ADD, Doing.CHANGE))
    asked = ChooseImport(
        token=visitor.token,
        source=visitor.source,
        import_id=import_id,
        place=place,
        left_out=tuple(line for line in lines if str(line) not in kept),
    )
    answer = behind.ask(asked)
    if answer.outcome is not Outcome.DONE or "start" not in written:
        towards = place + 1 if "next" in written else max(place - 1, 0) if "before" in written else place
        return _after(behind, visitor, answer, f"{_HOME}?page={towards}")
    return _start(behind, visitor, import_id)


def _start(behind: Behind, visitor: Visitor, import_id: int) -> Answer:
    wanted = ("add" in visitor.written, "change" in visitor.written)
    kinds: dict[tuple[bool, bool], tuple[Literal["add", "change"], ...]] = {
        (True, True): ("add", "change"),
        (True, False): ("add",),
        (False, True): ("change",),
    }
    if wanted not in kinds:
        return _page(behind, visitor, _NOTHING, 422)
    asked = StartImport(token=visitor.token, source=visitor.source, import_id=import_id, kinds=kinds[wanted])
    return _after(behind, visitor, behind.ask(asked))


def undo(behind: Behind, visitor: Visitor) -> Answer:
    """Takes back what it did."""
    asked = UndoImport(token=visitor.token, source=visitor.source, import_id=_import_id(visitor))
    return _after(behind, visitor, behind.ask(asked))


def drop(behind: Behind, visitor: Visitor) -> Answer:
    """It is not shown any more, so that another file can come."""
    asked = DropImport(token=visitor.token, source=visitor.source, import_id=_import_id(visitor))
    return _after(behind, visitor, behind.ask(asked))


def _import_id(visitor: Visitor) -> int:
    return max(count_in(visitor.written, "import"), 1)


def _after(behind: Behind, visitor: Visitor, answer: PortalAnswer, to: str = _HOME) -> Answer:
    match answer.outcome:
        case Outcome.SIGNED_OUT:
            return ended()
        case Outcome.GONE:
            return _page(behind, visitor, _GONE, 409)
        case Outcome.BUSY:
            return _page(behind, visitor, BUSY, STATUS[Outcome.BUSY])
    return Redirect(to)


def _upload(trouble: Words | str = "", status: int = 422) -> Page:
    values = {"trouble": trouble, "most": _MOST, "path": "/users"}
    return Page("import_file.html", values, status if trouble else 200)


def _import(tx: Transaction, visitor: Visitor) -> Import | None:
    assert visitor.subscriber is not None
    return tx.portal_imports.of(visitor.subscriber.id)


def _page(behind: Behind, visitor: Visitor, trouble: Words | str = "", status: int = 200) -> Answer:
    one = behind.read(lambda tx: _import(tx, visitor))
    if one is None or one.state is ImportState.COMING:
        return _upload(trouble, status)
    if one.state is ImportState.PREVIEW:
        return _preview(behind, visitor, one, trouble, status)
    failed = behind.read(lambda tx: tx.portal_imports.not_done(one.id, _PAGES_NOT_DONE))
    values = {
        "trouble": trouble,
        "one": one,
        "works": one.state in WORKING,
        "done": one.done * ON_A_PAGE,
        "all": one.counts.add + one.counts.change + one.counts.same + one.counts.refused,
        "can_undo": one.state in (ImportState.DONE, ImportState.STOPPED)
        and utc_now() < one.changed_at + UNDO_LASTS,
        "failed": [(row.line, row.name, why_of(row.fault, row.values)) for row in failed],
        "path": "/users",
    }
    return Page("import_done.html", values, status)


def _preview(behind: Behind, visitor: Visitor, one: Import, trouble: Words | str, status: int) -> Page:
    place = min(count_in({**visitor.asked, **visitor.written}, "page"), one.pages - 1)
    page = behind.read(lambda tx: tx.portal_imports.page(one.id, place))
    values = {
        "trouble": trouble,
        "one": one,
        "place": place,
        "rows": [] if page is None else _rows(page),
        "path": "/users",
    }
    return Page("import_preview.html", values, status)


def _rows(page: ImportPage) -> list[Row]:
    return [
        Row(
            entry,
            KINDS[entry.doing],
            entry.doing in (Doing.ADD, Doing.CHANGE),
            entry.line not in page.left_out,
            why_of(entry.fault, entry.values) if entry.fault else "",
        )
        for entry in page.entries
    ]
