"""What the subscriber's portal asks of the running usnd, for who is signed in there."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from usnd.control.request import ConferenceId, ControlRequest, Word
from usnd.control.rights import Right
from usnd.domain.contacts.plan import ON_A_PAGE, Entry
from usnd.domain.portal.imports import Counts
from usnd.domain.portal.steering import Act

Address = Annotated[str, Meta(max_length=64)]
"""Where somebody comes from, as nginx saw it."""
Typed = Annotated[str, Meta(max_length=512)]
Token = Annotated[str, Meta(max_length=128)]


class _OfPortal(ControlRequest, frozen=True, kw_only=True):
    """By the portal's site, for somebody at `source`. services/portal tells the journal: without secrets.

    Whatever needs a subscriber has the `token` of a session, and is done for that session's subscriber. All
    are answered by PortalAnswer.
    """

    source: Address
    needs: ClassVar[Right] = Right.PORTAL
    told: ClassVar[bool] = False


class SignIn(_OfPortal, frozen=True, kw_only=True, tag="sign-in"):
    """A number as somebody typed it, and their password. `device`: what their browser kept of a device."""

    number: Typed
    password: Typed
    device: Typed = ""


class SendCode(_OfPortal, frozen=True, kw_only=True, tag="send-code"):
    """A code as SMS to that number, if it is a subscriber's. The answer does not tell whether it is."""

    number: Typed


class UseCode(_OfPortal, frozen=True, kw_only=True, tag="use-code"):
    """The code that came; `device` as of SignIn."""

    number: Typed
    code: Typed
    device: Typed = ""


class ChoosePassword(_OfPortal, frozen=True, kw_only=True, tag="choose-password"):
    """In a session that began by a first password or a code; it ends, and one that is open begins."""

    token: Token
    password: Typed


class SignOut(_OfPortal, frozen=True, kw_only=True, tag="sign-out"):
    """The session ends; `everywhere`: all of its subscriber do."""

    token: Token
    everywhere: bool = False


class StaySignedIn(_OfPortal, frozen=True, kw_only=True, tag="stay-signed-in"):
    """Somebody looked at a page: the session goes on by that."""

    token: Token


class WaysIn(_OfPortal, frozen=True, kw_only=True, tag="ways-in"):
    """The numbers into all instant conferences, and the PINs of the one numbered `pins_of`."""

    token: Token
    pins_of: Annotated[int, Meta(ge=1, le=30)] | None = None


class LaunchMine(_OfPortal, frozen=True, kw_only=True, tag="launch-mine"):
    """The instant conference of that number is launched; `request` as of Launch."""

    token: Token
    number: Annotated[int, Meta(ge=1, le=30)]
    request: Annotated[str, Meta(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


Was = Annotated[str, Meta(max_length=64)]
"""The version of what a form was made from: domain/directory/versions.py."""


class SaveUser(_OfPortal, frozen=True, kw_only=True, tag="save-user"):
    """A new user; with a version `was`, the one of that nick, as they are to be.

    Number and names are as somebody typed them.
    """

    token: Token
    nick: Typed
    phone: Typed
    first: Typed = ""
    last: Typed = ""
    was: Was = ""


class SaveMembers(_OfPortal, frozen=True, kw_only=True, tag="save-members"):
    """Who joins and who leaves the instant conference `number`, or that group; without `was` a new one.

    joins, leaves: names of users and groups; `leaves` also numbers. numbers: as somebody typed them.
    """

    token: Token
    group: Typed = ""
    number: Annotated[int, Meta(ge=1, le=30)] | None = None
    joins: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
    numbers: Annotated[tuple[Word, ...], Meta(max_length=10)] = ()
    leaves: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
    was: Was = ""


class Remove(_OfPortal, frozen=True, kw_only=True, tag="remove"):
    """Deletes users, groups or instant conferences: each by its name with what it was."""

    token: Token
    what: Literal["users", "groups", "conferences"]
    picked: Annotated[dict[Word, Was], Meta(max_length=100)]


class UndoRemoval(_OfPortal, frozen=True, kw_only=True, tag="undo-removal"):
    """Brings back what Remove took, within ten minutes. `removal`: of its answer."""

    token: Token
    removal: Annotated[int, Meta(ge=1)]


class LookMine(_OfPortal, frozen=True, kw_only=True, tag="look-mine"):
    """The picture of the conference that they have now."""

    token: Token


class MyTexts(_OfPortal, frozen=True, kw_only=True, tag="my-texts"):
    """A page of the subscriber's texts, behind those ids: `rest` of the page before; 0: from the newest."""

    token: Token
    before_sent: Annotated[int, Meta(ge=0, le=2**62)] = 0
    before_got: Annotated[int, Meta(ge=0, le=2**62)] = 0


class JoinGroup(_OfPortal, frozen=True, kw_only=True, tag="join-group"):
    """Puts users into a group, which is made if it is not there: each by its nick with what it was."""

    token: Token
    group: Typed
    picked: Annotated[dict[Word, Was], Meta(max_length=100)]


ImportId = Annotated[int, Meta(ge=1)]


class BeginImport(_OfPortal, frozen=True, kw_only=True, tag="begin-import"):
    """Contacts of a file are to come, in pages. The answer says under which id, and the home region."""

    token: Token


class AddImportPage(_OfPortal, frozen=True, kw_only=True, tag="add-import-page"):
    """The next page: what is to be done with each contact. counts: of the whole file, with the last one."""

    token: Token
    import_id: ImportId
    entries: Annotated[tuple[Entry, ...], Meta(min_length=1, max_length=ON_A_PAGE)]
    counts: Counts | None = None


class ChooseImport(_OfPortal, frozen=True, kw_only=True, tag="choose-import"):
    """The entries of these lines of the file, all on that page, from 0, are not to be done."""

    token: Token
    import_id: ImportId
    place: Annotated[int, Meta(ge=0)]
    left_out: Annotated[tuple[Annotated[int, Meta(ge=1)], ...], Meta(max_length=ON_A_PAGE)] = ()


class StartImport(_OfPortal, frozen=True, kw_only=True, tag="start-import"):
    """What was not left out is done from now on, page by page, if it is of these kinds."""

    token: Token
    import_id: ImportId
    kinds: Annotated[tuple[Literal["add", "change"], ...], Meta(min_length=1, max_length=2)]


class UndoImport(_OfPortal, frozen=True, kw_only=True, tag="undo-import"):
    """Takes back what an import did, within ten minutes of its end."""

    token: Token
    import_id: ImportId


class DropImport(_OfPortal, frozen=True, kw_only=True, tag="drop-import"):
    """An import that is not being done is forgotten; what it did stays."""

    token: Token
    import_id: ImportId


class NoteExport(_OfPortal, frozen=True, kw_only=True, tag="note-export"):
    """Somebody takes a file of all contacts: the audit says so."""

    token: Token


class SaveSettings(_OfPortal, frozen=True, kw_only=True, tag="save-settings"):
    """Attributes of the subscriber by name, as written; "" takes one back. `was`: the version of the form."""

    token: Token
    values: Annotated[dict[Word, Typed], Meta(min_length=1, max_length=32)]
    was: Was


class RenewPins(_OfPortal, frozen=True, kw_only=True, tag="renew-pins"):
    """The instant conference of that number gets new PINs."""

    token: Token
    number: Annotated[int, Meta(ge=1, le=30)]


class SharePin(_OfPortal, frozen=True, kw_only=True, tag="share-pin"):
    """The User PIN as SMS to a nick or number, or, if `to` is empty, to all of the instant conference."""

    token: Token
    number: Annotated[int, Meta(ge=1, le=30)]
    to: Typed = ""


class SteerMine(_OfPortal, frozen=True, kw_only=True, tag="steer-mine"):
    """Does something in a conference of theirs.

    conference: which, None: that which runs. call: whose call it is about; words: whom to add.
    """

    token: Token
    act: Act
    conference: ConferenceId | None = None
    call: Annotated[str, Meta(max_length=100)] = ""
    words: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()


Entrance = SignIn | SendCode | UseCode | ChoosePassword | SignOut | StaySignedIn
_OfMine = WaysIn | LaunchMine | LookMine | SteerMine | SaveUser | SaveMembers | Remove | UndoRemoval | MyTexts
OfImport = BeginImport | AddImportPage | ChooseImport | StartImport | UndoImport | DropImport
Change = JoinGroup | OfImport | NoteExport | SaveSettings | RenewPins | SharePin
OfPortal = Entrance | _OfMine | Change
