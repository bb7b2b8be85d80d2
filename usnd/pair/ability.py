"""Whether this server could serve if it had to: what a standby never uses is tried before it is needed.

Owns when: all of it before a standby is called able, the quick ones each minute, the thorough ones each day.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from usnd.pair.config import ServiceConfig

Run = Callable[[Sequence[str], float], Awaitable[tuple[int, str]]]
EVERY, DAILY = 60.0, 86_400.0
AGAIN = 5.0
"""Seconds until what failed is tried again: twice is no accident, mended soon is able soon."""
PATIENCE = 60.0
NOT_YET = "not tried yet"


class Ability:
    """`unable`: what could not serve, and why; empty when all could. `run` starts a program."""

    def __init__(self, service: ServiceConfig, clock: Callable[[], float], run: Run) -> None:
        self._quick, self._thorough = service.able, service.proofs
        self._clock, self._run = clock, run
        self.begin()

    def begin(self) -> None:
        """A standby begins, or is about to be one: nothing is proven."""
        self.unable = NOT_YET if self._quick or self._thorough else ""
        self._failed: dict[str, str] = {}
        self._quick_due = self._thorough_due = float("-inf")

    async def look(self) -> None:
        """Tries what is due."""
        now = self._clock()
        if now >= self._thorough_due:
            await self._try(self._thorough)
            self._thorough_due = now + (AGAIN * 12 if self._fails(self._thorough) else DAILY)
        if now >= self._quick_due:
            await self._try(self._quick)
            self._quick_due = now + (AGAIN if self._fails(self._quick) else EVERY)

    def _fails(self, commands: Mapping[str, Sequence[str]]) -> bool:
        return any(name in self._failed for name in commands)

    async def _try(self, commands: Mapping[str, Sequence[str]]) -> None:
        for name, command in commands.items():
            said = await self._why_not(command)
            if said and name not in self._failed and self.unable != NOT_YET:
                self._failed[name] = ""  # once may be a restart
            elif said:
                self._failed[name] = f"{name} ({said})"
            else:
                self._failed.pop(name, None)
        self.unable = next(filter(None, self._failed.values()), "")

    async def _why_not(self, command: Sequence[str]) -> str:
        status, said = await self._run(command, PATIENCE)
        return (said.strip().splitlines() or [f"ended with {status}"])[-1][-200:] if status else ""
