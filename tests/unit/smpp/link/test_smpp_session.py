"""The session: every cell of its table, every deadline, and the sequence numbers."""

import pytest

from usnd.smpp.link.session import (
    HIGHEST_SEQUENCE,
    KIND_OF,
    TABLE,
    Answered,
    BindRefused,
    Bound,
    Close,
    Dropped,
    Kind,
    Overdue,
    Reaction,
    Send,
    SessionAction,
    SessionState,
    SmppSession,
    Take,
    Timers,
    Unanswered,
)
from usnd.smpp.pdu.pdus import (
    BY_COMMAND,
    RESPONSES,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitterResp,
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
from usnd.smpp.pdu.status import CommandStatus, PduError

TIMERS = Timers(enquire_interval=15, response=10, bind=5, unbind=2)
OK = CommandStatus.ESME_ROK


def session_in(state: SessionState, first_sequence: int = 1) -> SmppSession:
    """A session that came to `state` in the ordinary way; what waits there has sequence number 1, or none."""
    session = SmppSession(TIMERS, window=2, first_sequence=first_sequence)
    if state is SessionState.OPEN:
        return session
    session.bind(BindTransceiver(), 0)
    if state in (SessionState.BOUND, SessionState.UNBINDING):
        session.receive(BindTransceiverResp(first_sequence), 0)
    if state is SessionState.UNBINDING:
        session.unbind(0)
    if state is SessionState.CLOSED:
        session.close("over")
    assert session.state is state
    return session


@pytest.mark.parametrize("state", SessionState)
@pytest.mark.parametrize("kind", BY_COMMAND.values(), ids=lambda kind: kind.__name__)
def test_every_cell(state: SessionState, kind: type[Pdu]) -> None:
    """With a sequence number nobody waits for: what is MATCH ends as a stray."""
    session = session_in(state)
    actions = session.receive(kind(sequence=99), 1)
    reaction = TABLE[KIND_OF[kind]][state]
    if reaction is Reaction.TAKE:
        assert actions == [Take(kind(sequence=99))]
    elif reaction in (Reaction.MATCH, Reaction.STRAY):
        assert [type(action) for action in actions] == [Dropped]
    elif reaction is Reaction.ALIVE:
        assert actions == [Send(EnquireLinkResp(99))]
    elif reaction is Reaction.PART:
        assert actions == [Send(UnbindResp(99)), Close("the SMSC unbound")]
        assert session.state is SessionState.CLOSED
    elif reaction is Reaction.REFUSE:
        assert actions == [Send(RESPONSES[kind](99, CommandStatus.ESME_RINVBNDSTS))]
    else:
        assert actions == []
    if reaction is not Reaction.PART:
        assert session.state is state


def test_the_table_is_whole() -> None:
    assert set(TABLE) == set(Kind)
    assert all(set(row) == set(SessionState) for row in TABLE.values())
    assert set(KIND_OF) == set(BY_COMMAND.values())


def test_binds() -> None:
    session = session_in(SessionState.OPEN)
    assert session.bind(BindTransceiver(system_id="usn"), 0) == [Send(BindTransceiver(1, system_id="usn"))]
    assert session.receive(BindTransceiverResp(1, system_id="smsc"), 1) == [Bound("smsc")]
    assert session.state is SessionState.BOUND


@pytest.mark.parametrize(
    "answer",
    [BindTransceiverResp(1, CommandStatus.ESME_RINVPASWD), GenericNack(1, CommandStatus.ESME_RINVPASWD)],
)
def test_a_refused_bind_closes(answer: Pdu) -> None:
    session = session_in(SessionState.BINDING)
    actions = session.receive(answer, 1)
    assert actions == [BindRefused(CommandStatus.ESME_RINVPASWD), Close("the bind was refused")]


def test_another_binds_response_is_not_taken_for_ours() -> None:
    session = session_in(SessionState.BINDING)
    assert isinstance(session.receive(BindTransmitterResp(1), 1)[0], Dropped)
    assert session.receive(BindTransceiverResp(1), 1) == [Bound("")]


def test_responses_are_matched_by_number_in_any_order() -> None:
    session = session_in(SessionState.BOUND)
    assert [session.submit(SubmitSm, 0), session.submit(DataSm, 0)] == [2, 3]
    assert session.receive(DataSmResp(3, message_id="b"), 1) == [Answered(3, DataSmResp(3, message_id="b"))]
    assert session.receive(SubmitSmResp(2, message_id="a"), 1) == [
        Answered(2, SubmitSmResp(2, message_id="a"))
    ]
    assert isinstance(session.receive(SubmitSmResp(2), 1)[0], Dropped)  # the second time


def test_a_response_of_the_wrong_kind_settles_nothing() -> None:
    session = session_in(SessionState.BOUND)
    number = session.submit(SubmitSm, 0)
    assert isinstance(session.receive(DataSmResp(number), 1)[0], Dropped)
    nack = GenericNack(number, CommandStatus.ESME_RINVCMDLEN)
    assert session.receive(nack, 1) == [Answered(number, nack)]


def test_a_broken_response_settles_by_its_headers_status() -> None:
    session = session_in(SessionState.BOUND)
    number = session.submit(SubmitSm, 0)
    error = PduError(CommandStatus.ESME_RINVMSGID, "message_id is too long")
    error.command, error.sequence, error.header_status = 0x80000004, number, 0x45
    assert session.receive_malformed(error, 1) == [Answered(number, SubmitSmResp(number, 0x45))]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (0x5, [Send(DeliverSmResp(9, CommandStatus.ESME_RINVMSGLEN))]),
        (0x777, [Send(GenericNack(9, CommandStatus.ESME_RINVMSGLEN))]),
        (0x80000777, [Dropped("why")]),
        (0x102, [Dropped("why")]),
    ],
)
def test_a_broken_request_is_answered_by_its_kind(command: int, answer: list[SessionAction]) -> None:
    error = PduError(CommandStatus.ESME_RINVMSGLEN, "why")
    error.command, error.sequence = command, 9
    assert session_in(SessionState.BOUND).receive_malformed(error, 1) == answer
    assert session_in(SessionState.CLOSED).receive_malformed(error, 1) == []


@pytest.mark.parametrize("request_", [DeliverSm(7), DataSm(7)])
def test_a_delivery_is_answered_while_the_session_lives(request_: DeliverSm | DataSm) -> None:
    response = RESPONSES[type(request_)](7, CommandStatus.ESME_RX_T_APPN)
    for state in (SessionState.BOUND, SessionState.UNBINDING):
        assert session_in(state).answer(request_, CommandStatus.ESME_RX_T_APPN) == [Send(response)]
    for state in (SessionState.OPEN, SessionState.BINDING, SessionState.CLOSED):
        assert session_in(state).answer(request_, OK) == []


def test_the_window_is_a_bound() -> None:
    session = session_in(SessionState.BOUND)
    session.tick(15)  # an enquire_link takes none of it
    session.submit(SubmitSm, 15)
    session.submit(SubmitSm, 15)
    with pytest.raises(RuntimeError, match="2 messages"):
        session.submit(SubmitSm, 15)


@pytest.mark.parametrize("state", [state for state in SessionState if state is not SessionState.BOUND])
def test_submits_only_when_bound(state: SessionState) -> None:
    with pytest.raises(RuntimeError, match=state.name):
        session_in(state).submit(SubmitSm, 0)


@pytest.mark.parametrize("state", [state for state in SessionState if state is not SessionState.OPEN])
def test_binds_only_once(state: SessionState) -> None:
    with pytest.raises(RuntimeError, match=state.name):
        session_in(state).bind(BindTransceiver(), 0)


def test_sequence_numbers_go_round_and_pass_over_those_that_wait() -> None:
    session = session_in(SessionState.BOUND, first_sequence=HIGHEST_SEQUENCE - 1)
    assert [session.submit(SubmitSm, 0), session.submit(SubmitSm, 0)] == [HIGHEST_SEQUENCE, 1]
    session.receive(SubmitSmResp(1), 0)
    session._next = HIGHEST_SEQUENCE  # two thousand million messages later
    assert session.submit(SubmitSm, 0) == 1


def test_enquires_when_the_smsc_is_silent() -> None:
    session = session_in(SessionState.BOUND)
    assert session.tick(14.9) == []
    assert session.tick(15) == [Send(EnquireLink(2))]
    assert session.tick(20) == []
    assert session.receive(EnquireLinkResp(2), 21) == []
    assert session.tick(35.9) == []
    assert session.tick(36) == [Send(EnquireLink(3))]
    assert session.tick(46) == [Close("enquire_link was not answered")]


def test_a_nacked_enquiry_shows_life() -> None:
    session = session_in(SessionState.BOUND)
    session.tick(15)
    assert session.receive(GenericNack(2, CommandStatus.ESME_RINVCMDID), 16) == []
    assert session.tick(30) == []


def test_a_message_without_response_is_unanswered_and_the_link_is_asked() -> None:
    session = session_in(SessionState.BOUND)
    first, second = session.submit(SubmitSm, 0), session.submit(SubmitSm, 5)
    assert session.tick(10) == [Overdue(first), Send(EnquireLink(4))]
    assert session.tick(15) == [Overdue(second)]
    late = SubmitSmResp(first, message_id="late")
    assert session.receive(late, 16) == [Answered(first, late)]
    assert isinstance(session.receive(late, 17)[0], Dropped)  # the second time
    assert session.tick(20) == [Unanswered(second), Close("enquire_link was not answered")]


def test_a_late_response_is_waited_for_so_long_and_its_number_is_not_used_again() -> None:
    session = session_in(SessionState.BOUND)
    number = session.submit(SubmitSm, 0)
    assert session.tick(10) == [Overdue(number), Send(EnquireLink(3))]
    session.receive(EnquireLinkResp(3), 11)
    session.tick(26)
    session.receive(EnquireLinkResp(4), 27)
    session._next = number  # two thousand million messages later
    assert session.submit(SubmitSm, 30) != number
    assert Unanswered(number) in session.tick(10 + TIMERS.late)
    assert isinstance(session.receive(SubmitSmResp(number), 311)[0], Dropped)


def test_what_is_overdue_takes_no_place_in_the_window() -> None:
    session = session_in(SessionState.BOUND)
    numbers = [session.submit(SubmitSm, 0), session.submit(SubmitSm, 0)]
    session.tick(10)
    session.submit(SubmitSm, 11)
    session.receive(SubmitSmResp(numbers[0]), 12)
    session.submit(SubmitSm, 12)
    with pytest.raises(RuntimeError, match="2 messages"):
        session.submit(SubmitSm, 12)


def test_a_nack_without_a_number_ends_the_wait_at_once() -> None:
    """§4.3.1: the SMSC could not read the header of a PDU of ours."""
    nack = GenericNack(0, CommandStatus.ESME_RINVCMDLEN)
    binding = session_in(SessionState.BINDING)
    refused = [BindRefused(CommandStatus.ESME_RINVCMDLEN), Close("the bind was refused")]
    assert binding.receive(nack, 1) == refused
    session = session_in(SessionState.BOUND)
    assert isinstance(session.receive(nack, 1)[0], Dropped)  # of nothing: the bind stays
    number = session.submit(SubmitSm, 1)
    assert session.receive(nack, 2) == [Unanswered(number), Close("the SMSC could not read a PDU of ours")]


@pytest.mark.parametrize(("state", "after"), [(SessionState.BINDING, 5), (SessionState.UNBINDING, 2)])
def test_bind_and_unbind_have_their_deadlines(state: SessionState, after: float) -> None:
    session = session_in(state)
    assert session.tick(after - 0.1) == []
    assert [type(action) for action in session.tick(after)] == [Close]
    assert session.tick(after) == []


def test_deadlines_do_not_run_while_nobody_listens() -> None:
    session = session_in(SessionState.BOUND)
    number = session.submit(SubmitSm, 0)
    session.postpone(100)
    assert session.tick(109) == []
    assert session.tick(110)[0] == Overdue(number)


def test_unbinds() -> None:
    session = session_in(SessionState.BOUND)
    assert session.unbind(0) == [Send(Unbind(2))]
    assert session.receive(UnbindResp(2), 1) == [Close("unbound")]


@pytest.mark.parametrize("state", [SessionState.OPEN, SessionState.BINDING])
def test_unbind_before_the_bind_just_closes(state: SessionState) -> None:
    assert [type(action) for action in session_in(state).unbind(0)] == [Close]


def test_the_end_leaves_messages_unanswered_once() -> None:
    session = session_in(SessionState.BOUND)
    number = session.submit(SubmitSm, 0)
    assert session.close("lost") == [Unanswered(number), Close("lost")]
    assert session.close("lost") == []
    assert session._pending == {}


def delivered(session: SmppSession, number: int) -> None:
    session.answer(DeliverSm(number), OK)


def test_a_response_shows_that_the_answers_before_its_request_were_read() -> None:
    session = session_in(SessionState.BOUND)
    delivered(session, 7)
    early = session.submit(SubmitSm, 0)
    delivered(session, 8)
    late = session.submit(SubmitSm, 0)
    assert (session.answers, session.answers_read) == (2, 0)
    session.receive(SubmitSmResp(early), 1)
    assert session.answers_read == 1
    session.receive(GenericNack(late), 1)
    assert session.answers_read == 2


def test_answers_behind_which_nothing_is_asked_are_asked_for_within_two_ticks() -> None:
    session = session_in(SessionState.BOUND)
    assert session.tick(0) == []
    delivered(session, 7)
    assert session.tick(0.5) == []
    (enquiry,) = session.tick(1)
    assert isinstance(enquiry, Send)
    assert isinstance(enquiry.pdu, EnquireLink)
    delivered(session, 8)
    assert session.tick(1.5) == session.tick(2) == []  # one at a time
    session.receive(EnquireLinkResp(enquiry.pdu.sequence), 2.5)
    assert session.answers_read == 1
    assert [type(action) for action in session.tick(3)] == [Send]
    assert session.tick(3.5) == []


def test_a_submitted_text_asks_as_well() -> None:
    session = session_in(SessionState.BOUND)
    delivered(session, 7)
    session.submit(SubmitSm, 0)
    assert session.tick(0.5) == session.tick(1) == []
