"""Compares what the switch, the database, the files and the destinations have of each call of a period.

`usnd cdr reconcile` runs it, on the server whose log it is; it changes nothing. What is found is judged by
domain/billing/reconciliation.py. What is in memory is the calls of the period, and a file's lines at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from usnd.domain.billing.cdr import Cdr
from usnd.domain.billing.cdr_file import CdrFile, FileState
from usnd.domain.billing.fields import is_number
from usnd.domain.billing.formats import FORMATS, Format
from usnd.domain.billing.reconciliation import Call, Finding, Holding, Switch, judge_call, judge_line
from usnd.domain.billing.switch_log import Log
from usnd.domain.conference.call import CallOutcome
from usnd.domain.conference.call_ids import conference_of
from usnd.process.os_errors import about
from usnd.services.billing.writing import path_of
from usnd.store.core.transaction import Transaction

PAGE = 5_000
LATE = timedelta(days=2)
"""A record may be written so long after its call: by a server that was down."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is said. destination: of a line. leg_s, record_s: what each talked, in seconds."""

    finding: Finding
    call: str
    sequence: int = 0
    destination: str = ""
    leg_s: float = 0.0
    record_s: float = 0.0


@dataclass(slots=True)
class Account:
    """All of a period. sums: how many of each."""

    legs: int = 0
    calls: int = 0
    records: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    confirmed: dict[str, int] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)

    @property
    def differences(self) -> list[Found]:
        """What somebody has to look at."""
        return [one for one in self.found if one.finding.differs]


@dataclass(frozen=True, slots=True)
class Period:
    """Calls that ended then (UTC)."""

    since: datetime
    until: datetime


class Reconciliation:
    """tx: of one state of the database. directory: of the files on this server. node: whose log it is."""

    def __init__(
        self, tx: Transaction, directory: Path | None, destinations: Sequence[str], node: str
    ) -> None:
        self._tx, self._directory, self._destinations, self._node = tx, directory, destinations, node

    def run(self, log: Log, period: Period) -> Account:
        """`log` has the legs of the period. Raises OSError, SQLAlchemy's errors."""
        account = Account(legs=len(log.legs))
        records = self._records(period)
        switch = Switch(self._node, log.since)
        for call in self._calls(log, records):
            finding = judge_call(call, switch)
            account.calls += 1
            sequence = call.records[-1][0] if call.records else 0
            leg_s = call.leg.talked.total_seconds() if call.leg else 0.0
            account.found.append(Found(finding, call.id, sequence, "", leg_s, call.charged.total_seconds()))
        account.records = sum(map(len, records.values()))
        wanted = {sequence: cdr for page in records.values() for sequence, cdr in page}
        for destination in self._destinations:
            self._judge_lines(account, destination, wanted)
        return account

    def _records(self, period: Period) -> dict[str, list[tuple[int, Cdr]]]:
        """By call, of those that ended in the period: all records of each."""
        found: dict[str, list[tuple[int, Cdr]]] = {}
        known = _first_behind(self._tx, period.since - LATE) - 1
        while page := self._tx.cdrs.after(known, PAGE):
            for sequence, cdr in page:
                if cdr.interim_of is None and period.since <= cdr.stop < period.until:
                    found[cdr.call] = [(sequence, cdr)]
            known = page[-1][0]
            if all(cdr.stop > period.until + LATE for _, cdr in page):
                break
        for call, final in found.items():
            if final[0][1].part > 1:
                found[call] = list(self._tx.cdrs.of_call(call))
        return found

    def _calls(self, log: Log, records: dict[str, list[tuple[int, Cdr]]]) -> Iterator[Call]:
        """Each that log or database have. Of a leg at the edge of the period the record is looked up."""
        live = {
            call.id for conference in self._tx.conferences.live() for call in conference.calls if call.live
        }
        for one in sorted({*log.legs, *records}):
            own: Sequence[tuple[int, Cdr]] = records.get(one, ())
            if not own:
                own = self._tx.cdrs.of_call(one)
            retried = not own and self._was_retried(one)
            yield Call(one, log.legs.get(one), own, one in live, retried)

    def _was_retried(self, call: str) -> bool:
        conference = conference_of(call)
        stored = None if conference is None else self._tx.conferences.get(conference)
        calls = () if stored is None else stored.calls
        return any(one.id == call and one.outcome is CallOutcome.OVERFLOWED for one in calls)

    def _judge_lines(self, account: Account, destination: str, wanted: dict[int, Cdr]) -> None:
        account.lines[destination] = account.confirmed[destination] = 0
        left = dict(wanted)
        while left:
            first = min(left)
            file = _file_with(self._tx, destination, first)
            if file is None:
                held = {sequence: Holding(closed=False) for sequence in left}
            else:
                inside = {one: cdr for one, cdr in left.items() if one <= file.last}
                held = dict(self._held(account, file, inside))
            for sequence, holding in held.items():
                cdr = left.pop(sequence)
                finding = judge_line(holding)
                account.lines[destination] += holding.closed and holding.line == holding.wanted
                account.confirmed[destination] += finding is Finding.TIED
                if finding is not Finding.TIED:
                    account.found.append(Found(finding, cdr.call, sequence, destination))

    def _held(self, account: Account, file: CdrFile, inside: dict[int, Cdr]) -> Iterator[tuple[int, Holding]]:
        """Where each record of one file is. A line that is not one of the file's records is said here."""
        path = path_of(self._directory, file) if self._directory is not None else None
        here = path is not None and path.exists()
        lines = _lines(path, FORMATS[file.format]) if here and path is not None else {}
        for sequence in sorted(lines):
            if not file.first <= sequence <= file.last:
                account.found.append(Found(Finding.LINE_UNKNOWN, "", sequence, file.destination))
        confirmed = file.state is FileState.CONFIRMED
        for sequence, cdr in inside.items():
            written = FORMATS[file.format].records(file.layout, [(sequence, cdr)])
            line = lines.get(sequence) if here else written
            yield sequence, Holding(closed=True, confirmed=confirmed, here=here, line=line, wanted=written)


def _first_behind(tx: Transaction, since: datetime) -> int:
    """A sequence number before which no record ended after `since`, as far as they are in order."""
    low, high = tx.cdrs.oldest(), tx.cdrs.newest() + 1
    while low < high:
        middle = (low + high) // 2
        page = tx.cdrs.after(middle - 1, 1)
        if page and page[0][1].stop < since:
            low = page[0][0] + 1
        else:
            high = middle
    return low


def _file_with(tx: Transaction, destination: str, sequence: int) -> CdrFile | None:
    return next((file for file in tx.cdr_files.having(sequence) if file.destination == destination), None)


def _lines(path: Path, form: Format) -> dict[int, bytes]:
    """Of a file of CDRs, by sequence number. A number that is there twice has both lines."""
    found: dict[int, bytes] = {}
    with about(path), path.open("rb") as opened:
        for line in form.lines(opened):
            written = line.values.get("sequence", "")
            if is_number(written):
                found[int(written)] = found.get(int(written), b"") + line.octets
    return found
