"""`make lab-chaos`: faults on the lab's pair while texts come in, and what each cost, in build/chaos/.

    make lab-chaos ARGS='--rows crash,hang --times 20 --seed 7'

Takes the rows of workbench/lab/faults one after the other, in an order drawn from the seed, keeps the time,
and sends texts meanwhile. Needs a lab that is up, both servers paired. It repairs only what a row's `mend`
says: the pair comes back by itself, or the row has failed.
"""

import argparse
import itertools
import json
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from usnd.domain.pair.alarms import PairAlarm
from workbench.bench.vitals import waited
from workbench.demo.stage import EVERYBODY, GROUP, GROUP_NAME
from workbench.lab import __main__ as lab
from workbench.lab import net
from workbench.lab.faults import account, boots
from workbench.lab.faults.observation import ALARMS_EVERY, EVERY, SENDERS, Watch
from workbench.lab.faults.rows import CHIEF, FAULTS, Row, other
from workbench.lab.faults.runs import Run, markdown, summary, table, wrong
from workbench.parts.process import PartError
from workbench.setup.command import command

FOLDER = Path("build/chaos")
RESULT = FOLDER / "pair.json"
KEPT_ASIDE = "/var/lib/postgresql/17/main.kept-*"
ROWS: dict[str, Row] = {**FAULTS, **boots.rows()}
BEFORE = 1.5
AFTER = 3.0
LAUNCH_EVERY = 0.5
PATIENCE = 180.0
SETTLES = 6.0
TOLD_PATIENCE = 90.0


def active(patience: float = PATIENCE) -> str:
    """The active of a pair in step. Raises PartError."""
    deadline = time.monotonic() + patience
    while (node := lab.active(found := lab.states())) is None:
        if time.monotonic() > deadline:
            raise PartError(f"no pair in step: {found}")
        time.sleep(0.5)
    return node


def well() -> str:
    """The active of a pair that is as new: illness adds up, and who handed over for it rests."""
    node = active()
    if any(said.startswith(PairAlarm.ILL.value) for said in lab.status(node)["alarms"]):
        lab.ask("run", node, "usnd", "pair", "switch-over")
        time.sleep(AFTER)
        node = active()
    restarted = time.monotonic()
    lab.ask("run", other(node), "systemctl", "restart", "usn-arbiter")
    _until_standby_since(other(node), restarted)
    return active()


def _until_standby_since(node: str, restarted: float) -> None:
    """What its arbiter said before it was restarted does not count. Raises PartError."""
    deadline = restarted + PATIENCE
    while time.monotonic() < deadline:
        with suppress(PartError):  # its arbiter is beginning
            told = lab.status(node)
            if told.get("state") == "standby" and told["since_s"] < time.monotonic() - restarted:
                return
        time.sleep(0.2)
    raise PartError(f"usn-{node} is no standby again {PATIENCE:g} s after its arbiter was restarted")


def silence(node: str) -> None:
    """Ends the conferences of the fault before, also one that was called together again. Raises PartError."""
    deadline = time.monotonic() + PATIENCE
    while live := lab.ask("run", node, "sudo", "-u", "usnd", "usnd", "conferences", "--json").strip():
        if time.monotonic() > deadline:
            raise PartError(f"a conference does not end: {live}")
        lab.ask("hang-up")
        time.sleep(0.5)


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


def _launch() -> None:
    with suppress(PartError, OSError):
        lab.ask("deliver", "bravo", f"IC {GROUP_NAME}", patience=5)


def suffer(name: str, names: Iterator[str], chance: random.Random) -> Run:
    """One fault on the active, and all that came of it."""
    node, row = well(), ROWS[name]
    silence(node)
    result = Run(name, node)
    with Watch(names) as watch:
        time.sleep(BEFORE + chance.uniform(0, 1))
        fault, began = time.monotonic(), time.time()
        before = waited()
        row.strike(node, chance)
        struck = time.time()
        ready = time.monotonic()
        source = net.ADDRESSES[other(node)] if row.moves else None
        result.call = first_call(began, began if row.moves else struck, source, row.patience)
        result.pressure = round((waited() - before) / (time.monotonic() - fault), 2)
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
    words = ("journalctl", "-b", "-o", "cat", "-g", "alarm (raised|cleared)")
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
    result.wrong += wrong(result, row)


def _kept_lines() -> Iterator[str]:
    """Of the lists of what `rejoin` kept aside, on both servers; then it is removed, as a person would."""
    for node in net.ADDRESSES:
        yield from lab.ask(
            "run", node, "sh", "-c", f"cat {KEPT_ASIDE}.jsonl 2>/dev/null || true"
        ).splitlines()
        lab.ask("run", node, "sh", "-c", f"rm -rf {KEPT_ASIDE}")


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
        result = {
            "seed": given.seed,
            "summary": summary(runs, list(ROWS)),
            "runs": [asdict(run) for run in runs],
        }
        given.into.write_text(json.dumps(result, indent=1) + "\n")
        given.into.with_suffix(".md").write_text(markdown(runs, list(ROWS)))
    print(table(summary(runs, list(ROWS))))
    return int(any(run.wrong for run in runs))


if __name__ == "__main__":
    sys.exit(command(main))
