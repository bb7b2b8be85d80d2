"""What can be asked of the running usnd on its control socket, and how long a line may be.

Commands and sites send these with client.py, the server decodes them, acts.py does them. What the portal
asks is in portal_requests.py.
"""

from pathlib import Path
from typing import Annotated, ClassVar

from msgspec import Meta

from usnd.control.portal_requests import OfPortal
from usnd.control.request import ConferenceId, ControlRequest, Word
from usnd.control.rights import Right
from usnd.domain.provisioning import requests

LONGEST_COMMAND = 16_384
"""Octets of a line."""
LONGEST_REQUEST = 1024 * 1024
"""Of a line from who may provision: it holds many orders."""
LONGEST_OF_PORTAL = 256 * 1024
"""Of a line from the portal's site: a page of an import."""
LONGEST_ANSWER = 16 * 1024 * 1024
SOCKET = "control.sock"
"""In `node.runtime`."""


class Launch(ControlRequest, frozen=True, kw_only=True, tag="launch"):
    """Either who is called, or the number of a conference that the subscriber has defined.

    `request`: by which a repetition is known, within a day; empty: each is one of its own. One that asks for
    something else than before is refused.
    """

    subscriber: Word
    members: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
    number: Annotated[int, Meta(ge=1, le=30)] | None = None
    request: Annotated[str, Meta(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    dry_run: bool = False


class End(ControlRequest, frozen=True, kw_only=True, tag="end"):
    """Everybody hears the goodbye and is released."""

    conference: ConferenceId
    dry_run: bool = False


class Add(ControlRequest, frozen=True, kw_only=True, tag="add"):
    """More participants: numbers, or nicks and groups of the subscriber."""

    conference: ConferenceId
    members: Annotated[tuple[Word, ...], Meta(min_length=1, max_length=100)]


class Drop(ControlRequest, frozen=True, kw_only=True, tag="drop"):
    """`who`: a number, a name or a call's id."""

    conference: ConferenceId
    who: Word


class Mute(ControlRequest, frozen=True, kw_only=True, tag="mute"):
    """`who` as of Drop; None: all participants."""

    conference: ConferenceId
    who: Word | None = None
    on: bool = True


class Lock(ControlRequest, frozen=True, kw_only=True, tag="lock"):
    """Nobody comes in who was not called."""

    conference: ConferenceId
    on: bool = True


class Look(ControlRequest, frozen=True, kw_only=True, tag="look"):
    """The live conferences as they are this moment; of one, or of all."""

    conference: ConferenceId | None = None
    needs: ClassVar[Right] = Right.LOOK
    told: ClassVar[bool] = False


class Follow(ControlRequest, frozen=True, kw_only=True, tag="follow"):
    """All conferences, as they change, until who asks closes the connection. Answered by many Pictures."""

    needs: ClassVar[Right] = Right.PORTAL
    told: ClassVar[bool] = False


MOST_ORDERS = 100
"""Of one line: they share one commit."""
ProvisioningOrder = requests.ProvisioningOrder


class _OfSite(ControlRequest, frozen=True, kw_only=True):
    """By the provisioning site, for a terminal. services/provisioning tells the journal: without values."""

    needs: ClassVar[Right] = Right.PROVISION
    told: ClassVar[bool] = False


class Provision(_OfSite, frozen=True, kw_only=True, tag="provision"):
    """Orders of one or several terminals; each is decided by itself, and all are committed together.

    Answered by Provisioned, a result for each in their order.
    """

    orders: Annotated[tuple[ProvisioningOrder, ...], Meta(min_length=1, max_length=MOST_ORDERS)]


class StartBulk(_OfSite, frozen=True, kw_only=True, tag="start-bulk"):
    """A bulk begins, or is resumed; `rows` counts its orders. Answered by Bulk."""

    serial: requests.Serial
    issuer: requests.Issuer
    request: requests.RequestId
    digest: requests.Digest
    server: requests.ServerId
    rows: Annotated[int, Meta(ge=1)]


class Acknowledge(_OfSite, frozen=True, kw_only=True, tag="acknowledge"):
    """A terminal has taken the change of that id from the poll queue. Answered by Provisioned."""

    serial: requests.Serial
    issuer: requests.Issuer
    change: Annotated[int, Meta(ge=1)]


Instruction = Launch | End | Add | Drop | Mute | Lock
"""Answered by Done; Look by Live."""
Provisioning = Provision | StartBulk | Acknowledge
"""Answered by Provisioned; StartBulk by Bulk."""
AnsweredOnce = Instruction | Look | Provisioning | OfPortal
Request = AnsweredOnce | Follow


def socket_of(runtime: Path) -> Path:
    """Where the daemon with that `node.runtime` listens."""
    return runtime / SOCKET
