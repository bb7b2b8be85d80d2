"""The directory in which a process shows itself while it runs: its socket, and what it writes each second.

The directory may go and come back (tmpfiles, somebody who tidies up), or not take anything for a while (a
full disk). Whoever keeps something there makes it anew by itself, and tells this: the journal gets one line
when the first of them is lost, and one when all are back.
"""

from pathlib import Path

import structlog

from usnd.process.os_errors import reason


class RuntimeDirectory:
    """What is lost of one directory. For one event loop."""

    def __init__(self) -> None:
        self._lost = set[Path]()
        self._log = structlog.get_logger("usnd.runtime")

    def lost(self, path: Path, error: OSError) -> None:
        """That one is not there as it should be, and why. As often as it is noticed."""
        if not self._lost:
            self._log.error("runtime directory cannot be used", path=str(path), reason=reason(error))
        self._lost.add(path)

    def kept(self, path: Path) -> None:
        """That one is there. As often as it is noticed."""
        if path not in self._lost:
            return
        self._lost.discard(path)
        if not self._lost:
            self._log.info("runtime directory can be used again", directory=str(path.parent))
