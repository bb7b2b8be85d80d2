"""What one fault cost, and many: what does not hold of what is promised, sums, and tables of them.

Called by workbench/chaos/pair.py with what account.py found. Measures nothing.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.lab.faults import account
from workbench.lab.faults.rows import Row

COLUMNS = {
    "fault": "fault",
    "runs": "runs",
    "text_median": "first text (s)",
    "text_max": "worst",
    "call_median": "first call (s)",
    "call_max": "worst",
    "back_median": "a pair again (s)",
    "back_max": "worst",
    "taken": "texts",
    "sent_again": "sent again",
    "refused": "not taken",
    "lost": "lost",
    "kept": "kept aside",
    "unanswered": "unanswered",
    "twice": "twice",
    "two_addresses": "two addresses (s)",
    "two_binds": "two binds (s)",
    "two_primaries": "two databases (s)",
    "pressure": "too few processors",
    "as_promised": "as promised",
}
LOOKED = ("boot", "active was", "text (s)", "call (s)", "mended (s)", "then", "alarms")


@dataclass
class Run:
    """One fault. Times in seconds since it; None: not within the patience. back: a pair in step again.

    taken: texts that the USN took, of which `lost` are not in its database, nor `kept` aside for a person,
    and `unanswered` got no answer. refused: not taken as long as the SMSC kept them. sent_again: by the SMSC.
    alarms: seconds until each was raised, by server. states, standing, journal: where the row looks on, what
    the servers are before a person mends anything, the alarms of their arbiters that stand then, and what
    their journals say of alarms and trunks since they booted.
    address: seconds in which nobody, one, more than one answered for the floating address; binds, primaries:
    seconds with more than one. pressure: share of the time until the first call in which the lab's machine
    (both servers and all else) had too few processors: the times of a busy one say little.
    """

    fault: str
    node: str
    text: float | None = None
    call: float | None = None
    back: float | None = None
    taken: int = 0
    refused: int = 0
    sent_again: int = 0
    kept: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    address: dict[str, float] = field(default_factory=dict)
    binds: float = 0.0
    primaries: float = 0.0
    pressure: float | None = None
    alarms: dict[str, dict[str, float]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    standing: dict[str, list[str]] = field(default_factory=dict)
    journal: dict[str, list[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def wrong(result: Run, row: Row) -> Iterator[str]:
    """What does not hold of what is promised."""
    for what in ("lost", "unanswered", "twice"):
        if getattr(result, what):
            yield f"{what}: {len(getattr(result, what))}"
    if result.refused:
        yield f"not taken: {result.refused}"
    if row.tells is not None and not any(row.tells.value in told for told in result.alarms.values()):
        yield f"no alarm: {row.tells.value}"
    seconds = {
        "addresses": result.address.get("more", 0.0),
        "binds": result.binds,
        "primaries": result.primaries,
    }
    if not row.forced:
        yield from (f"two {what} for {for_:.2f} s" for what, for_ in seconds.items() if for_ > 0)
    yield from _late(result, row)


def _late(result: Run, row: Row) -> Iterator[str]:
    stands = [*itertools.chain.from_iterable(result.standing.values())]
    stands += itertools.chain.from_iterable(map(account.standing, result.journal.values()))
    told = any(said in line for said in row.says for line in stands)
    for what, value in (("text", result.text), ("call", result.call)):
        if value is None and not told:
            yield f"no {what}"
        elif value is None:
            continue
        elif row.within is not None and value > row.within:
            yield f"first {what} after {value:.1f} s, promised {row.within:g} s"
    if result.back is not None and result.back > row.back:
        yield f"back after {result.back:.0f} s, promised {row.back:g} s"


def summary(runs: list[Run], order: list[str]) -> dict[str, dict[str, Any]]:
    """By fault: how often, median and maximum of each time, and how much was wrong in all."""
    told = {}
    for fault, several in itertools.groupby(
        sorted(runs, key=lambda run: order.index(run.fault)), lambda run: run.fault
    ):
        all_of = list(several)
        row: dict[str, Any] = {"runs": len(all_of)}
        for what in ("text", "call", "back"):
            values = [getattr(run, what) for run in all_of]
            row |= {f"{what}_median": account.middle(values), f"{what}_max": account.worst(values)}
        for what in ("lost", "kept", "unanswered", "repeated", "twice"):
            row[what] = sum(len(getattr(run, what)) for run in all_of)
        row["pressure"] = account.middle(run.pressure for run in all_of)
        for what in ("taken", "refused", "sent_again"):
            row[what] = sum(getattr(run, what) for run in all_of)
        row["two_addresses"] = round(sum(run.address.get("more", 0.0) for run in all_of), 2)
        row["two_binds"] = round(sum(run.binds for run in all_of), 2)
        row["two_primaries"] = round(sum(run.primaries for run in all_of), 2)
        row["as_promised"] = sum(not run.wrong for run in all_of)
        told[fault] = row
    return told


def table(told: dict[str, dict[str, Any]]) -> str:
    """For a terminal."""
    keys = list(next(iter(told.values()), {}))
    lines = [["fault", *(key.replace("_", " ") for key in keys)]]
    lines += [
        [fault, *("-" if row[key] is None else str(row[key]) for key in keys)] for fault, row in told.items()
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(word.rjust(width) for word, width in zip(line, widths, strict=True)) for line in lines
    )


def markdown(runs: list[Run], order: list[str]) -> str:
    """For a page: the sums, and what came of each boot with a part missing."""
    told = summary(runs, order)
    lines = [_line(COLUMNS.values()), _line("---" for _ in COLUMNS)]
    lines += [
        _line(fault if key == "fault" else row.get(key) for key in COLUMNS) for fault, row in told.items()
    ]
    looked = [run for run in runs if run.states]
    if looked:
        lines += ["", _line(LOOKED), _line("---" for _ in LOOKED), *map(_looked, looked)]
    failed = [f"- {run.fault} on {run.node or '?'}: {'; '.join(run.wrong)}" for run in runs if run.wrong]
    return "\n".join((*lines, *(["", "Not as promised:", ""] if failed else []), *failed)) + "\n"


def _looked(run: Run) -> str:
    """A row of the second table."""
    states = "; ".join(f"{node}: {state or 'silent'}" for node, state in run.states.items())
    alarms = "; ".join(f"{node}: {', '.join(told)}" for node, told in run.standing.items() if told)
    return _line((run.fault, run.node, run.text, run.call, run.back, states, alarms or "none"))


def _line(cells: Iterable[object]) -> str:
    words = (
        "-" if cell is None else f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in cells
    )
    return f"| {' | '.join(words)} |"
