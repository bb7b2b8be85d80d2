"""What the portal's site asks for about contacts, settings and PINs: units of work of services/portal.

Called by portal.py; each is committed before it is answered.
"""

from collections.abc import Callable

from usnd.control.portal_requests import (
    AddImportPage,
    BeginImport,
    Change,
    ChooseImport,
    DropImport,
    JoinGroup,
    NoteExport,
    OfImport,
    RenewPins,
    SaveSettings,
    SharePin,
    StartImport,
    UndoImport,
)
from usnd.domain.contacts.plan import Doing
from usnd.domain.portal.outcomes import Outcome
from usnd.services.portal import directory, imports, pins, settings
from usnd.services.portal.import_runner import ImportRunner
from usnd.services.portal.portal import Portal
from usnd.services.portal.visit import Came, Visit

Unit = Callable[[Visit], Came]


class PortalChanges:
    """For who is signed in."""

    def __init__(self, service: Portal, runner: ImportRunner) -> None:
        self._service, self._runner = service, runner

    async def act(self, request: Change) -> Came:
        """Does it. As Portal, raises StoreBusy: nothing was done then."""
        came = await self._service.do(request.source, self._unit(request))
        if isinstance(request, StartImport | UndoImport) and came.outcome is Outcome.DONE:
            self._runner.wake()
        return came

    def _unit(self, request: Change) -> Unit:
        node, token = self._service.node, request.token
        match request:
            case JoinGroup(group=group, picked=picked):
                return lambda visit: directory.join_group(visit, token, group, picked, node)
            case NoteExport():
                return lambda visit: imports.note_export(visit, token, node)
            case SaveSettings(values=values, was=was):
                return lambda visit: settings.save(visit, token, values, was, node)
            case RenewPins(number=number):
                return lambda visit: pins.renew(visit, token, number, node)
            case SharePin(number=number, to=to):
                outbox = self._service.outbox
                return lambda visit: pins.share(visit, token, number, to, node, outbox)
            case _:
                return self._of_import(request)

    def _of_import(self, request: OfImport) -> Unit:
        node, token = self._service.node, request.token
        match request:
            case BeginImport():
                return lambda visit: imports.begin(visit, token, node)
            case AddImportPage(import_id=one, entries=entries, counts=counts):
                return lambda visit: imports.add_page(visit, token, one, entries, counts, node)
            case ChooseImport(import_id=one, place=place, left_out=left_out):
                return lambda visit: imports.choose(visit, token, one, place, left_out, node)
            case StartImport(import_id=one, kinds=kinds):
                return lambda visit: imports.start(visit, token, one, [*map(Doing, kinds)], node)
            case UndoImport(import_id=one):
                return lambda visit: imports.undo(visit, token, one, node)
            case DropImport(import_id=one):
                return lambda visit: imports.drop(visit, token, one, node)
