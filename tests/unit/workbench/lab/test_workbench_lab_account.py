"""What a fault cost, computed from what was seen: the rules of the account."""

from typing import Any

from workbench.lab.faults.account import Text, kept_aside, middle, texts, two_binds, two_primaries, worst

FAULT = 10.0


def connected(session: int, at: float) -> dict[str, Any]:
    return {"event": "connected", "session": session, "at": at}


def answer(session: int, at: float, text: str) -> dict[str, Any]:
    return {
        "event": "pdu",
        "session": session,
        "at": at,
        "pdu": {"command": "submit_sm", "short_message": text},
    }


def test_only_a_bind_made_after_the_fault_is_of_the_other_side() -> None:
    sent = [Text("p1", 10.1, 0), Text("p2", 12.0, 0)]
    events = [connected(1, 1), answer(1, 10.2, "P1 is in"), connected(2, 12), answer(2, 12.5, "P2 is in.")]
    assert texts(sent, events, FAULT, moves=True).first == 12.5
    assert texts(sent, events, FAULT, moves=False).first == 10.2


def test_what_was_taken_and_not_answered_or_answered_twice_is_told() -> None:
    sent = [Text("p1", 1, 0), Text("p2", 1, 0), Text("p3", 1, 0), Text("p4", 1, 13), Text("p5", 1, None)]
    events = [
        connected(1, 0), answer(1, 2, "p1"), answer(1, 8, "p2"),
        connected(2, 9), answer(2, 9.5, "p1"), answer(2, 9.6, "p2"),
    ]  # fmt: skip
    found = texts(sent, events, FAULT, moves=True)
    assert (found.first, found.taken, found.unanswered) == (None, ("p1", "p2", "p3"), ("p3",))
    assert (found.repeated, found.twice) == (("p2",), ("p1",))


def test_an_answer_in_other_words_is_of_a_text_that_was_carried_out_twice() -> None:
    sent = [Text("p1", 1, 0, times=2), Text("p2", 1, 0, times=2)]
    events = [
        answer(1, 7.8, "User p1 created."), answer(1, 7.9, "User p2 created."),
        connected(2, 9), answer(2, 9.5, "User p1 created."), answer(2, 9.6, "p2 is a user already."),
    ]  # fmt: skip
    found = texts(sent, events, FAULT, moves=True)
    assert (found.repeated, found.twice) == (("p1",), ("p2",))


def test_what_was_kept_aside_is_not_lost() -> None:
    lines = [
        '{"alone since": 5, "transactions": 2}',
        '{"database": "usn", "table": "public.users", "row": {"nick": "P17", "number": "+447700900017"}}',
        '{"database": "usn", "table": "public.texts", "row": {"body": "UC p18 +447700900018"}}',
    ]
    assert kept_aside(lines) == {"p17"}, "a text that was only noted is not carried out"


def test_a_bind_that_is_used_beside_a_later_one_is_a_second_active() -> None:
    after = [answer(1, 1, ""), answer(1, 5, ""), answer(2, 6, ""), answer(2, 9, "")]
    assert two_binds(after) == 0
    assert two_binds([*after, answer(1, 7, "")]) == 1
    assert two_binds([*after, {"event": "pdu", "session": 1, "at": 7, "pdu": {"command": "unbind"}}]) == 0


def test_two_written_databases_are_counted_by_the_second() -> None:
    a = [(1.0, True), (1.1, True), (1.2, True), (1.3, False), (5.0, True), (7.0, True)]
    b = [(1.15, True), (1.3, True), (5.1, True), (5.2, True)]
    assert round(two_primaries(a, b), 3) == 0.05
    assert two_primaries(a, []) == 0


def test_a_time_that_never_came_is_the_worst() -> None:
    assert (middle([1, 3, 2]), worst([1, 3, 2])) == (2, 3)
    assert (middle([1, None, None]), worst([1, None])) == (None, None)
    assert (middle([1, 2, None]), middle([]), worst([])) == (2, None, None)
