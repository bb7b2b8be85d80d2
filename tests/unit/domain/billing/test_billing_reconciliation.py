"""Each way in which a call does not tie has a name, and so has each that only looks like one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from usnd.domain.billing.cdr import Cdr, last_part
from usnd.domain.billing.reconciliation import (
    SAYS,
    Call,
    Finding,
    Holding,
    Switch,
    judge_call,
    judge_line,
)
from usnd.domain.billing.switch_log import Leg
from workbench.docs.cdr_samples import CDR, NOON

SWITCH = Switch("usn-a", NOON - timedelta(days=1))
assert CDR.answer is not None
LEG = Leg("usn-7-2", CDR.answer, CDR.stop)
UNANSWERED = Leg("usn-7-2", None, CDR.stop)
REFUSED = replace(CDR, answer=None)
RECONCILED = replace(CDR, reconciled=True, stop=CDR.stop - timedelta(seconds=4))
PART = replace(CDR, call_id="usn-7-2#1", interim_of="usn-7-2", stop=CDR.answer + timedelta(seconds=20))
LAST = last_part(CDR, 1, PART.stop)


def call(leg: Leg | None, *records: Cdr, live: bool = False, retried: bool = False) -> Call:
    return Call("usn-7-2", leg, tuple(enumerate(records, 1)), live, retried)


@pytest.mark.parametrize(
    ("one", "finding"),
    [
        (call(LEG, CDR), Finding.TIED),
        (call(UNANSWERED, REFUSED), Finding.TIED),
        (call(LEG, PART, LAST), Finding.TIED),
        (call(replace(LEG, ended=CDR.stop + timedelta(seconds=2)), CDR), Finding.TIED),
        (call(replace(LEG, ended=CDR.stop + timedelta(seconds=3)), CDR), Finding.LENGTH_DIFFERS),
        (call(replace(LEG, ended=CDR.stop - timedelta(seconds=3)), CDR), Finding.LENGTH_DIFFERS),
        (call(LEG, LAST), Finding.LENGTH_DIFFERS),
        (call(LEG, REFUSED), Finding.ANSWER_DIFFERS),
        (call(UNANSWERED, CDR), Finding.ANSWER_DIFFERS),
        (call(LEG), Finding.NO_RECORD),
        (call(LEG, PART), Finding.NO_RECORD),
        (call(replace(LEG, ended=None)), Finding.NO_RECORD),
        (call(LEG, live=True), Finding.STILL_UP),
        (call(replace(LEG, ended=None), PART, live=True), Finding.STILL_UP),
        (call(replace(UNANSWERED, outside=True)), Finding.NO_CONFERENCE),
        (call(UNANSWERED, retried=True), Finding.OTHER_TRUNK),
        (call(LEG, RECONCILED), Finding.RECONCILED),
        (call(replace(LEG, ended=None), RECONCILED), Finding.RECONCILED),
        (call(replace(LEG, ended=None), CDR), Finding.LENGTH_DIFFERS),
        (call(replace(LEG, ended=CDR.stop - timedelta(seconds=9)), RECONCILED), Finding.LENGTH_DIFFERS),
        (call(None, CDR), Finding.NO_LEG),
        (call(None, PART), Finding.NO_LEG),
        (call(None, replace(CDR, node="usn-b")), Finding.OTHER_NODE),
        (call(None, replace(CDR, node="")), Finding.NO_LEG),
        (call(None, REFUSED), Finding.NOT_PLACED),
        (call(None, replace(CDR, stop=NOON - timedelta(days=2))), Finding.BEFORE_LOG),
    ],
)
def test_whether_leg_and_records_agree(one: Call, finding: Finding) -> None:
    assert judge_call(one, SWITCH) is finding


def test_a_log_that_is_empty_says_nothing_of_any_call() -> None:
    assert judge_call(call(None, CDR), Switch("usn-a", None)) is Finding.BEFORE_LOG


HELD = Holding(closed=True, confirmed=True, here=True, line=b"R,1\n", wanted=b"R,1\n")


@pytest.mark.parametrize(
    ("holding", "finding"),
    [
        (HELD, Finding.TIED),
        (replace(HELD, here=False, line=None), Finding.TIED),
        (replace(HELD, line=None), Finding.LINE_MISSING),
        (replace(HELD, line=b"R,2\n"), Finding.LINE_DIFFERS),
        (replace(HELD, confirmed=False), Finding.NOT_CONFIRMED),
        (Holding(closed=False), Finding.NOT_DUE),
    ],
)
def test_whether_a_record_was_received(holding: Holding, finding: Finding) -> None:
    assert judge_line(holding) is finding


def test_each_finding_is_said_in_words_and_is_a_difference_or_not() -> None:
    assert set(SAYS) == set(Finding)
    assert {finding.value for finding in Finding if finding.differs} == {
        "no-record",
        "no-leg",
        "answer-differs",
        "length-differs",
        "line-missing",
        "line-differs",
        "line-unknown",
        "not-confirmed",
    }
