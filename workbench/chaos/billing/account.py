"""What must be none, or some, in the account of a run: judged here, and made into the report. Pure."""

from collections.abc import Iterator

from workbench.chaos.billing.kills import KillsOutcome
from workbench.chaos.billing.month import MonthOutcome
from workbench.chaos.billing.month_plan import LONG_DAY, Kind, MonthPlan

NONE_OF_FILES = (
    "files_not_whole",
    "names_that_say_other_than_the_header",
    "file_numbers_missing",
    "file_numbers_twice",
    "hours_without_a_file",
    "files_that_do_not_follow",
    "records_outside_their_file",
    "records_missing",
    "records_twice",
)
NONE_OF_CALLS = (
    "legs_that_do_not_end_once",
    "legs_without_a_record",
    "calls_answered_without_a_leg",
    "calls_charged_twice_or_in_part",
    "answers_that_differ",
    "calls_heard_that_differ",
    "calls_read_afterwards_that_differ",
    "calls_reconciled_too_long",
    "calls_reconciled_too_short",
    "offsets_that_are_wrong",
)
SOME = (
    "legs",
    "calls_answered",
    "calls_heard",
    "calls_read_afterwards",
    "calls_reconciled",
    "interim_records",
    "records_late",
)
HOURS_OF_THE_LONG_DAY, HOURS_OF_A_DAY = 25, 24
_ALARM = "cdr-export-late"
_DAY_OF_FILES = "files_on_"


def month_faults(outcome: MonthOutcome) -> Iterator[str]:
    """What is wrong with it, in words."""
    counts = outcome.counts
    yield from (f"{counts[name]} {name}" for name in (*NONE_OF_FILES, *NONE_OF_CALLS) if counts[name])
    yield from (f"no {name}: the run shows nothing of it" for name in SOME if not counts[name])
    if counts["calls_heard_ms_of_the_switch"] != counts["calls_heard_ms_billed"]:
        yield "the sums differ"
    if counts["destinations"] * outcome.hours != counts["files"]:
        yield f"{counts['files']} files instead of one for each of {outcome.hours} hours"
    days = {name: count for name, count in counts.items() if name.startswith(_DAY_OF_FILES)}
    for name, files in [*days.items()][1:-1]:
        wanted = HOURS_OF_THE_LONG_DAY if name == f"{_DAY_OF_FILES}{LONG_DAY}" else HOURS_OF_A_DAY
        if files != wanted:
            yield f"{files} {name} instead of {wanted}"
    if days.get(f"{_DAY_OF_FILES}{LONG_DAY}") != HOURS_OF_THE_LONG_DAY:
        yield "the long day is not in it"
    yield from (f"no {kind.value}" for kind in Kind if not outcome.struck[kind.value])
    if counts["servers"] < 2:  # noqa: PLR2004 (a pair)
        yield "only one server wrote records"
    if _ALARM not in outcome.alarms:
        yield f"the alarm {_ALARM} was not raised while a destination was away"
    yield from (f"left over: {path}" for path in outcome.litter)


def kills_faults(product: KillsOutcome, usual: KillsOutcome, wanted: int) -> Iterator[str]:
    """What is wrong, in words; with the product alone: the other one is there to be compared with."""
    for view, counts in product.counts.items():
        yield from (f"{view}: {counts[name]} {name}" for name in NONE_OF_FILES if counts[name])
    if not product.identical:
        yield "what the receiver has is not what the undisturbed run gave it"
    if product.came_again_changed:
        yield f"{product.came_again_changed} files came again with other octets"
    for name, outcome in (("product", product), ("usual order", usual)):
        if outcome.kills < wanted:
            yield f"{name}: {outcome.kills} kills instead of {wanted}"
    yield from (f"left over: {path}" for path in product.litter)


def month_result(plan: MonthPlan, outcome: MonthOutcome) -> dict[str, object]:
    """For the report."""
    return {
        "seed": plan.seed,
        "conferences_asked_for": len(plan.launches),
        "faults_struck": dict(outcome.struck),
        "exports": outcome.exports,
        "exports_killed": outcome.exports_killed,
        "exports_that_left_something": outcome.exports_that_left_something,
        "alarms_seen": sorted(outcome.alarms),
        "checked": dict(outcome.counts),
        "faults": [*month_faults(outcome)],
    }


def kills_result(outcome: KillsOutcome) -> dict[str, object]:
    """Of one exporter, for the report. lost, twice: the records, by what the receiver looks at."""
    figures = {
        view: {"lost": counts["records_missing"], "twice": counts["records_twice"]}
        for view, counts in outcome.counts.items()
    }
    return {
        "kills": outcome.kills,
        "of_records": figures,
        "records": outcome.records,
        "hours": outcome.hours,
        "runs": outcome.runs,
        "killed": dict(outcome.killed),
        "killed_behind": dict(outcome.where),
        "killed_on": dict(outcome.nodes),
        "files_that_came_again_changed": outcome.came_again_changed,
        "identical_to_the_undisturbed_run": outcome.identical,
        "left_over": outcome.litter,
        "checked": {view: dict(counts) for view, counts in outcome.counts.items()},
    }
