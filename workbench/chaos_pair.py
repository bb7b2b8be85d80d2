"""`make lab-chaos`: faults on the lab's pair while texts come in, and what each cost, in build/chaos/.

Owns the faults and the clock. Time is from the fault to the first text answered and the first call placed
after it. Needs a lab that is up, both servers paired. Refuses to repair: the pair comes back by itself.
"""

import argparse
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from workbench.lab import __main__ as lab
from workbench.lab import net
from workbench.process import PartError
from workbench.stage import EVERYBODY, GROUP, GROUP_NAME

FOLDER = Path("build/chaos")
EVERY = 0.25
WATCHED = 45.0
PATIENCE = 120.0
ACTIVE, STANDBY = ("active_paired", "standby")


@dataclass
class Run:
    """One fault. Times in seconds since it; None: not within the patience. back: a pair in step again."""

    fault: str
    text: float | None = None
    call: float | None = None
    back: float | None = None
    taken: int = 0
    lost: int = 0
    double: int = 0
    address: dict[str, float] = field(default_factory=dict)


def on(node: str, command: str, patience: float = 20.0) -> str:
    """What a command on the node prints; empty when it fails or does not end."""
    words = [*lab.ssh_words(), "-o", "ConnectTimeout=3", f"root@{net.ADDRESSES[node]}", command]
    try:
        done = subprocess.run(
            net.inside(net.OUTSIDE, *words), capture_output=True, text=True, check=False, timeout=patience
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout if done.returncode == 0 else ""


def states() -> dict[str, str]:
    """What each server's arbiter says that it is."""
    told = {node: on(node, "usnd pair status --json") for node in net.ADDRESSES}
    return {node: str(json.loads(text)["state"]) if text else "" for node, text in told.items()}


def active(patience: float = PATIENCE) -> str:
    """The active of a pair in step. Raises PartError."""
    deadline = time.monotonic() + patience
    while sorted((found := states()).values()) != sorted((ACTIVE, STANDBY)):
        if time.monotonic() > deadline:
            raise PartError(f"no pair in step: {found}")
        time.sleep(0.5)
    return next(node for node, state in found.items() if state == ACTIVE)


FAULTS: dict[str, Callable[[str], object]] = {
    "hand-over": lambda node: on(node, "usnd pair switch-over"),
    "crash": lambda node: lab.ask("power", node, "off"),
    # All but the kernel and init: addresses still answer, nothing else does.
    "hang": lambda node: on(node, "kill -STOP -1", 1.0),
    "asterisk": lambda node: on(node, "systemctl kill --signal=KILL asterisk"),
}


class Texts:
    """New users are texted in, each by its own name; several at a time, as one may wait for a dead bind."""

    def __init__(self, names: Iterator[str], started: float) -> None:
        self.taken: list[str] = []
        self.first: float | None = None
        self._names, self._started = names, started
        self._over = threading.Event()

    def run(self) -> None:
        """Until `stop`."""
        while not self._over.wait(EVERY):
            threading.Thread(target=self._one, args=(next(self._names),), daemon=True).start()

    def stop(self) -> None:
        self._over.set()

    def _one(self, name: str) -> None:
        sent = time.monotonic()
        try:
            answer = lab.ask("text", "subscriber", f"UC {name} +4477009{int(name[1:]):05d} {name.title()}")
        except PartError:
            return
        if name in answer.lower():
            self.taken.append(name)
            if self.first is None and sent > self._started:
                self.first = time.monotonic() - self._started


def first_call(started: float, patience: float = 60.0) -> float | None:
    """Launches a conference until the switch gets a call."""
    before = len(lab.ask("invites").splitlines())
    while time.monotonic() - started < patience:
        try:
            lab.ask("text", "bravo", f"IC {GROUP_NAME}", patience=5)
        except (PartError, OSError):
            time.sleep(EVERY)
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            if len(lab.ask("invites").splitlines()) > before:
                return time.monotonic() - started
            time.sleep(0.05)
    return None


def suffer(fault: str, names: Iterator[str]) -> Run:
    """One fault on the active, and all that came of it."""
    node = active()
    result = Run(fault)
    words = net.inside(net.OUTSIDE, sys.executable, "-m", "workbench.lab.watch", str(WATCHED))
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as watch:
        started = time.monotonic()
        FAULTS[fault](node)
        texts = Texts(names, started)
        stream = threading.Thread(target=texts.run, daemon=True)
        stream.start()
        result.call = first_call(started)
        lab.ask("hang-up")
        texts.stop()
        stream.join()
        active()
        result.back = time.monotonic() - started
        result.address = json.loads(watch.communicate()[0])
    result.text, result.taken = texts.first, len(texts.taken)
    kept = on(active(), "sudo -u postgres psql -At usn -c 'SELECT nick FROM users'").split()
    result.lost = len(set(texts.taken) - set(kept))
    result.double = sum(int(lab.ask("answers", name)) > 1 for name in texts.taken)
    return result


def prepare() -> None:
    """Two subscribers: one whose users come and go, one who calls the group."""
    node = active()
    for who in ("subscriber", "bravo"):
        on(node, f"sudo -u usnd usnd subscriber add {EVERYBODY[who]}")
    for nick, number in GROUP.items():
        if nick != "bravo":
            lab.ask("text", "bravo", f"UC {nick} {number} {nick.title()} {GROUP_NAME}")


def account(runs: list[Run]) -> dict[str, Any]:
    """All of it, as it is written."""
    return {"runs": [asdict(run) for run in runs]}


def main() -> int:
    """The exit status: 0 when nothing was lost or done twice, and never two were active."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faults", nargs="*", default=list(FAULTS))
    given = parser.parse_args()
    prepare()
    first = int(time.time()) % 90000
    names = (f"p{number}" for number in itertools.count(first))
    runs = []
    FOLDER.mkdir(parents=True, exist_ok=True)
    for fault in given.faults:
        runs.append(suffer(fault, names))
        print(json.dumps(asdict(runs[-1])), flush=True)
        (FOLDER / "pair.json").write_text(json.dumps(account(runs), indent=1) + "\n")
    bad = any(run.lost or run.double or run.address["more"] or run.call is None for run in runs)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
