"""Every cell of the table of long texts: what a part does in each state of its text."""

from dataclasses import replace
from datetime import timedelta

import pytest

from usnd.domain.messaging.reassembly import (
    Crowd,
    Kept,
    Part,
    Parts,
    PartsRules,
    PartsState,
    PartVerdict,
    judge,
)

RULES = PartsRules(timedelta(minutes=10), most_of_sender=2, most=5)
NOBODY = Crowd(0, 0)
PART = Part("smsc", "bind-1", "+44", "52272", 7, 3, 2, b"IC", "gsm7", "two")
HERE = Kept("bind-1", "two")
ELSEWHERE = Kept("bind-0", "two")
OTHER = Kept("bind-0", "other content")
ONE, THREE = Kept("bind-1", "one"), Kept("bind-1", "three")


@pytest.mark.parametrize(
    ("state", "kept", "verdict"),
    [
        (PartsState.GATHERING, {1: ONE}, PartVerdict.KEEP),
        (PartsState.GATHERING, {1: ONE, 3: THREE}, PartVerdict.COMPLETE),
        (PartsState.GATHERING, {2: HERE}, PartVerdict.REPEATED),
        (PartsState.GATHERING, {2: ELSEWHERE}, PartVerdict.REPEATED),
        (PartsState.GATHERING, {2: OTHER}, PartVerdict.REPLACE),
        (PartsState.WHOLE, {1: ONE, 2: HERE, 3: THREE}, PartVerdict.BEGIN),
        (PartsState.WHOLE, {1: ONE, 2: ELSEWHERE, 3: THREE}, PartVerdict.REPEATED),
        (PartsState.WHOLE, {1: ONE, 2: OTHER, 3: THREE}, PartVerdict.BEGIN),
        (PartsState.INCOMPLETE, {1: ONE}, PartVerdict.LATE),
        (PartsState.INCOMPLETE, {2: HERE}, PartVerdict.BEGIN),
        (PartsState.INCOMPLETE, {2: ELSEWHERE}, PartVerdict.REPEATED),
        (PartsState.INCOMPLETE, {2: OTHER}, PartVerdict.BEGIN),
    ],
)
def test_every_cell(state: PartsState, kept: dict[int, Kept], verdict: PartVerdict) -> None:
    assert judge(PART, Parts(1, state, 3, kept), NOBODY, RULES) is verdict


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (PartsState.GATHERING, PartVerdict.REPLACE),
        (PartsState.WHOLE, PartVerdict.BEGIN),
        (PartsState.INCOMPLETE, PartVerdict.BEGIN),
    ],
)
def test_another_total(state: PartsState, verdict: PartVerdict) -> None:
    assert judge(PART, Parts(1, state, 2, {1: ONE}), NOBODY, RULES) is verdict


def test_the_same_part_of_another_total_is_another_text() -> None:
    assert judge(PART, Parts(1, PartsState.GATHERING, 2, {2: HERE}), NOBODY, RULES) is PartVerdict.REPLACE
    assert judge(PART, Parts(1, PartsState.WHOLE, 2, {2: ELSEWHERE}), NOBODY, RULES) is PartVerdict.BEGIN


@pytest.mark.parametrize("state", [PartsState.WHOLE, PartsState.INCOMPLETE])
def test_a_part_that_the_smsc_read_no_answer_to_is_there_already(state: PartsState) -> None:
    again = replace(PART, repeated=True)
    assert judge(again, Parts(1, state, 3, {2: HERE}), NOBODY, RULES) is PartVerdict.REPEATED
    assert judge(again, Parts(1, state, 3, {2: OTHER}), NOBODY, RULES) is PartVerdict.BEGIN


@pytest.mark.parametrize(
    ("crowd", "verdict"),
    [
        (NOBODY, PartVerdict.BEGIN),
        (Crowd(1, 4), PartVerdict.BEGIN),
        (Crowd(2, 2), PartVerdict.CROWDED),
        (Crowd(0, 5), PartVerdict.CROWDED),
    ],
)
def test_incomplete_texts_are_bounded(crowd: Crowd, verdict: PartVerdict) -> None:
    assert judge(PART, None, crowd, RULES) is verdict
    assert judge(PART, Parts(1, PartsState.GATHERING, 3, {1: ONE}), crowd, RULES) is PartVerdict.KEEP
    late = judge(PART, Parts(1, PartsState.INCOMPLETE, 3, {1: ONE}), crowd, RULES)
    assert late is (PartVerdict.LATE if verdict is PartVerdict.BEGIN else verdict)


@pytest.mark.parametrize("state", [None, *PartsState])
def test_a_part_that_is_cut_off_is_never_kept(state: PartsState | None) -> None:
    parts = Parts(1, state, 3, {1: ONE, 3: THREE}) if state else None
    assert judge(replace(PART, cut=True), parts, NOBODY, RULES) is PartVerdict.CUT
