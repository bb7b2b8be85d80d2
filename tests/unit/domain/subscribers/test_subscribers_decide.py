"""Each order to each subscriber: what is answered, what is written, and what the next order finds."""

import pytest
from msgspec.structs import replace

from usnd.domain.directory.model import Subscriber
from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.attributes import NodeOwn
from usnd.domain.subscribers.decide import NEW, Changed, Decision, View, decide, is_e164
from usnd.domain.subscribers.orders import CHANGING, Operation, Order

ANN, BOB = "+447700900001", "+447700900002"
OWN = NodeOwn("fi")
FOUND = Subscriber(7, ANN, language="sv")
SUSPENDED = replace(FOUND, suspended=True)
NAMED = replace(FOUND, name="Ann")
RUNS = 12


def order(operation: Operation, number: str = ANN, *, end_conference: bool = False, **values: str) -> Order:
    return Order(operation=operation, number=number, values=values, end_conference=end_conference)


CREATE, CHANGE, SUSPEND, RESUME, DELETE = (
    Operation.CREATE,
    Operation.CHANGE,
    Operation.SUSPEND,
    Operation.RESUME,
    Operation.DELETE,
)
ENDING = order(DELETE, end_conference=True)
TABLE: tuple[tuple[Order, Subscriber | None, int | None, Decision], ...] = (
    (
        order(CREATE),
        None,
        None,
        Decision(Code.DONE, changed=Changed.CREATED, after=Subscriber(NEW, ANN, language="fi")),
    ),
    (
        order(CREATE, name="Ann", language="de"),
        None,
        None,
        Decision(Code.DONE, changed=Changed.CREATED, after=Subscriber(NEW, ANN, language="de", name="Ann")),
    ),
    (order(CREATE, name="Eve"), FOUND, None, Decision(Code.SUBSCRIBER_EXISTS, after=FOUND)),
    (order(CHANGE, name="Ann"), None, None, Decision(Code.NO_SUCH_SUBSCRIBER)),
    (
        order(CHANGE, name="Ann"),
        FOUND,
        RUNS,
        Decision(Code.DONE, changed=Changed.CHANGED, after=NAMED, attributes=("name",)),
    ),
    (
        order(CHANGE, callTexts="true", name="Ann", awaySeconds="", language="de"),
        FOUND,
        None,
        Decision(
            Code.DONE,
            changed=Changed.CHANGED,
            after=replace(NAMED, language="de", call_texts=True),
            attributes=("name", "language", "callTexts"),
        ),
    ),
    (order(CHANGE, name="Ann"), NAMED, None, Decision(Code.DONE, "It was so already.", after=NAMED)),
    (order(CHANGE), FOUND, None, Decision(Code.DONE, "It was so already.", after=FOUND)),
    (order(SUSPEND), None, None, Decision(Code.NO_SUCH_SUBSCRIBER)),
    (order(SUSPEND), FOUND, None, Decision(Code.DONE, changed=Changed.SUSPENDED, after=SUSPENDED)),
    (
        order(SUSPEND),
        FOUND,
        RUNS,
        Decision(
            Code.DONE, "Conference 12 goes on until it ends.", changed=Changed.SUSPENDED, after=SUSPENDED
        ),
    ),
    (
        order(SUSPEND, end_conference=True),
        FOUND,
        RUNS,
        Decision(Code.DONE, changed=Changed.SUSPENDED, after=SUSPENDED, ends=RUNS),
    ),
    (order(SUSPEND), SUSPENDED, None, Decision(Code.DONE, "It was so already.", after=SUSPENDED)),
    (
        order(SUSPEND),
        SUSPENDED,
        RUNS,
        Decision(Code.DONE, "It was so already. Conference 12 goes on until it ends.", after=SUSPENDED),
    ),
    (
        order(SUSPEND, end_conference=True),
        SUSPENDED,
        RUNS,
        Decision(Code.DONE, "It was so already.", after=SUSPENDED, ends=RUNS),
    ),
    (order(RESUME), None, None, Decision(Code.NO_SUCH_SUBSCRIBER)),
    (order(RESUME), FOUND, None, Decision(Code.DONE, "It was so already.", after=FOUND)),
    (order(RESUME), SUSPENDED, RUNS, Decision(Code.DONE, changed=Changed.RESUMED, after=FOUND)),
    (order(DELETE), None, None, Decision(Code.NO_SUCH_SUBSCRIBER)),
    (order(DELETE), SUSPENDED, None, Decision(Code.DONE, changed=Changed.DELETED)),
    (order(DELETE), FOUND, RUNS, Decision(Code.CONFERENCE_RUNS, "It is conference 12.", after=FOUND)),
    (ENDING, FOUND, None, Decision(Code.DONE, changed=Changed.DELETED)),
    (
        ENDING,
        FOUND,
        RUNS,
        Decision(
            Code.CONFERENCE_RUNS,
            "Conference 12 is being ended: ask again in some seconds.",
            after=FOUND,
            ends=RUNS,
        ),
    ),
)


@pytest.mark.parametrize(("asked", "found", "running", "decision"), TABLE)
def test_an_order_is_decided(
    asked: Order, found: Subscriber | None, running: int | None, decision: Decision
) -> None:
    assert decide(asked, found, running, OWN) == decision


REFUSED = (
    (order(CREATE, colour="red"), Code.UNKNOWN_NAME, "colour", '"colour" is no attribute'),
    (order(CHANGE, colour="red"), Code.UNKNOWN_NAME, "colour", '"colour" is no attribute'),
    (order(CREATE, callBacks="9"), Code.VALUE_NOT_ALLOWED, "callBacks", "callBacks: "),
    (order(CHANGE, callBacks="9"), Code.VALUE_NOT_ALLOWED, "callBacks", "callBacks: "),
    (order(DELETE, name="Ann"), Code.UNKNOWN_NAME, "name", "delete takes no attributes"),
    (order(CREATE, end_conference=True), Code.VALUE_NOT_ALLOWED, "endConference", "create ends no"),
    (order(CREATE, "07700900001"), Code.VALUE_NOT_ALLOWED, "number", "as E.164 writes it"),
    (order(CREATE, "+4407700900001"), Code.VALUE_NOT_ALLOWED, "number", "as E.164 writes it"),
    (order(CREATE, "+44\u202e77"), Code.VALUE_NOT_ALLOWED, "number", '"+44<U+202E>77"'),
    (order(Operation.READ), Code.VALUE_NOT_ALLOWED, "operation", "read changes nothing"),
    (order(Operation.LIST), Code.VALUE_NOT_ALLOWED, "operation", "list changes nothing"),
    (order(Operation.POLL), Code.VALUE_NOT_ALLOWED, "operation", "poll changes nothing"),
)


@pytest.mark.parametrize(("asked", "code", "attribute", "sentence"), REFUSED)
def test_an_order_that_cannot_be_changes_nothing_and_is_told_why(
    asked: Order, code: Code, attribute: str, sentence: str
) -> None:
    for found in (None, FOUND):
        decision = decide(asked, found, None, OWN)
        assert (decision.code, decision.attribute, decision.changed) == (code, attribute, None)
        assert decision.after == found
        assert sentence in decision.text
        assert decision.text.isprintable()


@pytest.mark.parametrize("operation", [one for one in Operation if one in CHANGING])
@pytest.mark.parametrize("found", [None, FOUND, SUSPENDED])
@pytest.mark.parametrize("running", [None, RUNS])
@pytest.mark.parametrize("ending", ["", "and its conference ended"])
def test_what_is_ordered_twice_changes_nothing_the_second_time(
    operation: Operation, found: Subscriber | None, running: int | None, ending: str
) -> None:
    asked = order(operation, end_conference=bool(ending))
    first = decide(asked, found, running, OWN)
    after = found if first.changed is None else first.after
    second = decide(asked, after, running, OWN)
    assert second.changed is None
    assert second.after == after


@pytest.mark.parametrize(
    ("number", "taken"),
    [
        (ANN, True),
        ("+390612345678", True),  # Italy's 0 is part of the number
        ("+4407700900001", False),
        ("00447700900001", False),
        ("+44 7700 900001", False),
        ("+447700900001\n", False),
        ("+\uff14\uff147700900001", False),
        ("+4477009000010000", False),
        ("", False),
    ],
)
def test_a_number_is_taken_in_one_way_only(number: str, taken: object) -> None:
    assert is_e164(number) is taken


def test_each_order_finds_what_the_one_before_it_made() -> None:
    view = View({ANN: FOUND}, {}, OWN)
    asked = (
        order(DELETE),
        order(CREATE, name="New"),
        order(SUSPEND),
        order(CREATE, BOB),
        order(CHANGE, BOB, name="Bob"),
    )
    assert [view.decide(one).code for one in asked] == [Code.DONE] * 5
    new = Subscriber(NEW, ANN, suspended=True, language="fi", name="New")
    assert view.removed == (FOUND,)
    assert view.added == (new, Subscriber(NEW, BOB, language="fi", name="Bob"))
    assert view.saved == ()


def test_what_is_made_and_deleted_again_leaves_nothing_to_write() -> None:
    view = View({}, {}, OWN)
    assert view.decide(order(CREATE)).code is Code.DONE
    assert view.decide(order(DELETE)).code is Code.DONE
    assert (view.added, view.saved, view.removed) == ((), (), ())


def test_only_who_is_not_as_before_is_saved() -> None:
    view = View({ANN: FOUND, BOB: Subscriber(8, BOB)}, {}, OWN)
    view.decide(order(SUSPEND, BOB))
    view.decide(order(RESUME, BOB))
    view.decide(order(SUSPEND))
    assert view.saved == (SUSPENDED,)
    assert (view.added, view.removed) == ((), ())


def test_a_check_is_decided_and_leaves_no_trace() -> None:
    view = View({ANN: FOUND}, {}, OWN)
    assert view.decide(order(DELETE), check=True).code is Code.DONE
    assert view.decide(order(CREATE), check=True).code is Code.SUBSCRIBER_EXISTS
    assert (view.added, view.saved, view.removed) == ((), (), ())


def test_a_running_conference_is_of_who_was_there_and_not_of_who_is_new() -> None:
    view = View({ANN: FOUND}, {ANN: RUNS}, OWN)
    assert view.decide(order(DELETE)).code is Code.CONFERENCE_RUNS
    other = View({}, {ANN: RUNS}, OWN)
    assert other.decide(order(CREATE)).code is Code.DONE
    assert other.decide(order(DELETE)).code is Code.DONE
