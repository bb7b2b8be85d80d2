"""From a text to its first INVITE while files are written, beside without, in turn."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench import ROOT
from workbench.bench.billing.files import NICE, writer_command
from workbench.bench.launch import by_text, summary
from workbench.bench.results import Target, say
from workbench.demo.stage import EVERYBODY, Stage
from workbench.parts.process import PartError, Process, until
from workbench.parts.voice.switch import Refusal

RATIO = 1.1
EACH = 10
"""Texts in a row: then the other way."""


@dataclass
class Launches:
    """Seconds of each text."""

    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    files: int = 0

    def result(self) -> dict[str, Any]:
        """For the file of results."""
        alone, beside = summary(self.alone), summary(self.beside)
        return {
            "launches": len(self.alone),
            "alone_ms": alone,
            "beside_ms": beside,
            "files_meanwhile": self.files,
            "ratio": beside["median"] / alone["median"],
        }

    def targets(self) -> Sequence[Target]:
        """What was wanted."""
        found = self.result()
        told = f"{found['alone_ms']['median']:.1f} -> {found['beside_ms']['median']:.1f} ms"
        return [Target("c text to INVITE beside an export", told, f"<= x{RATIO:g}", found["ratio"] <= RATIO)]


async def launches(parts: Stage, url: str, place: Path, records: int, count: int) -> Launches:
    """`count` texts alone and as many beside. Raises PartError."""
    for number in EVERYBODY.values():
        await parts.switch.put(parts.handset(number, ring=0.0, refusal=Refusal.BUSY))
    found, turn = Launches(), itertools.count()
    await by_text(parts, next(turn))  # the first one is slower, and does not count
    for done in range(0, count, EACH):
        few = min(EACH, count - done)
        found.alone += [await by_text(parts, next(turn)) for _ in range(few)]
        async with writing(url, place, records) as log:
            found.beside += [await by_text(parts, next(turn)) for _ in range(few)]
        found.files += len(log.read_text().splitlines())
        say(f"{done + few} of {count} texts, alone and beside")
    return found


@asynccontextmanager
async def writing(url: str, place: Path, records: int) -> AsyncIterator[Path]:
    """Files are written, one after the other, as by the export's unit on a node."""
    log = place / "writer.log"
    log.unlink(missing_ok=True)
    command = ["nice", "-n", str(NICE), *writer_command(url, place, records), "--forever"]
    writer = Process(command, log, environment={"PYTHONPATH": str(ROOT)})
    writer.start()
    try:
        if not await until(lambda: any(place.rglob("*.part")) or not writer.alive, 20.0):
            raise PartError(f"no file is written:\n{writer.tail()}")
        yield log
        if not writer.alive:
            raise PartError(f"the writer ended:\n{writer.tail()}")
    finally:
        await writer.stop()
