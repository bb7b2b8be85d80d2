"""Whether this server could serve if it had to: what a standby never uses is tried before it is needed.

machine.py asks, on a standby: all of it before that is called able, the quick ones each minute, the thorough
ones each day. An operator reads of a part that failed what is wrong, what it would cost and what to do.
"""

import shlex
from collections.abc import Awaitable, Callable, Mapping, Sequence

from usnd.pair.config import ServiceConfig

Run = Callable[[Sequence[str], float], Awaitable[tuple[int, str]]]
EVERY, DAILY = 60.0, 86_400.0
AGAIN = 5.0
"""Seconds until what failed is tried again: twice is no accident, mended soon is able soon."""
PATIENCE = 60.0
NOT_YET = "not tried yet: that takes a minute at most"
ABLE, PROOFS = "able", "proofs"
"""The sections of the configuration, [service.able] and [service.proofs]; a name may stand in both."""
Part = tuple[str, str]
"""Section and name."""
SENTENCES: Mapping[Part, str] = {
    (ABLE, "keepalived"): (
        "keepalived is not running, so this server could not take the floating address: `journalctl -u"
        " keepalived` says why, then `systemctl restart keepalived`"
    ),
    (ABLE, "usnd"): (
        "usnd is not running, so this server could not answer texts: `journalctl -u usnd` says why, then"
        " `systemctl restart usnd`"
    ),
    (PROOFS, "keepalived"): (
        "keepalived refuses its configuration, so this server could not take the floating address:"
        " `keepalived --config-test` says where; run site.yml, which writes it again"
    ),
    (PROOFS, "usnd"): (
        "usnd refuses its configuration, so this server could not answer texts: `usnd check-config` says"
        " what; correct it in the inventory, then run site.yml"
    ),
    (PROOFS, "asterisk"): (
        "Asterisk's program or its pjsip.conf is missing or cannot be read, so this server could place no"
        " calls: run site.yml, which installs it again"
    ),
}


def sentence(part: Part, command: Sequence[str], status: int, said: str) -> str:
    """For a part that failed; with the last that its command said, if anything."""
    last = (said.strip().splitlines() or [""])[-1][-200:]
    if (known := SENTENCES.get(part)) is not None:
        return f"{known} ({last})" if last else known
    why = last or f"it ended with {status}"
    return f"{part[1]} fails: run `{shlex.join(command)}` and fix what it reports ({why})"


class Ability:
    """`unable`: a sentence for each part that could not serve, else empty. `run` starts a program."""

    def __init__(self, service: ServiceConfig, clock: Callable[[], float], run: Run) -> None:
        self._quick = {(ABLE, name): command for name, command in service.able.items()}
        self._thorough = {(PROOFS, name): command for name, command in service.proofs.items()}
        self._clock, self._run = clock, run
        self.begin()

    def begin(self) -> None:
        """A standby begins, or is about to be one: nothing is proven."""
        self.unable = NOT_YET if self._quick or self._thorough else ""
        self._failed: dict[Part, str] = {}
        self._tried: set[Part] = set()
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

    def _fails(self, parts: Mapping[Part, Sequence[str]]) -> bool:
        return any(part in self._failed for part in parts)

    async def _try(self, parts: Mapping[Part, Sequence[str]]) -> None:
        for part, command in parts.items():
            status, said = await self._run(command, PATIENCE)
            if not status:
                self._failed.pop(part, None)
            elif part not in self._failed and part in self._tried:
                self._failed[part] = ""  # once may be a restart
            else:
                self._failed[part] = sentence(part, command, status, said)
            self._tried.add(part)
        self.unable = "; ".join(filter(None, self._failed.values()))
