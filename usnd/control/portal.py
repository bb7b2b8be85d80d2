"""What a request of the portal's site does: calls services/portal, answers once it is committed.

Called by acts.py.
"""

import msgspec

from usnd.control.answers import PortalAnswer
from usnd.control.portal_changes import PortalChanges
from usnd.control.portal_requests import (
    ChoosePassword,
    Entrance,
    LaunchMine,
    LookMine,
    MyTexts,
    OfPortal,
    Remove,
    SaveMembers,
    SaveUser,
    SendCode,
    SignIn,
    SignOut,
    StaySignedIn,
    SteerMine,
    UndoRemoval,
    UseCode,
    WaysIn,
)
from usnd.domain.directory.edits import MembersForm, UserForm
from usnd.domain.portal.outcomes import Outcome
from usnd.services.asker import Asker
from usnd.services.portal.directory import Holder, Kind
from usnd.services.portal.import_runner import ImportRunner
from usnd.services.portal.live import Steering
from usnd.services.portal.password_worker import Busy
from usnd.services.portal.portal import Portal
from usnd.services.portal.visit import Came
from usnd.store.core.writer import StoreBusy


class PortalActs:
    """For people at the portal."""

    def __init__(self, service: Portal, imports: ImportRunner) -> None:
        self._service = service
        self._changes = PortalChanges(service, imports)

    async def act(self, request: OfPortal, by: Asker) -> PortalAnswer:
        """Does it; BUSY: nothing was done."""
        try:
            return _answer(await self._act(request, by))
        except (Busy, StoreBusy):
            return PortalAnswer(outcome=Outcome.BUSY)

    async def _act(self, request: OfPortal, by: Asker) -> Came:
        portal, source = self._service, request.source
        match request:
            case WaysIn():
                return await portal.ways_in(request.token, request.pins_of, source)
            case LaunchMine() | LookMine() | SteerMine():
                return await self._confer(request, by)
            case MyTexts():
                return await portal.texts(request.token, request.before_sent, request.before_got, source)
            case SaveUser() | SaveMembers() | Remove() | UndoRemoval():
                return await self._change(request)
            case SignIn() | SendCode() | UseCode() | ChoosePassword() | SignOut() | StaySignedIn():
                return await self._enter(request)
            case _:
                return await self._changes.act(request)

    async def _enter(self, request: Entrance) -> Came:
        portal, source = self._service, request.source
        match request:
            case SignIn():
                return await portal.sign_in(request.number, request.password, request.device, source)
            case SendCode():
                return await portal.send_code(request.number, source)
            case UseCode():
                return await portal.use_code(request.number, request.code, request.device, source)
            case ChoosePassword():
                return await portal.choose_password(request.token, request.password, source)
            case SignOut():
                return await portal.sign_out(request.token, source, everywhere=request.everywhere)
            case StaySignedIn():
                return await portal.stay_signed_in(request.token, source)

    async def _confer(self, request: LaunchMine | LookMine | SteerMine, by: Asker) -> Came:
        portal, token, source = self._service, request.token, request.source
        match request:
            case LaunchMine():
                return await portal.launch(token, request.number, request.request, source, by)
            case LookMine():
                return await portal.look(token, source)
            case SteerMine():
                steering = Steering(request.act, request.conference, request.call, request.words)
                return await portal.steer(token, steering, source, by)

    async def _change(self, request: SaveUser | SaveMembers | Remove | UndoRemoval) -> Came:
        portal, token, source = self._service, request.token, request.source
        match request:
            case SaveUser(nick=nick, phone=phone, first=first, last=last, was=was):
                return await portal.save_user(token, UserForm(nick, phone, first, last, was), source)
            case SaveMembers():
                form = MembersForm(request.joins, request.numbers, request.leaves, request.was)
                return await portal.save_members(token, Holder(request.group, request.number), form, source)
            case Remove():
                return await portal.remove(token, Kind(request.what), request.picked, source)
            case UndoRemoval():
                return await portal.undo(token, request.removal, source)


def _answer(came: Came) -> PortalAnswer:
    return msgspec.convert(came, PortalAnswer, from_attributes=True)
