"""One SMPP session seen from the ESME, without I/O: PDUs and time in, actions out.

connection.py gives both and carries out the actions. Kept here: the state of the bind, sequence numbers,
requests that wait for a response, and every deadline; the transitions are the table below (SMPP 3.4 §2.2,
Table 2-1). It does not write or sleep, and does not know what a message says.
Bounds: at most `window` messages whose response may be in time, plus one bind, unbind and enquire_link. What
is overdue keeps its sequence number until its response comes or `Timers.late` is over, so that a late
response is never taken for another's.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from msgspec.structs import replace

from usnd.domain.tables import TableKey
from usnd.smpp.pdu.pdus import (
    BY_COMMAND,
    RESPONSES,
    AlertNotification,
    Bind,
    BindResp,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)
from usnd.smpp.pdu.status import RESPONSE_BIT, CommandStatus, PduError

HIGHEST_SEQUENCE = 0x7FFFFFFF


class SessionState(TableKey):
    OPEN = auto()
    BINDING = auto()
    BOUND = auto()
    UNBINDING = auto()
    CLOSED = auto()


class Kind(TableKey):
    """What can come from an SMSC, as far as the table tells it apart."""

    BIND = (Bind,)
    BIND_RESP = (BindResp,)
    SUBMIT = (SubmitSm,)
    DELIVER = (DeliverSm, DataSm)
    RESPONSE = (SubmitSmResp, DataSmResp, DeliverSmResp)
    ENQUIRE_LINK = (EnquireLink,)
    ENQUIRE_LINK_RESP = (EnquireLinkResp,)
    UNBIND = (Unbind,)
    UNBIND_RESP = (UnbindResp,)
    GENERIC_NACK = (GenericNack,)
    ALERT = (AlertNotification,)


KIND_OF = {pdu: next(kind for kind in Kind if issubclass(pdu, kind.value)) for pdu in BY_COMMAND.values()}


class Reaction(Enum):
    TAKE = "hand the message on; its response follows when it is settled"
    MATCH = "settle the request of that sequence number"
    STRAY = "a response nobody waits for: drop and count"
    ALIVE = "answer enquire_link"
    PART = "answer unbind and close"
    REFUSE = "answer ESME_RINVBNDSTS"
    IGNORE = "say nothing"


def _row(*cells: Reaction) -> dict[SessionState, Reaction]:
    return dict(zip(SessionState, cells, strict=True))


R = Reaction
TABLE = {
    #                            OPEN      BINDING   BOUND     UNBINDING CLOSED
    Kind.BIND: _row(             R.REFUSE, R.REFUSE, R.REFUSE, R.REFUSE, R.IGNORE),
    Kind.BIND_RESP: _row(        R.STRAY,  R.MATCH,  R.STRAY,  R.STRAY,  R.IGNORE),
    Kind.SUBMIT: _row(           R.REFUSE, R.REFUSE, R.REFUSE, R.REFUSE, R.IGNORE),
    Kind.DELIVER: _row(          R.REFUSE, R.REFUSE, R.TAKE,   R.REFUSE, R.IGNORE),
    Kind.RESPONSE: _row(         R.STRAY,  R.STRAY,  R.MATCH,  R.MATCH,  R.IGNORE),
    Kind.ENQUIRE_LINK: _row(     R.ALIVE,  R.ALIVE,  R.ALIVE,  R.ALIVE,  R.IGNORE),
    Kind.ENQUIRE_LINK_RESP: _row(R.STRAY,  R.STRAY,  R.MATCH,  R.MATCH,  R.IGNORE),
    Kind.UNBIND: _row(           R.REFUSE, R.REFUSE, R.PART,   R.PART,   R.IGNORE),
    Kind.UNBIND_RESP: _row(      R.STRAY,  R.STRAY,  R.STRAY,  R.MATCH,  R.IGNORE),
    Kind.GENERIC_NACK: _row(     R.STRAY,  R.MATCH,  R.MATCH,  R.MATCH,  R.IGNORE),
    Kind.ALERT: _row(            R.IGNORE, R.IGNORE, R.IGNORE, R.IGNORE, R.IGNORE),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Send:
    pdu: Pdu


@dataclass(frozen=True, slots=True)
class Bound:
    system_id: str


@dataclass(frozen=True, slots=True)
class BindRefused:
    status: int


@dataclass(frozen=True, slots=True)
class Take:
    """An MO message or a receipt: settle it, then call Session.answer."""

    pdu: DeliverSm | DataSm


@dataclass(frozen=True, slots=True)
class Answered:
    """The response to a submitted message, or a generic_nack of it."""

    sequence: int
    response: Pdu


@dataclass(frozen=True, slots=True)
class Overdue:
    """No response came in time. It may still come: then `Answered` follows, else `Unanswered`."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No response came, and none can come: whether the SMSC took the message is unknown."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Dropped:
    reason: str


@dataclass(frozen=True, slots=True)
class Close:
    """The last action of a session: close the connection."""

    reason: str


SessionAction = Send | Bound | BindRefused | Take | Answered | Overdue | Unanswered | Dropped | Close


@dataclass(frozen=True)
class Timers:
    """Seconds. late: how long an overdue response is still taken."""

    enquire_interval: float = 15.0
    response: float = 10.0
    bind: float = 10.0
    unbind: float = 2.0
    late: float = 300.0


class _Pending(NamedTuple):
    """answers: how many deliveries were answered before it was written."""

    request: type[Pdu]
    deadline: float
    answers: int
    overdue: bool = False


class SmppSession:
    """`now` is any clock that never runs backwards, in seconds, the same in all calls."""

    def __init__(self, timers: Timers, window: int, first_sequence: int = 1) -> None:
        self.state = SessionState.OPEN
        self._timers = timers
        self._window = window
        self._next = first_sequence
        self._pending: dict[int, _Pending] = {}
        self._overdue = 0
        self._heard = 0.0
        self._enquiring = False
        self.answers = 0
        """Deliveries answered."""
        self.answers_read = 0
        """How many of those answers the SMSC has surely read: it answered a request that went behind them."""
        self._answers_asked = 0
        self._answers_seen = 0

    # What the ESME wants ------------------------------------------------------------------------------------

    def bind(self, request: Bind, now: float) -> list[SessionAction]:
        self._expect(SessionState.OPEN)
        self.state = SessionState.BINDING
        self._heard = now
        return [self._request(request, now + self._timers.bind)]

    def submit(self, request: type[SubmitSm | DataSm], now: float) -> int:
        """The sequence number to send such a message with. RuntimeError: not bound, or the window is full."""
        self._expect(SessionState.BOUND)
        if len(self._pending) - self._overdue - self._enquiring >= self._window:
            raise RuntimeError(f"{self._window} messages wait for their response already")
        return self._expect_response(request, now + self._timers.response)

    def answer(self, request: DeliverSm | DataSm, status: int) -> list[SessionAction]:
        """The response to a taken message; nothing if the session has ended meanwhile."""
        if self.state not in (SessionState.BOUND, SessionState.UNBINDING):
            return []
        self.answers += 1
        return [Send(RESPONSES[type(request)](request.sequence, status))]

    def unbind(self, now: float) -> list[SessionAction]:
        """Ends the session in an orderly way, at once if it is not bound."""
        if self.state is not SessionState.BOUND:
            return self.close("closed before it was bound")
        self.state = SessionState.UNBINDING
        return [self._request(Unbind(), now + self._timers.unbind)]

    def close(self, reason: str) -> list[SessionAction]:
        """Ends the session, also because the connection was lost. Nothing the second time."""
        if self.state is SessionState.CLOSED:
            return []
        self.state = SessionState.CLOSED
        unanswered = [Unanswered(sequence) for sequence, wait in self._pending.items() if _is_message(wait)]
        self._pending.clear()
        self._overdue = 0
        return [*unanswered, Close(reason)]

    # What comes from the SMSC -------------------------------------------------------------------------------

    def receive(self, pdu: Pdu, now: float) -> list[SessionAction]:
        self._heard = now
        reaction = TABLE[KIND_OF[type(pdu)]][self.state]
        if reaction is Reaction.TAKE and isinstance(pdu, DeliverSm | DataSm):
            return [Take(pdu)]
        if reaction is Reaction.MATCH:
            return self._match(pdu)
        if reaction is Reaction.STRAY:
            return [_stray(pdu)]
        if reaction is Reaction.ALIVE:
            return [Send(EnquireLinkResp(pdu.sequence))]
        if reaction is Reaction.PART:
            return [Send(UnbindResp(pdu.sequence)), *self.close("the SMSC unbound")]
        if reaction is Reaction.REFUSE:
            return [Send(RESPONSES[type(pdu)](pdu.sequence, CommandStatus.ESME_RINVBNDSTS))]
        return []

    def receive_malformed(self, error: PduError, now: float) -> list[SessionAction]:
        """A PDU the codec refused. A broken response still settles its request, by its header's status."""
        if self.state is SessionState.CLOSED:
            return []
        self._heard = now
        kind = BY_COMMAND.get(error.command)
        if kind is not None and error.command & RESPONSE_BIT:
            return self.receive(kind(error.sequence, error.header_status), now)
        if error.command & RESPONSE_BIT or kind is AlertNotification:
            return [Dropped(error.reason)]
        answer = GenericNack if kind is None else RESPONSES[kind]
        return [Send(answer(error.sequence, error.status))]

    # Time ---------------------------------------------------------------------------------------------------

    def tick(self, now: float) -> list[SessionAction]:
        """What is due by `now`."""
        due = [sequence for sequence, wait in self._pending.items() if wait.deadline <= now]
        actions: list[SessionAction] = []
        for sequence in due:
            wait = self._pending[sequence]
            if not _is_message(wait):
                return [*actions, *self.close(f"{wait.request.command.name.lower()} was not answered")]
            actions.append(self._expire(sequence, wait, now))
        idle = now - self._heard >= self._timers.enquire_interval
        # Answers behind which nothing was asked: an SMSC that repeats must be known to have read them.
        unasked = self._answers_seen > self._answers_asked
        self._answers_seen = self.answers
        if self.state is SessionState.BOUND and (due or idle or unasked) and not self._enquiring:
            self._enquiring = True
            actions.append(self._request(EnquireLink(), now + self._timers.response))
        return actions

    def postpone(self, seconds: float) -> None:
        """Moves every deadline: for that long nobody listened to what the SMSC may have said."""
        self._heard += seconds
        for sequence, wait in self._pending.items():
            self._pending[sequence] = wait._replace(deadline=wait.deadline + seconds)

    # Inside -------------------------------------------------------------------------------------------------

    def _expire(self, sequence: int, wait: _Pending, now: float) -> SessionAction:
        """A message's response is overdue, or is not waited for any more."""
        if wait.overdue:
            del self._pending[sequence]
            self._overdue -= 1
            return Unanswered(sequence)
        self._pending[sequence] = wait._replace(deadline=now + self._timers.late, overdue=True)
        self._overdue += 1
        return Overdue(sequence)

    def _nacked_blindly(self, pdu: GenericNack) -> list[SessionAction]:
        """A generic_nack without a sequence number: the SMSC could not read a PDU of ours (§4.3.1).

        Which one it does not say, so no answer to it can be waited for; and it may be out of step for good.
        """
        if self.state is SessionState.BINDING:
            return [BindRefused(pdu.status), *self.close("the bind was refused")]
        return self.close("the SMSC could not read a PDU of ours")

    def _match(self, pdu: Pdu) -> list[SessionAction]:
        if not pdu.sequence and self._pending and isinstance(pdu, GenericNack):
            return self._nacked_blindly(pdu)
        wait = self._pending.get(pdu.sequence)
        if wait is None or not isinstance(pdu, (RESPONSES[wait.request], GenericNack)):
            return [_stray(pdu)]
        del self._pending[pdu.sequence]
        self.answers_read = max(self.answers_read, wait.answers)
        self._overdue -= wait.overdue
        if _is_message(wait):
            return [Answered(pdu.sequence, pdu)]
        if wait.request is EnquireLink:  # a generic_nack of it shows life as well
            self._enquiring = False
            return []
        if wait.request is Unbind:
            return self.close("unbound")
        if pdu.status != CommandStatus.ESME_ROK or not isinstance(pdu, BindResp):
            return [BindRefused(pdu.status), *self.close("the bind was refused")]
        self.state = SessionState.BOUND
        return [Bound(pdu.system_id)]

    def _request(self, request: Pdu, deadline: float) -> Send:
        return Send(replace(request, sequence=self._expect_response(type(request), deadline)))

    def _expect_response(self, request: type[Pdu], deadline: float) -> int:
        while self._next in self._pending:
            self._step()
        sequence = self._next
        self._step()
        self._pending[sequence] = _Pending(request, deadline, self.answers)
        self._answers_asked = self.answers
        return sequence

    def _step(self) -> None:
        self._next = self._next % HIGHEST_SEQUENCE + 1

    def _expect(self, state: SessionState) -> None:
        if self.state is not state:
            raise RuntimeError(f"the session is {self.state.name}, not {state.name}")


def _is_message(wait: _Pending) -> bool:
    return wait.request in (SubmitSm, DataSm)


def _stray(pdu: Pdu) -> Dropped:
    return Dropped(f"{pdu.command.name.lower()} sequence={pdu.sequence} answers nothing that waits")
