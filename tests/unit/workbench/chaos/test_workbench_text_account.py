"""Proves that the account of a run with faults overlooks nothing and excuses only what cannot be known."""

from collections import Counter

import pytest

from workbench.chaos.text_account import Faults, Ledger, Rows, account
from workbench.parts.smsc.killable import Entry, Mo

TEXT = Mo("u1", "+447700900001", "UC u1 +447700800001")
REPLY = "User u1 created: +447700800001."
WHOLE = Rows(
    Counter({(TEXT.sender, TEXT.body): 1}), Counter({"u1": 1}), [(TEXT.sender, TEXT.body, REPLY, "sent")]
)
CALM = Faults((), ())


def entry(event: str, at: float, **fields: object) -> Entry:
    return {"event": event, "at": at, **fields}


def accepted(at: float, session: str, message: str, acknowledged: float | None = None) -> list[Entry]:
    taken = entry(
        "accepted", at, session=session, message=message, recipient=TEXT.sender.removeprefix("+"), body=REPLY
    )
    return [taken] if acknowledged is None else [taken, entry("acknowledged", acknowledged, message=message)]


ONCE = [entry("bound", 0, session="a"), *accepted(1, "a", "m1", 1.01)]


def judged(journal: list[Entry], rows: Rows = WHOLE, faults: Faults = CALM) -> Ledger:
    return account([TEXT], rows, journal, faults)


def test_a_calm_run_has_nothing_to_explain() -> None:
    ledger = judged(ONCE)
    assert (ledger.executed_once, ledger.replied_once, ledger.violations) == (1, 1, 0)


def test_a_text_that_did_nothing_and_one_that_did_it_twice() -> None:
    assert judged(ONCE, Rows(Counter(), Counter(), [])).not_executed == ["u1"]
    twice = Rows(Counter({(TEXT.sender, TEXT.body): 2}), WHOLE.names, WHOLE.replies)
    assert judged(ONCE, twice).executed_again == ["u1"]


@pytest.mark.parametrize("state", ["queued", "expired", "rejected"])
def test_a_reply_is_missing_unless_the_smsc_and_the_store_have_it(state: str) -> None:
    assert judged([]).not_replied == ["u1"]
    rows = Rows(WHOLE.executed, WHOLE.names, [(TEXT.sender, TEXT.body, REPLY, state)])
    assert judged(ONCE, rows).not_replied == ["u1"]


def test_a_second_copy_on_a_living_connection_is_a_violation() -> None:
    assert judged([*ONCE, *accepted(2, "a", "m2", 2.01)]).replied_again == ["u1"]


def test_a_second_copy_long_after_the_acknowledgement_is_a_violation() -> None:
    late = [*ONCE, entry("closed", 1.6, session="a"), *accepted(2, "b", "m2", 2.01)]
    assert judged(late).replied_again == ["u1"]


def test_an_outage_of_the_database_excuses_nothing_while_usnd_lives() -> None:
    journal = [*ONCE, entry("closed", 5, session="a"), *accepted(7, "b", "m2", 7.01)]
    assert judged(journal, faults=Faults((), [(0.9, 6)])).replied_again == ["u1"]


@pytest.mark.parametrize(
    ("journal", "faults", "reason"),
    [
        ([*ONCE, entry("closed", 1.2, session="a")], CALM, "in flight"),
        ([*ONCE, entry("killed", 1.2)], CALM, "in flight"),
        ([*ONCE, entry("closed", 1.2, session="a")], Faults([1.19], ()), "usnd killed"),
        ([*ONCE, entry("closed", 5, session="a")], Faults([4.9], [(0.9, 6)]), "database was away"),
        ([ONCE[0], ONCE[1], entry("killed", 1.2)], CALM, "before the acknowledgement was written"),
    ],
)
def test_a_second_copy_is_explained(journal: list[Entry], faults: Faults, reason: str) -> None:
    ledger = judged([*journal, *accepted(7, "b", "m2", 7.01)], faults=faults)
    assert ledger.violations == 0
    ((why, count),) = ledger.duplicates_explained.items()
    assert reason in why
    assert count == 1


def test_a_redelivery_by_the_smsc_is_counted() -> None:
    sent = [entry("sent", 0.5, session="a", key="u1"), entry("sent", 0.9, session="b", key="u1")]
    assert judged([*sent, *ONCE]).redelivered_by_smsc == 1
