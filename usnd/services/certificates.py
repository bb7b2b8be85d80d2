"""Looks until when certificates and revocation lists hold, and has their alarms raised and cleared.

Each 30 s it looks whether a file or the state of a list has changed, and then at all; each hour at all.

The daemon runs it where the provisioning interface is configured (REQUIREMENTS P2). The files are those that
nginx reads; the terminals come from the store. What is read blocks, and so is read in a thread.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path

import structlog

from usnd.ca import findings
from usnd.ca.crl_watch import CrlWatch, mark
from usnd.ca.findings import Finding
from usnd.domain.alarms.catalogue import AlarmKind
from usnd.domain.certificates.terminal import Terminal
from usnd.domain.certificates.validity import CERTIFICATE_ALARMS, LIST_ALARMS
from usnd.services.alarms.alarms import Alarms

EVERY, GLANCE_EVERY = 3600.0, 30.0
"""Seconds between two looks, and between two glances."""
_TERMINAL = "terminal "
_OF_CERTIFICATES = tuple(dict.fromkeys(kind for kind in CERTIFICATE_ALARMS.values() if kind))
_OF_LISTS = tuple(dict.fromkeys(kind for kind in LIST_ALARMS.values() if kind))

Terminals = Callable[[], Awaitable[Iterable[Terminal]]]


class CertificateWatch:
    """server: the server's certificate, None where there is none. terminals: gives all that the store has.

    clock: gives UTC.
    """

    def __init__(
        self,
        server: Path | None,
        watch: CrlWatch,
        terminals: Terminals,
        alarms: Alarms,
        clock: Callable[[], datetime],
    ) -> None:
        self._server, self._watch, self._terminals = server, watch, terminals
        self._alarms, self._clock = alarms, clock
        self._log = structlog.get_logger("usnd.certificates")

    async def run(self) -> None:
        """At once, then each hour and whenever a glance sees a change, until cancelled."""
        while True:
            seen, until = await asyncio.to_thread(self.glance), time.monotonic() + EVERY
            await self.look()
            while time.monotonic() < until:
                await asyncio.sleep(min(GLANCE_EVERY, EVERY))
                if await asyncio.to_thread(self.glance) != seen:
                    break

    def glance(self) -> object:
        """Another one when a file has changed, or a list has ended. Blocks for as long as `stat` takes."""
        server = None if self._server is None else mark(self._server)
        return server, self._watch.states(self._clock()), self._watch.trouble

    async def look(self) -> None:
        """Once. While the store cannot be asked, the alarms of terminals stay as they are."""
        now = self._clock()
        found = await asyncio.to_thread(findings.of_files, self._server, self._watch, now)
        try:
            designated = findings.of_terminals(await self._terminals(), now)
        except Exception as error:  # noqa: BLE001 # the files are judged, whatever the store says
            self._log.warning("terminals not read, looked at again in an hour", error=str(error))
            self._judge(found, kept=_is_terminal)
        else:
            self._judge([*found, *designated], kept=_is_none)

    def _judge(self, found: Sequence[Finding], kept: Callable[[str], bool]) -> None:
        """Raises and clears; what is not found any more has no alarm, unless it is to be kept."""
        for kinds, is_list in ((_OF_CERTIFICATES, False), (_OF_LISTS, True)):
            mine = [one for one in found if one.is_list is is_list]
            for one in mine:
                self._tell(one, kinds)
            known = {one.of for one in mine}
            known |= {alarm.object for alarm in self._alarms.raised if kept(alarm.object)}
            for kind in kinds:
                self._alarms.clear_others(kind, known)

    def _tell(self, one: Finding, kinds: Iterable[AlarmKind]) -> None:
        if one.alarm is not None:
            ends = f"{one.ends:%Y-%m-%d}" if one.ends else None
            self._alarms.raise_(one.alarm, one.of, ends=ends, reason=one.trouble)
        for kind in kinds:
            if kind is not one.alarm:
                self._alarms.clear(kind, one.of)


def _is_terminal(of: str) -> bool:
    return of.startswith(_TERMINAL)


def _is_none(_of: str) -> bool:
    return False
