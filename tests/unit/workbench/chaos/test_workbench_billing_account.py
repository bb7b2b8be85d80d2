"""The judgement of a run: each fault is told, and a run that shows nothing is one."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from workbench.chaos.billing.account import (
    NONE_OF_CALLS,
    NONE_OF_FILES,
    SOME,
    kills_faults,
    kills_result,
    month_faults,
)
from workbench.chaos.billing.kills import KillsOutcome, added
from workbench.chaos.billing.month import MonthOutcome
from workbench.chaos.billing.month_plan import LONG_DAY, Kind

DAYS = {
    "files_on_2016-02-19": 3,
    f"files_on_{LONG_DAY}": 25,
    "files_on_2016-02-21": 24,
    "files_on_2016-02-22": 2,
}
COUNTS = {
    **dict.fromkeys((*NONE_OF_FILES, *NONE_OF_CALLS), 0),
    **dict.fromkeys(SOME, 9),
    "calls_heard_ms_of_the_switch": 5,
    "calls_heard_ms_billed": 5,
    "destinations": 2,
    "files": 108,
    "servers": 2,
    **DAYS,
}
GOOD = MonthOutcome(
    struck=Counter(kind.value for kind in Kind), hours=54, alarms={"cdr-export-late"}, counts=COUNTS
)


def test_a_good_month_has_no_fault() -> None:
    assert [*month_faults(GOOD)] == []


@pytest.mark.parametrize("name", [*NONE_OF_FILES, *NONE_OF_CALLS])
def test_what_must_be_none(name: str) -> None:
    assert [*month_faults(replace(GOOD, counts={**COUNTS, name: 2}))] == [f"2 {name}"]


@pytest.mark.parametrize("name", SOME)
def test_what_must_be_there(name: str) -> None:
    (fault,) = month_faults(replace(GOOD, counts={**COUNTS, name: 0}))
    assert fault.startswith(f"no {name}")


@pytest.mark.parametrize(
    "changed",
    [
        {"calls_heard_ms_billed": 6},
        {"files": 107},
        {"files_on_2016-02-21": 23},
        {"servers": 1},
    ],
)
def test_other_counts(changed: dict[str, int]) -> None:
    assert len([*month_faults(replace(GOOD, counts={**COUNTS, **changed}))]) == 1


def test_the_long_day_must_have_its_25_hours_wherever_it_is() -> None:
    assert len([*month_faults(replace(GOOD, counts={**COUNTS, f"files_on_{LONG_DAY}": 24}))]) == 2
    without = {name: count for name, count in COUNTS.items() if not name.endswith(LONG_DAY)}
    assert [*month_faults(replace(GOOD, counts=without))] == ["the long day is not in it"]


@pytest.mark.parametrize(
    "outcome",
    [
        replace(GOOD, struck=Counter([Kind.USND.value, Kind.SERVER.value, Kind.LINK.value])),
        replace(GOOD, alarms=set()),
        replace(GOOD, litter=["/x/.usn.part"]),
    ],
)
def test_what_else_is_wrong_with_a_month(outcome: MonthOutcome) -> None:
    assert len([*month_faults(outcome)]) == 1


def killed(count: int, **wrong: int) -> KillsOutcome:
    counts = {**dict.fromkeys(NONE_OF_FILES, 0), **wrong}
    return KillsOutcome(killed=Counter({"behind a step": count}), identical=True, counts={"there": counts})


def test_pairs_are_added_up_and_one_that_differs_is_seen() -> None:
    whole = added([killed(5, records_twice=1), killed(7, records_twice=2)])
    assert (whole.kills, whole.counts["there"]["records_twice"], whole.identical) == (12, 3, True)
    assert not added([killed(5), replace(killed(5), identical=False)]).identical


def test_the_product_is_judged_and_the_usual_order_is_only_shown() -> None:
    bad = killed(5, records_missing=3, records_twice=7)
    assert [*kills_faults(killed(5), bad, 5)] == []
    assert json.loads(json.dumps(kills_result(bad)))["of_records"] == {"there": {"lost": 3, "twice": 7}}
    assert [*kills_faults(bad, killed(5), 5)] == ["there: 3 records_missing", "there: 7 records_twice"]
    assert [*kills_faults(killed(4), killed(3), 5)] == [
        "product: 4 kills instead of 5",
        "usual order: 3 kills instead of 5",
    ]
    other = replace(killed(5), identical=False, came_again_changed=1, litter=["x"])
    assert len([*kills_faults(other, killed(5), 5)]) == 3
