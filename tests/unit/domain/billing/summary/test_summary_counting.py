"""Everybody is counted once and whole, in however many rounds; and milliseconds as a CDR file has them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from usnd.domain.billing.cdr import ONGOING, Cdr
from usnd.domain.billing.summary.counting import Person, Round
from usnd.domain.billing.summary.figures import Line, Usage
from usnd.domain.conference.call import Direction
from workbench.docs.cdr_samples import CDR, NOON

PEOPLE = {42: Person("+447700900001", "Bob")}


def line_of(*records: Cdr) -> Line:
    counted = Round()
    for record in records:
        counted.record(record)
    assert counted.subscribers() == [42]
    assert counted.next_above is None
    return counted.line(42, PEOPLE)


def test_calls_in_and_out_are_told_apart() -> None:
    came = replace(CDR, direction=Direction.IN, conference_id=8, cli="+447700900009")
    never = replace(CDR, answer=None, ringing=None)
    line = line_of(CDR, CDR, came, never)
    assert line == Line(42, "+447700900001", "Bob", Usage(2, 1, 3, 4, 30_012, 60_024))


def test_parts_of_a_call_are_one_leg_with_all_its_time() -> None:
    part = replace(CDR, interim_of=CDR.call_id, call_id="usn-7-2#1", outcome=ONGOING)
    rest = replace(CDR, part=2, charged_from=CDR.stop, stop=CDR.stop + timedelta(seconds=1))
    assert line_of(part, rest).used == Usage(1, 0, 1, 2, 0, 31_012)


def test_each_record_is_cut_to_the_millisecond_as_in_its_file() -> None:
    ragged = replace(CDR, answer=NOON, stop=NOON + timedelta(microseconds=1_999))
    assert line_of(ragged, ragged).used.out_ms == 2


def test_texts_and_recordings_alone_make_a_line() -> None:
    counted = Round()
    counted.texts(42, 2, 0)
    counted.texts(42, 0, 3)
    counted.recordings(42, 1)
    assert counted.line(42, PEOPLE).used == Usage(texts_in=2, texts_out=3, recordings=1)


def test_who_is_gone_has_the_number_that_the_records_have() -> None:
    counted = Round()
    counted.record(CDR)
    assert counted.line(42, {}) == Line(42, CDR.cli, "", Usage(1, 0, 1, 1, 0, 30_012))
    counted = Round()
    counted.record(replace(CDR, direction=Direction.IN))
    assert counted.line(42, {}).number == ""


@pytest.mark.parametrize("at_once", [1, 2, 3, 7, 100])
def test_rounds_have_everybody_once_in_their_order(at_once: int) -> None:
    """Whatever order they come in, and however few have room."""
    random = Random(at_once)
    order = [subscriber for subscriber in range(1, 41) for _ in range(3)]
    random.shuffle(order)
    seen: list[int] = []
    above: int | None = 0
    while above is not None:
        counted = Round(above, at_once)
        used = rounds_lines(counted, order)
        assert used == [Usage(1, 0, 1, 1, 0, 30_012, texts_in=1, recordings=1)] * len(used)
        assert len(used) <= 2 * at_once
        seen += counted.subscribers()
        above = counted.next_above
    assert seen == list(range(1, 41))


def rounds_lines(counted: Round, order: Sequence[int]) -> Sequence[Usage]:
    """Each comes three times: with a record, a text, a recording."""
    times: dict[int, int] = {}
    for subscriber in order:
        times[subscriber] = times.get(subscriber, 0) + 1
        match times[subscriber]:
            case 1:
                counted.record(replace(CDR, subscriber_id=subscriber))
            case 2:
                counted.texts(subscriber, 1, 0)
            case _:
                counted.recordings(subscriber, 1)
    return [counted.line(one, {}).used for one in counted.subscribers()]
