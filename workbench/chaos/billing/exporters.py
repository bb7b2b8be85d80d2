"""The two exporters as processes that die: the product's, and one of the usual order.

month.py and kills.py start them by `start`, each in a process of its own. How a process is to die is said
before: behind one of its steps, or within a unit of work. Whoever started it can also kill it.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from usnd.config.load import load as load_config
from usnd.config.sections import Config
from usnd.process import journal
from usnd.services.billing.clients import clients_of
from usnd.services.billing.export import Export, Step
from workbench.chaos.billing.scripted_switch import moment
from workbench.chaos.billing.usual_order import UsualExport
from workbench.chaos.billing.virtual_time import Moment as WithinUnit
from workbench.chaos.billing.virtual_time import MortalStore, kill_myself

WRITER = "usnd-cdr"


@dataclass(frozen=True)
class Death:
    """By its own hand. steps: so many are done before; units: so many units of work; None: not by these."""

    steps: int | None = None
    units: int | None = None
    moment: WithinUnit = WithinUnit.BEFORE_COMMIT


NEVER = Death()


@dataclass(frozen=True)
class Run:
    """config: of the node. now: milliseconds since 1970. patient: what waits for its next try waits on."""

    config: Path
    now: int
    journal: Path
    death: Death = NEVER
    patient: bool = False


def product(run: Run, told: Connection) -> None:
    """`usnd cdr export` with a clock that is set: the same parts, wired as the command does it."""
    config = _begin(run)

    async def export() -> bool:
        store = MortalStore.open(config.store.url, writer=WRITER)
        store.units, store.moment = run.death.units, run.death.moment
        directory = config.billing.directory
        assert directory is not None
        try:
            reached = _Steps(told, run.death.steps)
            exporter = Export(store, directory, lambda: moment(run.now), lambda step: reached(step.value))
            return await exporter.run(clients_of(config), patient=run.patient)
        finally:
            await store.close()

    told.send(asyncio.run(export()))


def usual(run: Run, told: Connection) -> None:
    """The other one. A death within a unit of work is one before its commit."""
    config = _begin(run)
    steps = run.death.steps if run.death.units is None else run.death.units
    told.send(UsualExport(config, moment(run.now), _Steps(told, steps)).run())


PRODUCT_STEPS = len(Step)


class _Steps:
    """Tells each step to who started us, and dies when it is time."""

    def __init__(self, told: Connection, left: int | None) -> None:
        self._told, self._left = told, left

    def __call__(self, step: str) -> None:
        self._told.send(step)
        if self._left is not None:
            if self._left <= 1:
                kill_myself()
            self._left -= 1


Exporter = Callable[[Run, Connection], None]


def _begin(run: Run) -> Config:
    os.setsid()  # so that all that it starts can be killed with it
    out = os.open(run.journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in (1, 2):
        os.dup2(out, number)
    journal.set_up("text", "warning")
    return load_config(run.config)
