"""`make fuzz-provisioning`: hostile terminals, phase after phase, while a polite one is served and timed.

nginx with TLS, the site and usnd are the real ones. It is a fault if others wait longer than twice, a 5xx or
a stack trace comes, a process dies or grows, or the site opens or asks anything on account of a document.
The account is in build/chaos/provisioning-fuzz.json.
"""

import argparse
import asyncio
import json
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench import ROOT
from workbench.chaos.provisioning import written
from workbench.fuzz.hostile import PHASES
from workbench.fuzz.polite import Polite, Served
from workbench.fuzz.watch import OWN, STRACE, foreign, resident_mb, server_errors, statuses, traces_in
from workbench.parts.crm.provisioning import Provisioning
from workbench.parts.crm.terminal import BULK, ONE, about, bulk, create, number, request
from workbench.parts.ports import PortBlock
from workbench.parts.postgres import Postgres, programs
from workbench.parts.process import PartError, Process, run, until
from workbench.parts.smsc.handsets import Smsc
from workbench.parts.usn import BOUND, Usn
from workbench.parts.voice.asterisk import asterisk_tree
from workbench.setup.command import command
from workbench.setup.needs import lacks

RESULT = Path("build/chaos/provisioning-fuzz.json")
TARGET = "fuzz-provisioning"
START_PATIENCE = 30.0
USUAL_SECONDS = 10.0
LONGEST_PHASE = 900.0
LOOK = 0.5
MOST_GROWN = 48.0  # MB, of each, from before the first phase to after the last one
TWICE = 2.0
WORST = 1000.0  # ms: so long a single request may take, however quick all were before
POLITE_NICE = 10  # of the attackers

SIZES = {
    "documents": 50_000, "bombs": 20, "nested": 10, "names": 20, "large": 1, "slow": 500, "handshakes": 1_000,
    "unread": 64, "bent": 20,
}  # fmt: skip
SMALL = {
    "documents": 1_000, "bombs": 2, "nested": 1, "names": 2, "large": 1, "slow": 50, "handshakes": 50,
    "unread": 16, "bent": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """sizes: of each phase to be run. rate: documents a second. timed: whether others' times are judged."""

    seed: int
    sizes: Mapping[str, int]
    rate: float
    seconds: float
    traced: bool = True
    timed: bool = True


@dataclass
class Phase:
    """One: what the hostile terminal was answered, how the polite one was served, MB at most and after."""

    answered: dict[str, int]
    served: Served
    seconds: float
    peak_mb: dict[str, float]
    after_mb: dict[str, float]

    def as_result(self) -> dict[str, object]:
        """For the result file."""
        return {
            "seconds": round(self.seconds, 1),
            "answered": self.answered,
            "polite": self.served.as_result(),
            "memory_mb": {"peak": self.peak_mb, "after": self.after_mb},
        }


@dataclass
class Outcome:
    """All phases, and what the whole showed."""

    usual: Served
    before_mb: dict[str, float]
    phases: dict[str, Phase] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    traces: list[str] = field(default_factory=list)
    opened: dict[str, int] = field(default_factory=dict)
    changed_pids: list[str] = field(default_factory=list)

    def faults(self, plan: Plan) -> list[str]:
        """In words."""
        found = [
            f"{count} answers of HTTP {status}" for status, count in server_errors(self.statuses).items()
        ]
        found += [f"in a log: {line}" for line in self.traces[:10]]
        found += [f"another process: {name}" for name in self.changed_pids]
        found += [f"the site {what} ({count})" for what, count in self.opened.items()]
        for name, phase in self.phases.items():
            found += [
                f"{name}: {said} ({count})" for said, count in phase.answered.items() if "FAULT" in said
            ]
            found += [f"{name}: the polite client was refused: {phase.served.refused[:3]}"] * bool(
                phase.served.refused
            )
            found += self._late(name, phase.served) if plan.timed else []
        if self.phases:
            last = [*self.phases.values()][-1].after_mb
            grown = {name: last[name] - before for name, before in self.before_mb.items()}
            found += [f"{name} has grown by {mb:.0f} MB" for name, mb in grown.items() if mb > MOST_GROWN]
        return found

    def _late(self, name: str, served: Served) -> list[str]:
        found = []
        if served.median > TWICE * self.usual.median:
            found.append(f"{name}: others wait {served.median:.1f} ms, usually {self.usual.median:.1f}")
        if served.worst > max(WORST, TWICE * self.usual.worst):
            found.append(f"{name}: one waited {served.worst:.0f} ms, usually {self.usual.worst:.0f} at most")
        return found

    def as_result(self, plan: Plan) -> dict[str, object]:
        """For the result file."""
        return {
            "seed": plan.seed,
            "documents_per_s": plan.rate,
            "usual": self.usual.as_result(),
            "memory_before_mb": self.before_mb,
            "phases": {name: phase.as_result() for name, phase in self.phases.items()},
            "http_statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "traced": plan.traced,
            "faults": self.faults(plan),
        }


class Fuzz:
    """The parts, the phases and the account."""

    def __init__(self, plan: Plan, stack: AsyncExitStack, ports: PortBlock) -> None:
        self._plan, self._stack = plan, stack
        trace = ports.spare(2)  # of this run alone
        self._trace = Path(f"/tmp/usn-fuzz-{trace}.strace")  # noqa: S108 # removed at the end
        prefix = (*STRACE, "-o", str(self._trace)) if plan.traced else ()
        self._crm = Provisioning(prefix)
        self._ports = ports

    async def run(self) -> Outcome:
        """Raises PartError where a part or a phase does not start or end."""
        stack = self._stack
        smsc = Smsc(time.monotonic)
        await smsc.start()
        stack.push_async_callback(smsc.stop)
        database = await stack.enter_async_context(Postgres(programs(), "fuzz"))
        usn = Usn(
            asterisk_tree(),
            self._ports.sip,
            smsc.port,
            store_url=database.url(),
            settings=self._crm.settings,
        )
        stack.push_async_callback(usn.stop)
        await asyncio.to_thread(usn.command, "db", "upgrade")
        await asyncio.to_thread(self._crm.prepare, usn)
        usn.process.start()
        await usn.until_event(BOUND, START_PATIENCE)
        stack.callback(lambda: self._trace.unlink(missing_ok=True))
        await stack.enter_async_context(self._crm)
        return await self._phases(usn, database.home)

    async def _phases(self, usn: Usn, database: Path) -> Outcome:
        await asyncio.to_thread(self._warm)
        pids = {"nginx": self._crm.nginx.pids, "site": [self._crm.site.pid], "usnd": [usn.process.pid]}
        begun = self._traced()
        with Polite(self._crm.terminal) as polite:
            await asyncio.sleep(USUAL_SECONDS if self._plan.timed else 1.0)
        outcome = Outcome(polite.served, resident_mb(pids))
        for name in self._plan.sizes:
            print(f"{name} …", file=sys.stderr, flush=True)
            outcome.phases[name] = await self._phase(name, pids)
        outcome.statuses = dict(statuses(self._crm.nginx.requests()))
        outcome.traces = traces_in((usn.journal, self._crm.journal, self._crm.nginx.error_log))
        now = {"nginx": self._crm.nginx.pids, "site": [self._crm.site.pid], "usnd": [usn.process.pid]}
        alive = self._crm.site.alive and usn.process.alive
        outcome.changed_pids = [name for name, each in pids.items() if each != now[name] or not alive]
        allowed = (self._crm.home, usn.home, database, *OWN)
        outcome.opened = dict(foreign(self._trace.read_text()[begun:], allowed)) if self._plan.traced else {}
        return outcome

    def _warm(self) -> None:
        """One of each, so that what the site loads for the first time is no growth, and nobody's fault."""
        for terminal in (self._crm.terminal, self._crm.other):
            terminal.ask(bulk("warm", [create(number(nth)) for nth in range(500)]), BULK)
            for nth, operation in enumerate(("read", "suspend", "resume", "delete")):
                terminal.ask(request(f"warm-{nth}", about(operation, number(2))))
            for nth, inner in enumerate(("<list/>", "<poll/>", "<acknowledge change='1'/>", "<x/>")):
                terminal.ask(request(f"warm-b{nth}", inner))
            terminal.ask(b"<?xml version='1.0' encoding='UTF-16'?><x/>", ONE)
            terminal.ask(b"\xff\xfe" + "<x/>".encode("utf-16-le"), ONE)

    def _traced(self) -> int:
        """How much of the trace is of the start."""
        if not self._plan.traced:
            return 0
        if not self._trace.exists() or not (length := len(self._trace.read_text())):
            raise PartError("strace wrote nothing: may this user trace processes? ARGS='--no-strace'")
        return length

    async def _phase(self, name: str, pids: Mapping[str, Sequence[int]]) -> Phase:
        begun = time.monotonic()
        hostile, said = self._hostile(name)
        peak = dict.fromkeys(pids, 0.0)

        def over() -> bool:
            for part, mb in resident_mb(pids).items():
                peak[part] = max(peak[part], mb)
            return not hostile.alive

        with Polite(self._crm.terminal) as polite:
            hostile.start()
            try:
                ended = await until(over, LONGEST_PHASE / 6, LOOK)
            finally:
                hostile.kill()
        if not ended or hostile.returncode:
            raise PartError(f"{name} did not end well:\n{hostile.tail()}")
        # asyncio may have more to say of connections that were cut
        account = next((line for line in said.read_text().splitlines() if line.startswith("{")), None)
        if account is None:
            raise PartError(f"{name} gave no account:\n{hostile.tail()}")
        answered: dict[str, Any] = json.loads(account)
        return Phase(answered, polite.served, time.monotonic() - begun, peak, resident_mb(pids))

    def _hostile(self, name: str) -> tuple[Process, Path]:
        other, plan = self._crm.other, self._plan
        said = self._crm.home / f"{name}.said"
        words = ("-m", "workbench.fuzz.hostile", name, "--port", str(other.port), "--address", other.address)
        files = (str(one) for one in (other.authority, other.certificate, other.key))
        sizes = ("--size", str(plan.sizes[name]), "--rate", str(plan.rate), "--seconds", str(plan.seconds))
        line = ["nice", "-n", str(POLITE_NICE), sys.executable, *words, "--files", *files, *sizes]
        environment = {"PYTHONPATH": str(ROOT)}
        return Process([*line, "--seed", str(plan.seed)], said, environment=environment), said


async def fuzz(plan: Plan) -> Outcome:
    """The whole run."""
    async with AsyncExitStack() as stack:
        return await Fuzz(plan, stack, stack.enter_context(PortBlock())).run()


def main() -> int:
    """The exit status: 1 on a fault, 2 where this machine lacks something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phases", default="all", help=f"with commas: {', '.join(SIZES)}")
    parser.add_argument("--documents", type=int, default=SIZES["documents"])
    parser.add_argument("--rate", type=float, default=150.0, help="documents a second")
    parser.add_argument("--seconds", type=float, default=30.0, help="that slow ones and non-readers hold out")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="little of everything")
    parser.add_argument("--no-strace", action="store_true")
    chosen = parser.parse_args()
    sizes = {**SIZES, "documents": chosen.documents} if not chosen.small else SMALL
    wanted = [*PHASES] if chosen.phases == "all" else chosen.phases.split(",")
    if unknown := set(wanted) - set(PHASES):
        parser.error(f"no such phase: {', '.join(sorted(unknown))}")
    if not chosen.no_strace and shutil.which("strace") is None:
        print(lacks(TARGET), file=sys.stderr)
        return 2
    plan = Plan(
        chosen.seed,
        {name: sizes[name] for name in wanted},
        chosen.rate,
        chosen.seconds,
        traced=not chosen.no_strace,
    )
    outcome = run(fuzz(plan))
    print(written(outcome.as_result(plan), RESULT), end="")
    return 1 if outcome.faults(plan) else 0


if __name__ == "__main__":
    sys.exit(command(main))
