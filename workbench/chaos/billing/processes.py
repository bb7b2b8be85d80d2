"""The processes that month.py and kills.py start, follow and kill.

Each is forked by a server that has loaded everything: a process that is to die a moment later begins in
little time. It tells what it does by a pipe, and that it died by the pipe's end.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from workbench.parts.process import PartError

PATIENCE = 900.0
"""Seconds for the next word of a process: then it hangs."""
_LOADED = ["workbench.chaos.billing.life", "workbench.chaos.billing.exporters"]
_ENDS_WITHIN = 20.0


class Child:
    """One process. `target` gets `settings` and the other end of the pipe."""

    def __init__(self, target: Callable[[Any, Connection], None], settings: object) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_LOADED)
        self._pipe, theirs = context.Pipe()
        words = (target, os.environ["PATH"], settings, theirs)
        self._process = context.Process(target=_in_child, args=words, daemon=True)
        self._process.start()
        theirs.close()

    @property
    def exit_status(self) -> int | None:
        """Minus the signal; None while it runs."""
        return self._process.exitcode

    @property
    def was_killed(self) -> bool:
        """By SIGKILL."""
        return self._process.exitcode == -signal.SIGKILL

    def send(self, what: object) -> None:
        """A dead one hears nothing."""
        with suppress(BrokenPipeError):
            self._pipe.send(what)

    def hear(self, patience: float = PATIENCE) -> Any:
        """The next that it says. Blocks; EOFError: it is gone. Raises PartError when it hangs."""
        if not self._pipe.poll(patience):
            self.kill(whole=True)
            raise PartError(f"a process said nothing for {patience:.0f} s")
        try:
            return self._pipe.recv()
        except (ConnectionResetError, EOFError):
            self._process.join(_ENDS_WITHIN)
            raise EOFError from None

    def strike(self, *, whole: bool) -> None:
        """SIGKILL, from any thread. whole: also to what it started, as when its server is lost."""
        pid = self._process.pid
        assert pid is not None
        with suppress(ProcessLookupError):
            if self._process.exitcode is None:
                os.kill(pid, signal.SIGKILL)
        if whole:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)  # it made itself the leader of a session

    def kill(self, *, whole: bool) -> None:
        """As `strike`, and waits until it is gone."""
        self.strike(whole=whole)
        self._process.join(_ENDS_WITHIN)

    def end(self) -> None:
        """Nothing of it is left."""
        self.kill(whole=True)
        self._pipe.close()


def _in_child(
    target: Callable[[Any, Connection], None], path: str, settings: object, theirs: Connection
) -> None:
    """The server of the forks has the PATH of the day it began."""
    os.environ["PATH"] = path
    target(settings, theirs)
