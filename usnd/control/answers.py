"""How the running usnd answers on its control socket: one of three shapes.

Acts makes Done and Live, the server makes Refusal; the client gives the first two to its command and raises
the third. Fields may be added; whoever does not know one passes over it.
"""

from datetime import datetime
from enum import Enum
from typing import TypedDict

import msgspec

from usnd.control.request import VERSION
from usnd.control.rows import CallRow, HappeningRow
from usnd.domain.conference.picture import Picture
from usnd.domain.portal.outcomes import Outcome
from usnd.domain.provisioning import requests


class PersonRow(TypedDict):
    """Somebody who is called."""

    number: str
    name: str


class _Answer(msgspec.Struct, frozen=True, kw_only=True, tag_field="is"):
    version: int = VERSION


class Done(_Answer, frozen=True, kw_only=True, tag="done"):
    """It was done, or would be: `said` in a sentence, with the calls or people that it is about."""

    said: str
    conference: int | None = None
    calls: tuple[CallRow, ...] = ()
    people: tuple[PersonRow, ...] = ()


class Live(_Answer, frozen=True, kw_only=True, tag="live"):
    """To Look: the calls of the live conferences, and what was pressed and said in them lately."""

    calls: tuple[CallRow, ...] = ()
    lately: tuple[HappeningRow, ...] = ()


ProvisioningResult = requests.ProvisioningResult


class Provisioned(_Answer, frozen=True, kw_only=True, tag="provisioned"):
    """To Provision and Acknowledge: a result for each order, in their order, committed."""

    results: tuple[ProvisioningResult, ...]


class Bulk(_Answer, frozen=True, kw_only=True, tag="bulk"):
    """To StartBulk: `code` of domain/provisioning/codes.py; with DONE its rows may come.

    `server`: the id of the first request of this bulk.
    """

    code: int
    server: str


class WayRow(msgspec.Struct, frozen=True):
    """A way into an instant conference: `number` is its own, the others are digits, or empty."""

    number: int
    dnis: str
    activation: str
    user: str


class TextRow(msgspec.Struct, frozen=True):
    """A text of theirs, without its words. `state`: of one to them; empty: one from them.

    `others`: to how many people it was passed on; `reached`: to how many of these it was sent.
    """

    at: datetime
    state: str
    others: int
    reached: int


class PortalAnswer(_Answer, frozen=True, kw_only=True, tag="portal"):
    """To all requests of the portal's site: `outcome` of domain/portal/outcomes.py.

    token: of the session that began; device: for the browser to keep; choosing: that session may only choose
    a password. wait: seconds until it may be tried again. fault: of a password. said: in the subscriber's
    language. called: how many are called beside them. common: the number where PINs are asked for.
    place: of a form, where the fault is; values: for its words. names: what was deleted or is back; left_out:
    what was not. removal: to undo it by. texts: newest first; rest: where the next page of them goes on,
    empty: there is none. import_id: of an import that began; region: whose national numbers its file means.
    picture: of the conference that they have now; None: they have none.
    """

    outcome: Outcome
    token: str = ""
    device: str = ""
    choosing: bool = False
    wait: int = 0
    fault: str = ""
    said: str = ""
    conference: int | None = None
    called: int = 0
    common: str = ""
    ways: tuple[WayRow, ...] = ()
    place: str = ""
    values: dict[str, str] = {}
    removal: int | None = None
    names: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    texts: tuple[TextRow, ...] = ()
    rest: tuple[int, ...] = ()
    import_id: int | None = None
    region: str = ""
    picture: Picture | None = None


class Pictures(_Answer, frozen=True, kw_only=True, tag="pictures"):
    """To Follow, again and again. The first has all conferences, the others those that have changed.

    An empty one says that we live.
    """

    pictures: tuple[Picture, ...] = ()


class RefusalCode(Enum):
    """Why; TIMED_OUT and FAULT: it may have been done all the same."""

    NOT_UNDERSTOOD = "not-understood"
    VERSION = "version"
    NOT_ALLOWED = "not-allowed"
    TOO_MANY = "too-many"
    NOT_POSSIBLE = "not-possible"
    REQUEST_REUSED = "request-reused"
    TIMED_OUT = "timed-out"
    FAULT = "fault"


class Refusal(_Answer, frozen=True, kw_only=True, tag="refused"):
    """The one shape of all that goes wrong. `refused`: a sentence for the person who asked.

    A command of any release understands `version` and `refused`.
    """

    code: RefusalCode
    refused: str


Answer = Done | Live | Provisioned | Bulk | PortalAnswer | Pictures | Refusal
