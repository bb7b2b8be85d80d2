"""Automata behind a number get few answers and are not obeyed without end; a person does not notice."""

from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.messaging import automatic_senders
from usnd.domain.messaging.automatic_senders import (
    AutomaticSenderRules,
    Hearing,
    SenderHistory,
    leads_to_nothing,
)
from usnd.domain.messaging.message import Priority
from usnd.domain.replies.catalogue import Say, reply
from usnd.domain.sms.decision import Decision, TextTo

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ANN, BOB = "+447700900001", "+447700900002"
NOTHING = Decision(reply(Say.UNKNOWN_COMMAND, command="Am", commands=""))
DOES = Decision(reply(Say.RECALLED), recall=True)
RULES = AutomaticSenderRules(answers=3, answer_pause=60 * SECOND, commands=5, command_pause=10 * SECOND)


def said(talk: SenderHistory, at: datetime, decision: Decision = NOTHING, number: str = ANN) -> bool:
    """Whether one text, in a transaction of its own, is obeyed and answered."""
    trial = talk.trial(at)
    answered = trial.hear(number) is Hearing.OBEY and trial.answers(number, decision)
    talk.adopt(trial)
    return answered


def test_an_auto_reply_gets_few_answers_whatever_it_says() -> None:
    talk = SenderHistory(AutomaticSenderRules(answers=3, answer_pause=60 * SECOND))
    assert [said(talk, NOW + SECOND * number / 5) for number in range(39)].count(True) == 3
    assert said(talk, NOW + 68 * SECOND)
    assert not said(talk, NOW + 69 * SECOND)
    assert said(talk, NOW + 69 * SECOND, number=BOB)


def test_who_gives_commands_is_a_person() -> None:
    talk = SenderHistory(RULES)
    for minute in range(20):
        at = NOW + timedelta(minutes=minute)
        assert [said(talk, at) for _ in range(3)] == [True] * 3
        assert said(talk, at, DOES)


def test_a_command_in_a_loop_is_obeyed_so_often_and_told_once() -> None:
    talk = SenderHistory(RULES)

    def hear(at: datetime) -> Hearing:
        trial = talk.trial(at)
        talk.adopt(trial)  # not yet heard: nothing changes
        heard = trial.hear(ANN)
        talk.adopt(trial)
        return heard

    heard = [hear(NOW) for _ in range(8)]
    assert heard == [Hearing.OBEY] * 5 + [Hearing.SAY_ENOUGH] + [Hearing.IGNORE] * 2
    assert hear(NOW + 10 * SECOND) is Hearing.OBEY
    assert hear(NOW + 11 * SECOND) is Hearing.IGNORE
    assert hear(NOW + 300 * SECOND) is Hearing.OBEY
    assert [hear(NOW + 300 * SECOND) for _ in range(5)][-1] is Hearing.SAY_ENOUGH


def test_a_transaction_that_fails_counts_nothing() -> None:
    talk = SenderHistory(RULES)
    for _ in range(10):
        trial = talk.trial(NOW)
        assert trial.hear(ANN) is Hearing.OBEY
        assert trial.answers(ANN, NOTHING)
    assert said(talk, NOW)


def test_one_transaction_counts_all_its_texts() -> None:
    trial = SenderHistory(RULES).trial(NOW)
    assert [trial.hear(ANN) for _ in range(6)][-1] is Hearing.SAY_ENOUGH
    assert [trial.answers(ANN, NOTHING) for _ in range(4)] == [True] * 3 + [False]


def test_a_clock_that_is_set_back_changes_nothing() -> None:
    talk = SenderHistory(RULES)
    assert [said(talk, NOW) for _ in range(4)] == [True] * 3 + [False]
    assert not said(talk, NOW - timedelta(days=1))


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automatic_senders, "_MOST_NUMBERS", 2)
    talk = SenderHistory(AutomaticSenderRules(answers=1))
    for number in ("+1", "+2", "+3"):
        assert said(talk, NOW, number=number)
    assert [said(talk, NOW, number=number) for number in ("+3", "+2")] == [False, False]
    assert said(talk, NOW, number="+1")


@pytest.mark.parametrize(
    ("decision", "nothing"),
    [
        (NOTHING, True),
        (Decision(reply(Say.HELP, commands="")), True),
        (Decision(reply(Say.NOBODY)), True),
        (Decision(reply(Say.GROUPS_LISTED, count=0, names=())), False),
        (Decision(reply(Say.USER_FOUND, nick="", details="")), False),
        (DOES, False),
        (Decision(reply(Say.BLAST_SENT), texts=(TextTo(BOB, reply(Say.BLAST), Priority.BULK),)), False),
    ],
)
def test_what_leads_to_nothing(decision: Decision, *, nothing: bool) -> None:
    assert leads_to_nothing(decision) is nothing
