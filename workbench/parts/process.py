"""One started program: its process group, log, signals and end.

Nothing that it starts outlives the process that started it: stopped on leaving, and killed by the kernel
should we be killed. It sends signals to nothing but the process that it started.
"""

import asyncio
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")
SLACK = 6.0
LONGEST_TEMPORARY = 40  # of a Unix socket's 108 characters


class PartError(Exception):
    """A part did not start, died or did not answer; the text ends with its log."""


def private_directory(prefix: str) -> Path:
    """A new directory only we can enter, with a path short enough for Unix sockets in it."""
    usual = tempfile.gettempdir()
    short = usual if len(usual) < LONGEST_TEMPORARY else "/var/tmp"  # noqa: S108 (mkdtemp makes a private one)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=short))


class Process:
    """A program with its log file. Not bound to an event loop: started and stopped from any."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        user: tuple[int, int] | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        """`user`: uid and gid to change to (root only); `death_signal`: what the kernel sends when we die."""
        wrapper = ["setpriv", "--pdeathsig", death_signal.name.removeprefix("SIG")]
        if user is not None:
            wrapper += ["--reuid", str(user[0]), "--regid", str(user[1]), "--clear-groups"]
        self._command = [*wrapper, "--", *command]
        self._environment = {**os.environ, **(environment or {})}
        self._log = log
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The program's own: `setpriv` is replaced by it. Raises PartError when it was not started."""
        if self._popen is None:
            raise PartError(f"{self._command[-1]} was not started")
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Started and not ended."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def returncode(self) -> int | None:
        """How it ended: its exit status, or minus the signal; None while it runs."""
        return self._popen.poll() if self._popen is not None else None

    def start(self) -> None:
        """Starts it in a process group of its own, so that a terminal's Ctrl-C reaches only us."""
        if self.alive:
            raise PartError(f"already running as process {self.pid}")
        with self._log.open("ab") as log:
            self._popen = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._log.parent,
                start_new_session=True,
            )

    def send(self, number: signal.Signals) -> None:
        """To the whole process group; nothing when it has ended."""
        if self.alive:
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """SIGKILL, and waits until it is gone. Works on a frozen one."""
        self.send(signal.SIGKILL)
        if self._popen is not None:
            self._popen.wait()

    async def stop(self, number: signal.Signals = signal.SIGTERM, patience: float = 5.0) -> None:
        """Asks it to end and kills it after `patience` seconds, or at once when we are cancelled."""
        try:
            self.send(number)
            self.send(signal.SIGCONT)
            await within(lambda: not self.alive, patience)
        finally:
            self.kill()

    def tail(self, lines: int = 30) -> str:
        """The end of what it wrote."""
        if not self._log.exists():
            return ""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])


class Part:
    """Something that is started and stopped. `async with` does both, also on exceptions."""

    async def start(self) -> None:
        """Returns when it is of use. Raises PartError."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Ends it and removes what it left; also when it was not started, or only half."""
        raise NotImplementedError

    async def begin(self) -> None:
        """What `async with` does first: starts it, unless a part needs more."""
        await self.start()

    async def __aenter__(self) -> Self:
        try:
            await self.begin()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


async def until(condition: Callable[[], bool], patience: float, pause: float = 0.01) -> bool:
    """Waits for what is sure to come; whether `condition` came true.

    `patience`: seconds that it takes at most on a machine with nothing else to do. One with other work has
    SLACK times as long: how soon something comes is for the benchmarks to say.
    """
    return await within(condition, patience * SLACK, pause)


async def within(condition: Callable[[], bool], seconds: float, pause: float = 0.01) -> bool:
    """Waits for what may not come, so many seconds and no longer; whether `condition` came true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(pause)
    return True


def run(main: Coroutine[None, None, T]) -> T:
    """`asyncio.run` that ends on SIGTERM as on Ctrl-C: by cancelling, so that every part is stopped.

    Raises KeyboardInterrupt on either.
    """

    async def cancellable() -> T:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGTERM, signal.SIGINT):  # also where a shell had SIGINT ignored
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await main

    try:
        return asyncio.run(cancellable())
    except asyncio.CancelledError as error:
        raise KeyboardInterrupt from error
