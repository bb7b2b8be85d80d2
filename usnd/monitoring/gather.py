"""Gathers the figures of all services into one snapshot a second; the daemon runs it.

To take figures is also when conditions that are measured are judged: binds that are down, texts that wait.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from usnd.monitoring.binds import Binds
from usnd.monitoring.snapshot import FILE, AlarmFigures, Snapshot
from usnd.monitoring.status_file import show
from usnd.process.runtime_directory import RuntimeDirectory
from usnd.services.alarms.alarms import Alarms
from usnd.services.figures import (
    AsteriskFigures,
    ConferenceFigures,
    DatabaseFigures,
    DialInFigures,
    RecordingFigures,
    TextFigures,
    TrunksFigures,
)


@dataclass(frozen=True)
class Gatherer:
    """Each field but the first two gives the figures of one service as of a time."""

    alarms: Alarms
    binds: Binds
    texts: Callable[[], TextFigures]
    trunks: Callable[[datetime], TrunksFigures]
    asterisk: Callable[[datetime], AsteriskFigures]
    conferences: Callable[[], ConferenceFigures]
    dial_in: Callable[[datetime], DialInFigures]
    recordings: Callable[[], RecordingFigures]
    database: Callable[[], DatabaseFigures]

    async def run(self, runtime: Path | None, directory: RuntimeDirectory) -> None:
        """Until cancelled. `runtime`: the directory for the file; without one, conditions are only judged.

        directory: as of `show`.
        """
        await show(runtime / FILE if runtime is not None else None, self.snapshot, directory)

    def snapshot(self, now: datetime) -> Snapshot:
        """Everything as of now (UTC). Once a second: rates are counted by it."""
        return Snapshot(
            at=now,
            binds=self.binds.figures(now),
            texts=self.texts(),
            trunks=self.trunks(now),
            asterisk=self.asterisk(now),
            conferences=self.conferences(),
            dial_in=self.dial_in(now),
            recordings=self.recordings(),
            database=self.database(),
            alarms=tuple(map(AlarmFigures.of, self.alarms.raised)),  # last: some are judged by the figures
        )
