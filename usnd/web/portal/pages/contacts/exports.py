"""All users as a file, to be kept or to be read by another program."""

from usnd.control.portal_requests import NoteExport
from usnd.domain.contacts.contact_file import Kind, written
from usnd.domain.contacts.export import exported
from usnd.domain.portal.outcomes import Outcome
from usnd.web.portal.behind import Behind
from usnd.web.portal.pages.outcomes import BUSY, STATUS, ended
from usnd.web.portal.visitor import Answer, File, Page, Visitor

_CSV = ("text/csv; charset=utf-8", "contacts.csv")
_VCARD = ("text/vcard; charset=utf-8", "contacts.vcf")


def take(behind: Behind, visitor: Visitor) -> Answer:
    """The file, of the kind behind the `?`; a table, where there is none of that name."""
    assert visitor.subscriber is not None
    asked = visitor.asked.get("kind", "")
    kind = Kind(asked) if asked in {one.value for one in Kind} else Kind.CSV
    with behind.reading.taken():
        noted = behind.ask(NoteExport(token=visitor.token, source=visitor.source))
        if noted.outcome is Outcome.SIGNED_OUT:
            return ended()
        if noted.outcome is not Outcome.DONE:
            return Page("trouble.html", {"words": BUSY, "path": "/users"}, STATUS[Outcome.BUSY])
        users = exported(behind.directory(visitor.subscriber.id))
        mime, name = _CSV if kind is Kind.CSV else _VCARD
        return File(written(users, kind, visitor.language.code), mime, name)
