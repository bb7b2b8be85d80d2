"""The one description of a record: every value is written as the table says, and nothing else passes."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from usnd.domain.billing.cdr import ONGOING
from usnd.domain.billing.fields import (
    BY_NAME,
    FIELDS,
    LAYOUT,
    WRITTEN,
    Field,
    Kind,
    as_text,
    as_value,
    layout_trouble,
    offset_text,
    value_trouble,
)
from workbench.docs.cdr_samples import CDR, NOON

NEVER_ANSWERED = replace(
    CDR, answer=None, ringing=None, cause=None, trunk="", cli="", node="", released_by=""
)
INTERIM = replace(
    CDR, call_id="usn-7-2#1", interim_of="usn-7-2", outcome=ONGOING, released_by="", cause=None, recorded=True
)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_what_is_written_is_what_the_table_describes(field: Field) -> None:
    for cdr in (CDR, NEVER_ANSWERED, INTERIM):
        assert value_trouble(field, as_text(field, 1042, cdr)) is None
    assert value_trouble(field, field.example) is None
    assert field.says


def test_a_record_field_by_field() -> None:
    assert {field.name: as_text(field, 1042, CDR) for field in FIELDS} == {
        "sequence": "1042",
        "type": "call",
        "version": "2",
        "call": "usn-7-2",
        "part": "1",
        "subscriber": "42",
        "conference": "7",
        "role": "participant",
        "direction": "out",
        "cli": "+447700900001",
        "dnis": "+447700900002",
        "start": "2026-03-01T12:00:00.000Z",
        "ringing": "2026-03-01T12:00:03.000Z",
        "answer": "2026-03-01T12:00:12.004Z",
        "stop": "2026-03-01T12:00:42.016Z",
        "ring_s": "12.004",
        "billable_s": "30.012",
        "utc_offset": "+01:00",
        "outcome": "completed",
        "cause": "16",
        "released_by": "far-end",
        "reconciled": "no",
        "recorded": "no",
        "activation_pin": "",
        "trunk": "trunk-msc",
        "node": "usn-a",
    }


def test_for_json_numbers_stay_numbers() -> None:
    values = {field.name: as_value(field, 1042, CDR) for field in FIELDS}
    assert (values["sequence"], values["billable_s"], values["recorded"]) == (1042, 30.012, False)
    assert values["start"] == "2026-03-01T12:00:00.000+00:00"
    assert as_value(BY_NAME["answer"], 1, NEVER_ANSWERED) == ""


def test_an_unanswered_call_charges_nothing_and_has_its_cause() -> None:
    busy = replace(CDR, answer=None, cause=17, stop=NOON + timedelta(seconds=5))
    assert [as_text(BY_NAME[name], 1, busy) for name in ("answer", "ring_s", "billable_s", "cause")] == [
        "",
        "5.000",
        "0.000",
        "17",
    ]


def test_a_call_that_was_closed_before_its_answer_charges_nothing() -> None:
    assert replace(CDR, stop=CDR.start).charged == timedelta(0)


def test_a_clock_that_is_set_back_while_it_rings_makes_no_length_below_nothing() -> None:
    back = replace(CDR, answer=CDR.start - timedelta(hours=1))
    assert as_text(BY_NAME["ring_s"], 1, back) == "0.000"


def test_a_record_is_one_line_whatever_a_switch_sent() -> None:
    assert as_text(BY_NAME["cli"], 1, replace(CDR, cli="1\r\n2\x00")) == "1  2 "


@pytest.mark.parametrize(("minutes", "text"), [(0, "+00:00"), (330, "+05:30"), (-210, "-03:30")])
def test_an_offset(minutes: int, text: str) -> None:
    assert offset_text(minutes) == text


@pytest.mark.parametrize(
    ("name", "written", "trouble"),
    [
        ("sequence", "", "sequence is empty"),
        ("sequence", "x", "sequence is 'x', which is no number"),
        ("start", "2026-03-01 12:00:00", "start is '2026-03-01 12:00:00', which is no time"),
        ("billable_s", "30", "billable_s is '30', which is no seconds"),
        ("recorded", "true", "recorded is 'true', which is no yes or no"),
        ("direction", "up", "direction is 'up', and can be out, in"),
        ("cause", "", None),
    ],
)
def test_what_no_file_of_ours_can_have(name: str, written: str, trouble: str | None) -> None:
    assert value_trouble(BY_NAME[name], written) == trouble


def test_each_kind_is_described() -> None:
    assert set(WRITTEN) == set(Kind)
    assert all(re.compile(one) for one in WRITTEN.values())
    assert len(BY_NAME) == len(FIELDS)


@pytest.mark.parametrize(
    ("layout", "trouble"),
    [
        (LAYOUT, None),
        (("stop", "sequence"), None),
        (("sequence", "price"), "price is no field of a CDR"),
        (("sequence", "cli", "cli"), "a field stands there twice"),
        (("cli",), "sequence must be among the fields"),
    ],
)
def test_a_layout(layout: tuple[str, ...], trouble: str | None) -> None:
    found = layout_trouble(layout)
    assert found is None if trouble is None else found is not None and found.startswith(trouble)
