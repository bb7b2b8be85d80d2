"""usnd with a clock that is ahead of all others: `python -m workbench.parts.clock_ahead SECONDS CONFIG`.

Started by usn.py, so that minutes pass in a test that lasts seconds. It does not move the clock of Asterisk,
of the journal, or of the event loop: a deadline comes early only for the daemon that is started with it.
"""

import asyncio
import sys
from datetime import datetime, timedelta
from pathlib import Path

from usnd.config.load import load
from usnd.daemon import run, utc_now
from usnd.process import journal


def main(seconds: float, config: Path) -> None:
    """Runs until SIGTERM."""
    settings = load(config)
    journal.set_up(settings.log.format, settings.log.level)

    def clock() -> datetime:
        return utc_now() + timedelta(seconds=seconds)

    asyncio.run(run(settings, clock))


if __name__ == "__main__":
    main(float(sys.argv[1]), Path(sys.argv[2]))
