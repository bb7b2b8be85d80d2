"""Closes the files that are due, writes them, and delivers them, to each destination (REQUIREMENTS B2, B4).

`usnd cdr export` runs it for records, `usnd cdr summary` for usage summaries, by systemd's timers and by
hand, in a process and on a connection of its own. All that is known is in the store: a run that is killed at
any moment is gone on with by the next one, on either server. What is committed at which step:
domain/billing/cdr_file.py.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Protocol

import structlog

from usnd.domain.billing.cdr_file import (
    CdrFile,
    FileEvent,
    FileState,
    Form,
    begin,
    failed,
    follow,
    is_due,
    may_replace,
    written,
)
from usnd.domain.billing.delivery import WORDS, There, Trouble, is_whole
from usnd.process.os_errors import in_words
from usnd.services.billing.pages import RecordsMissing
from usnd.services.billing.records import Records
from usnd.services.billing.rsync import Refusal
from usnd.services.billing.writing import Written, clear_parts, is_there, path_of
from usnd.store.core.writer import Store

AT_ONCE = 100
"""Files of a destination that are read at once."""
_LOOKED = {
    There.NOTHING: "it is gone: where files are moved out of the directory, set taken_away",
    There.OTHER: "it was changed there",
}
_TAKEN = "another file has its name there; `usnd cdr resend {file.destination} {file.number}` writes over it"


class Step(Enum):
    """What has just been done: between any two the process may die."""

    CLOSED = "closed"
    BEGUN = "begun"
    WHOLE = "whole under another name"
    NAMED = "on the disk"
    WRITTEN = "written"
    THERE = "at the destination"
    SENT = "sent"
    READ_BACK = "read back"
    CONFIRMED = "confirmed"


class Way(Protocol):
    """To one destination; each call blocks. None: it is done."""

    def prepare(self) -> Refusal | None: ...
    def send(self, file: Path) -> Refusal | None: ...
    def look(self, file: Path) -> There | Refusal: ...


@dataclass(frozen=True, slots=True)
class Client:
    """One destination as the export sees it. taken_away: files are moved out of its directory there."""

    name: str
    form: Form
    way: Way
    taken_away: bool = False


class Contents(Protocol):
    """What the files hold: records (records.py), or usage summaries (summary/contents.py)."""

    async def close(self, clients: Sequence[Client], now: datetime) -> list[CdrFile]:
        """Commits rows of the files that are due."""
        ...

    async def write(self, directory: Path, file: CdrFile, whole: Callable[[], None]) -> Written:
        """As `writing.write_filled`."""
        ...


class _NotDone(Exception):
    """A try that came to nothing. file: as it is in the store by now."""

    def __init__(self, file: CdrFile, refusal: Refusal) -> None:
        super().__init__(file.name)
        self.file, self.refusal = file, refusal


class TakenOver(Exception):
    """Another export has changed the file meanwhile; this one stops."""


def _pass_over(_step: Step) -> None:
    """Nobody asks."""


class Export:
    """directory: for the files on this server. clock: UTC. reached: told of each step, once it is done.

    contents: of the files; None: records.
    """

    def __init__(
        self,
        store: Store,
        directory: Path,
        clock: Callable[[], datetime],
        reached: Callable[[Step], None] = _pass_over,
        contents: Contents | None = None,
    ) -> None:
        self._store, self._directory, self._clock, self._reached = store, directory, clock, reached
        self._contents: Contents = Records(store) if contents is None else contents
        self._log = structlog.get_logger("usnd.billing")

    async def run(self, clients: Sequence[Client], *, patient: bool) -> bool:
        """Once for each. patient: what waits for its next try is left alone. False: something is left to do.

        Raises TakenOver.
        """
        for client in clients:
            with suppress(OSError):  # it is in nobody's way
                clear_parts(self._directory, client.name)
        for file in await self._contents.close(clients, self._clock()):
            self._log.info("file closed", file=file.name, records=file.records)
            self._reached(Step.CLOSED)
        return all([await self._serve(client, patient=patient) for client in clients])

    async def _serve(self, client: Client, *, patient: bool) -> bool:
        """The oldest file first; behind one that does not get through none is tried."""
        prepared = False
        while waiting := await self._store.run(lambda tx: tx.cdr_files.open(client.name, AT_ONCE)):
            for file in waiting:
                if patient and not is_due(file, self._clock()):
                    return False
                replaces = may_replace(file)
                tried = await self._change(file, begin(file, self._clock()))
                self._reached(Step.BEGUN)
                try:
                    ready = await self._write(tried)
                    if not prepared:
                        _granted(ready, client.way.prepare())
                        prepared = True
                    await self._deliver(client, ready, replaces=replaces)
                except _NotDone as error:
                    await self._note(error.file, error.refusal)
                    return False
        return True

    async def _write(self, file: CdrFile) -> CdrFile:
        """The file as it is on this server's disk, with its digest. Raises _NotDone."""
        try:
            if file.digest is not None and is_there(self._directory, file):
                return file
            made = await self._contents.write(self._directory, file, lambda: self._reached(Step.WHOLE))
        except OSError as error:
            raise _NotDone(file, Refusal(Trouble.HERE, in_words(error, self._directory))) from error
        except RecordsMissing as error:
            raise _NotDone(file, Refusal(Trouble.CHANGED, str(error))) from error
        self._reached(Step.NAMED)
        if file.digest is None:
            file = await self._change(file, written(file, made.digest, made.octets, self._clock()))
            self._reached(Step.WRITTEN)
        elif made.digest != file.digest:
            path_of(self._directory, file).unlink()
            raise _NotDone(file, Refusal(Trouble.CHANGED, f"its SHA-256 was {file.digest}"))
        return file

    async def _deliver(self, client: Client, file: CdrFile, *, replaces: bool) -> None:
        """Raises _NotDone. replaces: another file of that name there is written over."""
        path = path_of(self._directory, file)
        if file.state is FileState.WRITTEN:
            if not replaces and client.way.look(path) is There.OTHER:
                raise _NotDone(file, Refusal(Trouble.NOT_WHOLE, _TAKEN.format(file=file)))
            _granted(file, client.way.send(path))
            self._reached(Step.THERE)
            file = await self._change(file, follow(file, FileEvent.SENT, self._clock()))
            self._reached(Step.SENT)
        there = client.way.look(path)
        if isinstance(there, Refusal):
            raise _NotDone(file, there)
        self._reached(Step.READ_BACK)
        if not is_whole(there, taken_away=client.taken_away):
            gone = follow(file, FileEvent.GONE, self._clock())
            file = await self._change(file, gone)
            raise _NotDone(file, Refusal(Trouble.NOT_WHOLE, _LOOKED[there]))
        await self._change(file, follow(file, FileEvent.CONFIRMED, self._clock()))
        self._reached(Step.CONFIRMED)
        self._log.info("file confirmed", file=file.name, records=file.records)

    async def _note(self, file: CdrFile, refusal: Refusal) -> None:
        words, said = WORDS[refusal.trouble], refusal.said
        self._log.warning("file not delivered", file=file.name, reason=words, said=said, tries=file.attempts)
        await self._change(file, failed(file, refusal.trouble, said))

    async def _change(self, before: CdrFile, after: CdrFile) -> CdrFile:
        if not await self._store.run(lambda tx: tx.cdr_files.save(before, after)):
            raise TakenOver(f"{before.name} was changed by another export: this one stops")
        return after


def _granted(file: CdrFile, refusal: Refusal | None) -> None:
    if refusal is not None:
        raise _NotDone(file, refusal)
