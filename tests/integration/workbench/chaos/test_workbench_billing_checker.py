"""The independent checker finds each fault that is planted in delivered files, or beside the log."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from usnd.domain.billing.cdr import Cdr
from usnd.domain.billing.formats import FORMATS
from workbench.chaos.billing.account import NONE_OF_CALLS, NONE_OF_FILES
from workbench.chaos.billing.check.checker import ARCHIVE, MONTH, check, same
from workbench.chaos.billing.scripted_switch import milliseconds
from workbench.docs.cdr_samples import CDR, FILE, NOON

HOUR = timedelta(hours=1)
CALLS = [replace(CDR, call_id=f"usn-7-{number}") for number in range(1, 7)]


def write(place: Path, number: int, records: Sequence[tuple[int, Cdr]], first: int) -> Path:
    since = NOON + (number - 1) * HOUR
    file = replace(
        FILE, number=number, since=since, until=since + HOUR, first=first, last=first + len(records) - 1
    )
    form = FORMATS[file.format]
    body = form.opening(file) + form.records(file.layout, records)
    path = place / file.name
    path.write_bytes(body + form.closing(file, hashlib.sha256(body).hexdigest()))
    return path


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    """Three hours of two records each."""
    place = tmp_path / "delivered/mediation"
    place.mkdir(parents=True)
    for number in (1, 2, 3):
        first = 2 * number - 1
        write(place, number, [(first, CALLS[first - 1]), (first + 1, CALLS[first])], first)
    return place


def name(number: int) -> str:
    return f"usn-mediation-{number:09}-20260301T{12 + number}0000Z.csv"


def found(counts: dict[str, int], names: Sequence[str] = NONE_OF_FILES) -> dict[str, int]:
    return {name: counts[name] for name in names if counts[name]}


def checked(delivered: Path, tmp_path: Path, records: int = 6) -> dict[str, int]:
    return check(delivered.parent, tmp_path / "work", [ARCHIVE], records=records)


def test_good_files_have_no_fault(delivered: Path, tmp_path: Path) -> None:
    counts = checked(delivered, tmp_path)
    assert found(counts) == {}
    assert (counts["files"], counts["records"], counts["highest_sequence"]) == (3, 6, 6)


def changed(place: Path) -> None:
    path = place / name(2)
    path.write_bytes(path.read_bytes().replace(b"30.012", b"03.012", 1))


def cut_off(place: Path) -> None:
    path = place / name(3)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def renamed(place: Path) -> None:
    (place / name(3)).rename(place / name(4))


def once_more(place: Path) -> None:
    write(place, 4, [(5, CALLS[4]), (6, CALLS[5])], 5)


def with_a_gap(place: Path) -> None:
    write(place, 4, [(9, CALLS[4])], 9)


def with_another_record(place: Path) -> None:
    write(place, 4, [(12, CALLS[4])], 7)


@pytest.mark.parametrize(
    ("harm", "records", "counts"),
    [
        (changed, 6, {"files_not_whole": 1}),
        (cut_off, 6, {"files_not_whole": 1}),
        (lambda place: (place / name(3)).unlink(), 6, {"records_missing": 2}),
        (
            lambda place: (place / name(2)).unlink(),
            6,
            {
                "file_numbers_missing": 1,
                "hours_without_a_file": 1,
                "files_that_do_not_follow": 1,
                "records_missing": 2,
            },
        ),
        (renamed, 6, {"names_that_say_other_than_the_header": 1}),
        (once_more, 6, {"files_that_do_not_follow": 1, "records_twice": 2}),
        (with_a_gap, 9, {"files_that_do_not_follow": 1, "records_missing": 2}),
        (with_another_record, 7, {"records_outside_their_file": 1}),
    ],
)
def test_each_fault_of_files_is_found(
    delivered: Path, tmp_path: Path, harm: Callable[[Path], object], records: int, counts: dict[str, int]
) -> None:
    harm(delivered)
    assert found(checked(delivered, tmp_path, records)) == counts


def test_a_file_that_came_twice_under_two_names_of_directories_is_twice(
    delivered: Path, tmp_path: Path
) -> None:
    again = delivered.with_name("again")
    again.mkdir()
    (again / name(1)).write_bytes((delivered / name(1)).read_bytes())
    counts = found(checked(delivered, tmp_path))
    assert (counts["file_numbers_twice"], counts["records_twice"]) == (1, 2)


def test_two_directories_are_the_same_or_not(delivered: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in delivered.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    assert same(delivered, other)
    (other / name(1)).unlink()
    assert not same(delivered, other)


# Beside the switch's own log.


def leg(cdr: Cdr, *, stop: datetime | None = None, where: str = "usn-join") -> str:
    answer = cdr.answer
    lines = "" if answer is None else f"ANSWER,{answer.timestamp():.6f},{cdr.call},PJSIP/usn/x-1,{where}\n"
    return lines + f"HANGUP,{(stop or cdr.stop).timestamp():.6f},{cdr.call},PJSIP/usn/x-1,{where}\n"


LEGS = [leg(cdr) for cdr in CALLS]
ANSWERED, ENDED = LEGS[0].splitlines(keepends=True)
SECOND = timedelta(seconds=1)


def beside(
    delivered: Path, tmp_path: Path, legs: Sequence[str] = LEGS, gaps: str = "", zone: str = "Europe/Paris"
) -> dict[str, int]:
    """Paris: one hour before UTC, as the records say."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "legs.csv").write_text("".join(legs))
    (work / "gaps.csv").write_text(gaps)
    return check(delivered.parent, work, [ARCHIVE, MONTH], zone=zone)


def test_calls_that_tie_have_no_fault(delivered: Path, tmp_path: Path) -> None:
    counts = beside(delivered, tmp_path)
    assert found(counts, NONE_OF_CALLS) == {}
    assert (counts["legs"], counts["calls_heard"], counts["calls_answered"]) == (6, 6, 6)
    assert counts["calls_heard_ms_of_the_switch"] == counts["calls_heard_ms_billed"] == 6 * 30_012
    assert counts["files_on_2026-03-01"] == 3


@pytest.mark.parametrize(
    ("legs", "counts"),
    [
        (LEGS[1:], {"calls_answered_without_a_leg": 1}),
        ([*LEGS, leg(replace(CDR, call_id="usn-9-1"))], {"legs_without_a_record": 1}),
        ([leg(CALLS[0], stop=CDR.stop + SECOND), *LEGS[1:]], {"calls_heard_that_differ": 1}),
        (
            [LEGS[0].splitlines(keepends=True)[0], *LEGS[1:]],
            {"legs_that_do_not_end_once": 1, "calls_heard_that_differ": 1},
        ),
        (
            [LEGS[0].splitlines(keepends=True)[1], *LEGS[1:]],
            {"answers_that_differ": 1, "calls_heard_that_differ": 1},
        ),
    ],
)
def test_each_fault_of_calls_is_found(
    delivered: Path, tmp_path: Path, legs: Sequence[str], counts: dict[str, int]
) -> None:
    assert found(beside(delivered, tmp_path, legs), NONE_OF_CALLS) == counts


def test_what_is_no_fault_is_none(delivered: Path, tmp_path: Path) -> None:
    """A call that came in and reached no conference; one that was tried again over another trunk."""
    in_vain = replace(CDR, call_id="1772366400.9", answer=None)
    tried = replace(CDR, call_id="usn-8-2", answer=None)
    again = replace(CDR, call_id="usn-8-2.2")
    write(delivered, 4, [(7, again)], 7)
    legs = [*LEGS, leg(in_vain, where="usn-incoming"), leg(tried), leg(again)]
    assert found(beside(delivered, tmp_path, legs), NONE_OF_CALLS) == {}


def test_what_was_read_afterwards_may_differ_by_less_than_a_second(delivered: Path, tmp_path: Path) -> None:
    stop = CDR.stop + timedelta(milliseconds=900)
    gap = f"{milliseconds(CDR.stop) + 1},{milliseconds(stop)},usnd killed\n"
    counts = beside(delivered, tmp_path, [leg(CALLS[0], stop=stop), *LEGS[1:]], gap)
    assert (counts["calls_read_afterwards"], found(counts, NONE_OF_CALLS)) == (1, {})


@pytest.mark.parametrize(
    ("earlier", "fault"),
    [(0, {}), (5, {}), (5.1, {"calls_reconciled_too_short": 1}), (-0.001, {"calls_reconciled_too_long": 1})],
)
def test_what_was_reconciled_may_be_five_seconds_short_and_never_long(
    delivered: Path, tmp_path: Path, earlier: float, fault: dict[str, int]
) -> None:
    closed = replace(CDR, call_id="usn-8-1", reconciled=True)
    write(delivered, 4, [(7, closed)], 7)
    legs = [*LEGS, leg(closed, stop=CDR.stop + timedelta(seconds=earlier))]
    assert found(beside(delivered, tmp_path, legs), NONE_OF_CALLS) == fault


def test_a_call_of_parts_is_added_up_and_one_with_a_part_missing_is_found(
    delivered: Path, tmp_path: Path
) -> None:
    begin = NOON - timedelta(hours=30)
    whole = replace(CDR, call_id="usn-8-1", start=begin, answer=begin, stop=NOON)
    middle = begin + timedelta(hours=24)
    part = replace(whole, call_id="usn-8-1#1", interim_of="usn-8-1", stop=middle)
    rest = replace(whole, part=2, charged_from=middle)
    write(delivered, 4, [(7, part), (8, rest)], 7)
    counts = beside(delivered, tmp_path, [*LEGS, leg(whole)])
    assert (counts["calls_with_interim_records"], found(counts, NONE_OF_CALLS)) == (1, {})
    write(delivered, 4, [(7, rest)], 7)
    (tmp_path / "work").rename(tmp_path / "before")
    counts = found(beside(delivered, tmp_path, [*LEGS, leg(whole)]), NONE_OF_CALLS)
    assert counts == {"calls_charged_twice_or_in_part": 1, "calls_heard_that_differ": 1}


def test_an_offset_of_another_zone_is_found(delivered: Path, tmp_path: Path) -> None:
    assert found(beside(delivered, tmp_path, zone="UTC"), NONE_OF_CALLS) == {"offsets_that_are_wrong": 6}
