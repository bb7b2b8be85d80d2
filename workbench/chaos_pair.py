"""`make lab-chaos`: faults on the lab's pair while texts come in, and what each cost, in build/chaos/.

    make lab-chaos ARGS='--rows crash,hang --times 20 --seed 7'

Owns the order, the clock and the stream of texts. Needs a lab that is up, both servers paired. Refuses to
repair more than a row's `mend`: the pair comes back by itself, or the row has failed.
"""

import argparse
import itertools
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from usnd.domain.pair.alarms import PairAlarm
from workbench.command import command
from workbench.lab import __main__ as lab
from workbench.lab import account, boots, net
from workbench.lab.faults import CHIEF, FAULTS, Row, other
from workbench.lab.primary import Primary
from workbench.process import PartError
from workbench.stage import EVERYBODY, GROUP, GROUP_NAME

FOLDER = Path("build/chaos")
RESULT = FOLDER / "pair.json"
KEPT_ASIDE = "/var/lib/postgresql/17/main.kept-*"
ROWS: dict[str, Row] = {**FAULTS, **boots.rows()}
EVERY = 0.25
BEFORE = 1.5
AFTER = 3.0
LAUNCH_EVERY = 0.5
PATIENCE = 180.0
ALARMS_EVERY = 0.5
SETTLES = 6.0
TOLD_PATIENCE = 90.0
SENDERS = tuple(f"+4477009{number}" for number in range(99000, 99060))
KEPT = 240.0
"""Seconds that the SMSC keeps a text that the USN does not take."""


@dataclass
class Run:
    """One fault. Times in seconds since it; None: not within the patience. back: a pair in step again.

    taken: texts that the USN took, of which `lost` are not in its database, nor `kept` aside for a person,
    and `unanswered` got no answer. refused: not taken as long as the SMSC kept them. sent_again: by the SMSC.
    alarms: seconds until each was raised, by server. states, standing, journal: where the row looks on, what
    the servers are before a person mends anything, the alarms that stand then, and those in their journals
    since they booted.
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


def active(patience: float = PATIENCE) -> str:
    """The active of a pair in step. Raises PartError."""
    deadline = time.monotonic() + patience
    while (node := lab.active(found := lab.states())) is None:
        if time.monotonic() > deadline:
            raise PartError(f"no pair in step: {found}")
        time.sleep(0.5)
    return node


def silence(node: str) -> None:
    """Ends the conferences of the fault before, also one that was called together again. Raises PartError."""
    deadline = time.monotonic() + PATIENCE
    while live := lab.ask("run", node, "sudo", "-u", "usnd", "usnd", "conferences", "--json").strip():
        if time.monotonic() > deadline:
            raise PartError(f"a conference does not end: {live}")
        lab.ask("hang-up")
        time.sleep(0.5)


class Stream:
    """New users are texted in, each by its own name; several at a time, as one may wait for a dead bind.

    By many subscribers: one who sends that many is taken for an automaton (decision 27).

    The SMSC keeps each text until it is taken, and sends it again every 5 s.
    """

    def __init__(self, names: Iterator[str]) -> None:
        self.sent: list[account.Text] = []
        self._names = names
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._main = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._main.start()

    def stop(self) -> None:
        """Returns when all that were sent were taken, refused, or given up."""
        self._over.set()
        for thread in (self._main, *self._threads):
            thread.join()

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            thread = threading.Thread(target=self._one, args=(next(self._names),), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _one(self, name: str) -> None:
        began = time.monotonic()
        number = int(name[1:])
        text = f"UC {name} +4477009{number:05d} {name.title()}"
        try:
            said = lab.ask("keep", SENDERS[number % len(SENDERS)], str(KEPT), text, patience=2 * KEPT)
            status, times = map(int, said.split())
        except (PartError, OSError):
            status, times = None, 0
        self.sent.append(account.Text(name, began, status, times))


class Watch(AbstractContextManager["Watch"]):
    """What is seen from outside while it lasts: the address, the binds, the databases, the texts, the alarms.

    before: how many of the events are older. alarms: when each was first seen, by server.
    """

    events: ClassVar[list[dict[str, Any]]] = []
    """All that the SMSC told since the lab is up; each is asked for once."""

    def __init__(self, names: Iterator[str]) -> None:
        self.stream = Stream(names)
        self.primaries = {node: Primary(lambda node=node: lab.ask("system", node)) for node in net.ADDRESSES}  # type: ignore[misc]
        self.address: dict[str, float] = {}
        self.before = 0
        self.alarms: dict[str, dict[str, float]] = {node: {} for node in net.ADDRESSES}
        self._over = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)

    def _listen(self) -> None:
        while not self._over.wait(ALARMS_EVERY):
            for node, known in self.alarms.items():
                for alarm in lab.status(node).get("alarms", ()):
                    known.setdefault(alarm, time.monotonic())

    def _read(self) -> None:
        self.events.extend(json.loads(lab.ask("events", str(len(self.events)))))

    def __enter__(self) -> Self:
        self._read()
        self.before = len(self.events)
        words = net.inside(net.OUTSIDE, sys.executable, "-m", "workbench.lab.watch")
        self._arp = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for primary in self.primaries.values():
            primary.start()
        self.stream.start()
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stream.stop()
        self._over.set()
        self._listener.join()
        for primary in self.primaries.values():
            primary.stop()
        self.address = json.loads(self._arp.communicate()[0] or "{}")
        self._read()


def first_call(began: float, since: float, source: str | None, patience: float) -> float | None:
    """Launches conferences until the switch gets a call, from `source` if given. Both times by the epoch."""
    due = 0.0
    while (now := time.time()) - max(began, since) < patience:
        if now >= due:  # not one after the other: a text may wait for a dead bind
            threading.Thread(target=_launch, daemon=True).start()
            due = now + LAUNCH_EVERY
        calls = [line.split() for line in lab.ask("invites").splitlines()]
        placed = [float(at) for come, _, _, at in calls if float(at) > since and source in (None, come)]
        if placed:
            return min(placed) - began
        time.sleep(0.05)
    return None


def _waited() -> float:
    """Seconds since the machine's start in which something waited for a processor (kernel, psi)."""
    words = Path("/proc/pressure/cpu").read_text().split("\n", 1)[0]
    return int(words.rpartition("total=")[2]) / 1e6


def _launch() -> None:
    with suppress(PartError, OSError):
        lab.ask("deliver", "bravo", f"IC {GROUP_NAME}", patience=5)


def suffer(name: str, names: Iterator[str], chance: random.Random) -> Run:
    """One fault on the active, and all that came of it."""
    node, row = active(), ROWS[name]
    silence(node)
    result = Run(name, node)
    with Watch(names) as watch:
        time.sleep(BEFORE + chance.uniform(0, 1))
        fault, began = time.monotonic(), time.time()
        waited = _waited()
        row.strike(node, chance)
        struck = time.time()
        ready = time.monotonic()
        source = net.ADDRESSES[other(node)] if row.moves else None
        result.call = first_call(began, began if row.moves else struck, source, row.patience)
        result.pressure = round((_waited() - waited) / (time.monotonic() - fault), 2)
        lab.ask("hang-up")
        if row.tells is not None:
            _until_told(watch, row.tells)
        if row.look:
            _look_on(result, fault + row.look)
        if row.mend is not None:
            row.mend(node, chance)
        try:
            active(max(PATIENCE, row.back))
            result.back = time.monotonic() - fault
        except PartError as error:
            result.wrong.append(str(error))
        time.sleep(AFTER)
    _account(result, watch, fault, ready, row)
    return result


def _look_on(result: Run, until: float) -> None:
    """Until then, or until the pair is in step and has had the time for an alarm."""
    settled = None
    while (now := time.monotonic()) < until and (settled is None or now - settled < SETTLES):
        if settled is None and lab.active(lab.states()) is not None:
            settled = now
        time.sleep(ALARMS_EVERY)
    result.states = lab.states()
    result.standing = {node: lab.status(node).get("alarms", []) for node in net.ADDRESSES}
    words = ("journalctl", "-b", "-o", "cat", "-g", "alarm raised")
    for node in net.ADDRESSES:
        with suppress(PartError):  # it is off
            result.journal[node] = sorted(set(lab.ask("run", node, *words).splitlines()))


def _until_told(watch: Watch, alarm: PairAlarm) -> None:
    deadline = time.monotonic() + TOLD_PATIENCE
    while time.monotonic() < deadline and not any(alarm.value in told for told in watch.alarms.values()):
        time.sleep(ALARMS_EVERY)


def _account(result: Run, watch: Watch, fault: float, ready: float, row: Row) -> None:
    since = fault if row.moves else ready
    found = account.texts(watch.stream.sent, watch.events, since, moves=bool(row.moves))
    a, b = (primary.samples for primary in watch.primaries.values())
    result.text = None if found.first is None else found.first - fault
    result.taken = len(found.taken)
    result.refused = len(watch.stream.sent) - result.taken
    result.sent_again = sum(max(0, text.times - 1) for text in watch.stream.sent)
    result.alarms = {
        node: {alarm: round(at - fault, 1) for alarm, at in told.items()}
        for node, told in watch.alarms.items()
    }
    result.unanswered, result.repeated, result.twice = map(
        list, (found.unanswered, found.repeated, found.twice)
    )
    result.address = watch.address
    result.binds = account.two_binds(watch.events[watch.before :])
    result.primaries = account.two_primaries(a, b)
    if result.back is not None:
        nicks = "SELECT nick FROM users"
        there = lab.ask("run", active(), "sudo", "-u", "postgres", "psql", "-At", "usn", "-c", nicks)
        gone = set(found.taken) - set(there.lower().split())
        aside = account.kept_aside(_kept_lines())
        result.kept, result.lost = sorted(gone & aside), sorted(gone - aside)
    result.wrong += _wrong(result, row)


def _kept_lines() -> Iterator[str]:
    """Of the lists of what `rejoin` kept aside, on both servers; then it is removed, as a person would."""
    for node in net.ADDRESSES:
        yield from lab.ask(
            "run", node, "sh", "-c", f"cat {KEPT_ASIDE}.jsonl 2>/dev/null || true"
        ).splitlines()
        lab.ask("run", node, "sh", "-c", f"rm -rf {KEPT_ASIDE}")


def _wrong(result: Run, row: Row) -> Iterator[str]:
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
    told = bool(row.look) and any((*result.alarms.values(), *result.journal.values()))
    for what, value in (("text", result.text), ("call", result.call)):
        if value is None and not told:
            yield f"no {what}"
        elif value is None:
            continue
        elif row.within is not None and value > row.within:
            yield f"first {what} after {value:.1f} s, promised {row.within:g} s"
    if result.back is not None and result.back > row.back:
        yield f"back after {result.back:.0f} s, promised {row.back:g} s"


def prepare() -> None:
    """The subscribers: those whose users come and go, and one who calls the group."""
    node = active()
    known = lab.ask("run", node, "sudo", "-u", "usnd", "usnd", "subscriber", "list")
    for number in (*SENDERS, EVERYBODY["bravo"]):
        if number not in known:
            lab.ask("run", node, "sudo", "-u", "usnd", "usnd", "subscriber", "add", number)
    for nick, number in GROUP.items():
        if nick != "bravo":
            lab.ask("text", "bravo", f"UC {nick} {number} {nick.title()}.Jones {GROUP_NAME}")


def summary(runs: list[Run]) -> dict[str, dict[str, Any]]:
    """By fault: how often, median and maximum of each time, and how much was wrong in all."""
    told = {}
    for fault, several in itertools.groupby(
        sorted(runs, key=lambda run: list(ROWS).index(run.fault)), lambda run: run.fault
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


def main() -> int:
    """The exit status: 0 when all was as promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default=",".join(CHIEF), help=f"of: {', '.join(ROWS)}; all; boots")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--add", action="store_true", help="to the runs that the file has already")
    parser.add_argument("--into", type=Path, default=RESULT, help=f"the file of the account: {RESULT}")
    given = parser.parse_args()
    several = {"all": list(FAULTS), "boots": list(boots.rows())}
    rows = several.get(given.rows) or given.rows.split(",")
    if unknown := set(rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(unknown)}")
    chance = random.Random(given.seed)  # noqa: S311 (to be repeated)
    prepare()
    names = (f"p{number}" for number in itertools.count(int(time.time() / EVERY) % 90000))
    runs = [Run(**run) for run in json.loads(given.into.read_text())["runs"]] if given.add else []
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in chance.sample(rows * given.times, len(rows) * given.times):
        try:
            runs.append(suffer(name, names, chance))
        except PartError as error:
            runs.append(Run(name, "", wrong=[str(error)]))
        print(json.dumps(asdict(runs[-1])), flush=True)
        result = {"seed": given.seed, "summary": summary(runs), "runs": [asdict(run) for run in runs]}
        given.into.write_text(json.dumps(result, indent=1) + "\n")
    print(table(summary(runs)))
    return int(any(run.wrong for run in runs))


if __name__ == "__main__":
    sys.exit(command(main))
