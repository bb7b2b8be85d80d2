"""The account of a bulk that was interrupted: which row was answered how, and what the database says of it.

Called by provisioning.py at the end of a run. No I/O: it is given rows and lines.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from usnd.domain.provisioning.codes import Code

_ROW = re.compile(rb'<row n="(\d+)" code="(\d+)">')
_SHOWN = 20  # of each kind of fault, in the result file


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One order as it is sent. `number`: whose; `expected`: the code that is right, however often it comes.

    kept: usnd decides it and keeps its answer; what breaks the schema never comes so far.
    """

    order: str
    number: str
    expected: Code = Code.DONE
    kept: bool = True


@dataclass
class Answers:
    """Each line that a row was answered with, over all times that the bulk was sent."""

    first: dict[int, bytes] = field(default_factory=dict)
    repeated: int = 0
    differing: list[int] = field(default_factory=list)
    strange: int = 0
    """Lines that are no row of this bulk."""

    def take(self, line: bytes) -> int | None:
        """The row's number; None where the line is none."""
        if not line.startswith(b"<row"):
            return None
        found = _ROW.match(line)
        if found is None or not line.endswith(b"</row>"):
            self.strange += 1
            return None
        number = int(found[1])
        if number not in self.first:
            self.first[number] = line
        else:
            self.repeated += 1
            if self.first[number] != line:
                self.differing.append(number)
        return number


@dataclass(frozen=True)
class Stored:
    """What the database has: changes by number and how many of each; answers kept; subscribers."""

    changes: Counter[str]
    answers: int
    subscribers: int


@dataclass
class BulkLedger:
    """Numbers of rows, by what went wrong; counts of what went well."""

    rows: int = 0
    answered: int = 0
    answered_again_alike: int = 0
    by_code: dict[int, int] = field(default_factory=dict)
    not_answered: list[int] = field(default_factory=list)
    wrong_code: list[int] = field(default_factory=list)
    answered_differently: list[int] = field(default_factory=list)
    not_done: list[int] = field(default_factory=list)
    done_again: list[int] = field(default_factory=list)
    strange_lines: int = 0
    counts_wrong: list[str] = field(default_factory=list)

    @property
    def violations(self) -> int:
        """Zero, or the product is wrong."""
        rows = (self.not_answered, self.wrong_code, self.answered_differently, self.not_done, self.done_again)
        return sum(map(len, rows)) + self.strange_lines + len(self.counts_wrong)

    def as_result(self) -> dict[str, object]:
        """For the result file."""
        short = {
            key: value[:_SHOWN] if isinstance(value, list) else value for key, value in asdict(self).items()
        }
        return {**short, "violations": self.violations}


def account(rows: Sequence[BulkRow], answers: Answers, stored: Stored) -> BulkLedger:
    """The ledger. Row 1 is rows[0]."""
    ledger = BulkLedger(len(rows), len(answers.first), answers.repeated - len(answers.differing))
    ledger.strange_lines = answers.strange + len(set(answers.first) - set(range(1, len(rows) + 1)))
    ledger.answered_differently = answers.differing
    codes = Counter[int]()
    for nth, row in enumerate(rows, 1):
        code = code_of(answers.first.get(nth))
        if code is None:
            ledger.not_answered.append(nth)
            continue
        codes[code] += 1
        if code != row.expected:
            ledger.wrong_code.append(nth)
    ledger.by_code = dict(sorted(codes.items()))
    _judge_stored(ledger, rows, stored)
    return ledger


def _judge_stored(ledger: BulkLedger, rows: Sequence[BulkRow], stored: Stored) -> None:
    wanted = {row.number: nth for nth, row in enumerate(rows, 1) if row.expected is Code.DONE}
    ledger.not_done = [nth for number, nth in wanted.items() if not stored.changes[number]]
    ledger.done_again = [nth for number, nth in wanted.items() if stored.changes[number] > 1]
    strangers = len(set(stored.changes) - set(wanted))
    kept = sum(row.kept for row in rows)
    expected = {
        "subscribers": (len(wanted), stored.subscribers),
        "numbers changed that nobody asked for": (0, strangers),
        "answers kept, with that to the bulk": (kept + 1, stored.answers),
    }
    ledger.counts_wrong = [
        f"{what}: {found} instead of {right}" for what, (right, found) in expected.items() if right != found
    ]


def code_of(line: bytes | None) -> int | None:
    """Of a row's line."""
    found = None if line is None else _ROW.match(line)
    return None if found is None else int(found[2])


def first_missing(rows: int, answered: Mapping[int, bytes] | Iterable[int]) -> int:
    """The first row without an answer; behind the last one, if there is none."""
    known = set(answered)
    return next((nth for nth in range(1, rows + 1) if nth not in known), rows + 1)
