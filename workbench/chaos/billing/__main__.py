"""`make chaos-billing`: a month of calls with faults, and the export killed hundreds of times; their account.

Phase month: usnd's engine by a clock that is set, on each kind of database; what the receivers got is checked
beside the switch's own log. Phase kills: the export and one of the usual order under the same kills. The exit
status is 1 where the product is at fault. The report is build/chaos/billing.json.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from workbench.chaos.billing.account import kills_faults, kills_result, month_faults, month_result
from workbench.chaos.billing.kills import PRODUCT, USUAL, Killing, KillsOutcome, Subject, added
from workbench.chaos.billing.month import Month, MonthOutcome
from workbench.chaos.billing.month_plan import BEGINS, GOES_AWAY, STAYS, MonthPlan, month_plan
from workbench.parts.ports import PortBlock
from workbench.parts.postgres import Postgres, programs
from workbench.parts.process import private_directory, run
from workbench.parts.receiver import Receiver, receiver_tree, write_rsync
from workbench.setup.command import command

RESULT = Path("build/chaos/billing.json")
PHASES = ("month", "kills")
DATABASES = ("sqlite", "postgresql")


def say(text: str) -> None:
    """Progress, with the time since the start."""
    print(f"{time.monotonic() - _BEGUN:6.0f} s  {text}", file=sys.stderr, flush=True)


_BEGUN = time.monotonic()


@dataclass
class Place:
    """Where a run is: its directory, its receivers' ports, PostgreSQL if it is used."""

    home: Path
    ports: PortBlock
    postgres: Postgres | None = None

    async def url(self, name: str, kind: str) -> str:
        """Of a new database."""
        if kind == "sqlite":
            return f"sqlite:///{self.home}/{name}.db"
        assert self.postgres is not None
        return await self.postgres.database(name)

    def directory(self, name: str) -> Path:
        """A new one."""
        path = self.home / name
        path.mkdir()
        return path

    def receiver(self, number: int) -> Receiver:
        """Not started."""
        return Receiver(receiver_tree(), self.ports.spare(number))


@asynccontextmanager
async def place(*, postgresql: bool) -> AsyncIterator[Place]:
    """With rsync and ssh first in PATH; all is removed after."""
    home = private_directory("usn-billing-")
    path = os.environ["PATH"]
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        (home / "programs").mkdir()
        write_rsync(receiver_tree(), home / "programs")
        stack.callback(os.environ.__setitem__, "PATH", path)
        os.environ["PATH"] = f"{home}/programs:{path}"
        ports = stack.enter_context(PortBlock(10))
        postgres = Postgres(programs(), "billing") if postgresql else None
        if postgres is not None:
            await stack.enter_async_context(postgres)
        yield Place(home, ports, postgres)


async def month(at: Place, plan: MonthPlan, kind: str) -> MonthOutcome:
    """On that kind of database."""
    async with at.receiver(0) as stays, at.receiver(1) as goes:
        receivers = {STAYS: stays, GOES_AWAY: goes}
        url = await at.url(f"month_{kind}", kind)
        return await Month(plan, at.directory(f"month-{kind}"), url, receivers, say).run()


async def kills(
    at: Place, seed: int, wanted: int, kind: str, together: int = 1
) -> tuple[KillsOutcome, KillsOutcome]:
    """The product, beside a run that is left alone, and the other exporter. together: pairs at once."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4 * together))
    share = -(-wanted // together)
    async with asyncio.TaskGroup() as tasks:
        products = [tasks.create_task(_product(at, seed + n, share, kind, n)) for n in range(together)]
        usuals = [tasks.create_task(_usual(at, seed + n, share, kind, n)) for n in range(together)]
    return added(task.result() for task in products), added(task.result() for task in usuals)


async def _product(at: Place, seed: int, wanted: int, kind: str, pair: int) -> KillsOutcome:
    with PortBlock(10) as ports:
        async with Receiver(receiver_tree(), ports.spare(0)) as killed:
            product = await _killing(at, PRODUCT, f"product-{pair}", kind, killed)
            outcome = await product.with_kills(seed, wanted)
            say(f"pair {pair}: the same {outcome.hours} hours undisturbed")
            async with Receiver(receiver_tree(), ports.spare(1)) as undisturbed:
                reference = await _killing(at, PRODUCT, f"undisturbed-{pair}", kind, undisturbed)
                await reference.undisturbed(seed, outcome.hours)
                return await product.judge(undisturbed.inbox)


async def _usual(at: Place, seed: int, wanted: int, kind: str, pair: int) -> KillsOutcome:
    with PortBlock(10) as ports:
        async with Receiver(receiver_tree(), ports.spare(0)) as receiver:
            usual = await _killing(at, USUAL, f"usual-{pair}", kind, receiver)
            await usual.with_kills(seed, wanted)
            return await usual.judge(None)


async def _killing(at: Place, subject: Subject, name: str, kind: str, receiver: Receiver) -> Killing:
    url = await at.url(f"{name.replace('-', '_')}_kills", kind)
    made = Killing(subject, at.directory(name), url, receiver, lambda text: say(f"{name}: {text}"))
    made.set_up()  # here, as two migrations at once would be in each other's way
    return made


async def chaos(chosen: argparse.Namespace) -> dict[str, object]:
    """All phases that were chosen; gives the report."""
    result: dict[str, object] = {"seed": chosen.seed}
    faults: list[str] = []
    async with place(postgresql="postgresql" in chosen.databases) as at:
        if "month" in chosen.phases:
            plan = month_plan(chosen.seed, BEGINS, 24 * chosen.days, chosen.days * chosen.conferences)
            for kind in chosen.databases:
                say(f"{chosen.days} days on {kind}")
                outcome = await month(at, plan, kind)
                result[f"month_{kind}"] = month_result(plan, outcome)
                faults += month_faults(outcome)
        if "kills" in chosen.phases:
            kind = chosen.databases[-1]
            say(f"{chosen.kills} kills on {kind}")
            product, usual = await kills(at, chosen.seed, chosen.kills, kind, chosen.together)
            result["kills"] = {
                "database": kind,
                "product": kills_result(product),
                "usual_order": kills_result(usual),
            }
            faults += kills_faults(product, usual, chosen.kills)
    return {**result, "seconds": round(time.monotonic() - _BEGUN), "faults": faults}


def written(result: Mapping[str, object], path: Path = RESULT) -> str:
    """Writes it; gives its text."""
    text = json.dumps(result, indent=1) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return text


def _chosen_of(known: Sequence[str], text: str) -> list[str]:
    """For argparse: some of the known, in their order."""
    wanted = text.split(",")
    if unknown := [one for one in wanted if one not in known]:
        raise argparse.ArgumentTypeError(f"{unknown[0]}: choose from {', '.join(known)}")
    return [one for one in known if one in wanted]


def main() -> int:
    """The exit status: 1 when a record was lost or twice, or something else is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--phases", type=lambda text: _chosen_of(PHASES, text), default=[*PHASES])
    parser.add_argument(
        "--databases",
        type=lambda text: _chosen_of(DATABASES, text),
        default=[*DATABASES],
        help="of the month; the kills are on the last one",
    )
    parser.add_argument("--days", type=int, default=31, help="of the month, from 12 February 2016 on")
    parser.add_argument("--conferences", type=int, default=60, help="a day")
    parser.add_argument("--kills", type=int, default=500, help="of each exporter")
    parser.add_argument("--together", type=int, default=4, help="pairs whose exports are killed at once")
    parser.add_argument("--seed", type=int, default=3)
    result = run(chaos(parser.parse_args()))
    print(written(result), end="")
    return 1 if result["faults"] else 0


if __name__ == "__main__":
    sys.exit(command(main))
