"""The store: one writer thread, group commit, and no answer before the commit.

Services, in the loop, give `run` a unit of work; the thread runs it. All units that wait are run in one
transaction, first come first served, so that one flush of the disk, and one round to the standby, serves them
all. A database that is away is waited for. The SQL is the repositories', the connection and the marks of a
commit are writer_connection.py's.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Self, TypeVar

import structlog

from usnd.store.core.transaction import Transaction
from usnd.store.core.writer_connection import Outage, Refused, StoreTaken, WriterConnection

T = TypeVar("T")

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5


class StoreBusy(Exception):
    """Too many units of work wait already; this one was not taken."""


class StoreClosed(Exception):
    """The store was closed. A unit that had been taken may be committed or not."""


class _GaveUp(Exception):
    """The store was told to close while the database was away."""


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """A unit of work and who waits for it."""

    unit: Callable[[Transaction], Any]
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a job."""

    job: _Job
    result: Any = None
    error: BaseException | None = None


class Store:
    """The database, as the daemon's one event loop sees it."""

    def __init__(self, session: WriterConnection, most_waiting: int, most_together: int) -> None:
        self._session = session
        self._most_waiting = most_waiting
        self._most_together = most_together
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._waiting: set[asyncio.Future[Any]] = set()
        self._closing = threading.Event()
        self.taken = asyncio.Event()
        """Set once another process is found to have taken the name over: nothing can be written any more."""
        self.reachable = True
        """Whether the database answered when it was last used."""
        self.trouble = ""
        """Why it did not, in the driver's words."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._log = structlog.get_logger("usnd.store")
        self._thread = threading.Thread(target=self._serve, name="store", daemon=True)

    @classmethod
    def open(
        cls, url: str, *, writer: str = "usnd", most_waiting: int = 10_000, most_together: int = 500
    ) -> Self:
        """Start the writer; the database need not be there yet, its units wait for it.

        `url` is 'sqlite:////path' or 'postgresql+psycopg://…', its schema current (migrate.py). Two stores
        open on one database at a time need different `writer` names: the later takes the name over.
        `most_waiting` and `most_together` are units. Raises ValueError for another kind of database.
        """
        store = cls(WriterConnection(url, writer), most_waiting, most_together)
        store._thread.start()
        return store

    @property
    def waiting(self) -> int:
        """Units of work that are not done yet."""
        return len(self._waiting)

    async def run(self, unit: Callable[[Transaction], T]) -> T:
        """Run the unit in a transaction; gives its result only after the commit that holds its work.

        The unit runs in the writer's thread, perhaps several times (a neighbour in the batch failed, the
        database went away) of which one is committed: it must have no effect beside what it does to the
        transaction. What it raises is raised here; its work is then undone, that of others is not. A caller
        that is cancelled does not take the unit back.

        Waits as long as the database is away. Raises StoreBusy at once when too many wait already;
        StoreClosed; StoreTaken when another process took the name over; and what the unit raised.
        """
        if self._closing.is_set():
            raise StoreClosed
        if len(self._waiting) >= self._most_waiting:
            raise StoreBusy
        self._loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = self._loop.create_future()
        self._waiting.add(future)
        self._jobs.put(_Job(unit, future))
        return await future

    async def close(self, patience: float = 5.0) -> None:
        """Finish what waits, then stop; what `patience` seconds do not suffice for ends in StoreClosed."""
        self._closing.set()
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join, patience)
        self._abandon()

    def _abandon(self) -> None:
        """Tell all who still wait that they wait for nothing."""
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_exception(StoreClosed())

    # From here on: the writer's thread.

    def _serve(self) -> None:
        try:
            self._warm_up()
            for batch in self._batches():
                self._settle(batch)
        except _GaveUp:
            self._log.warning("store closed while unreachable")
        except BaseException:
            self._log.critical("store writer died", exc_info=True)
            raise
        finally:
            self._closing.set()
            self._session.close()
            self._tell(self._abandon)

    def _warm_up(self) -> None:
        """Connect before the first unit comes; who comes will hear of it if it cannot be."""
        with suppress(Refused):
            self._carry_out(())

    def _batches(self) -> Iterator[list[_Job]]:
        """What waits, in the order taken; sleeps in the queue until something does."""
        while (job := self._jobs.get()) is not None:
            batch = [job]
            with suppress(Empty):
                while len(batch) < self._most_together and (job := self._jobs.get_nowait()) is not None:
                    batch.append(job)
            yield batch
            if job is None:
                return

    def _settle(self, jobs: Sequence[_Job]) -> None:
        """Carry the jobs out and answer them all.

        Where one raised, those before it are committed without it, it is run alone, and so on with the rest.
        """
        while jobs:
            try:
                results = self._carry_out([job.unit for job in jobs])
            except Refused as refusal:
                if len(jobs) == 1 or isinstance(refusal.__cause__, StoreTaken):
                    self._answer([_Outcome(job, error=refusal.__cause__) for job in jobs])
                    return
                first = len(jobs) // 2 if refusal.position is None else max(refusal.position, 1)
                self._settle(jobs[:first])
                jobs = jobs[first:]
            else:
                self._answer([_Outcome(job, result) for job, result in zip(jobs, results, strict=True)])
                return

    def _carry_out(self, units: Sequence[Callable[[Transaction], Any]]) -> list[Any]:
        """The results of the units, however long the database is away. Raises Refused, _GaveUp on closing."""
        pause = _FIRST_PAUSE
        while True:
            try:
                results = self._session.carry_out(units)
            except Outage as outage:
                self._note(outage.__cause__)
                if self._closing.wait(pause):
                    raise _GaveUp from None
                pause = min(2 * pause, _LONGEST_PAUSE)
            except Refused:
                self._note(None)
                raise
            else:
                self._note(None)
                return results

    def _note(self, trouble: BaseException | None) -> None:
        self.trouble = "" if trouble is None else str(trouble).partition("\n")[0]
        if trouble is not None and self.reachable:
            self._log.warning("store unreachable", reason=self.trouble)
        elif trouble is None and not self.reachable:
            self._log.info("store reachable again")
        self.reachable = trouble is None

    def _answer(self, outcomes: Sequence[_Outcome]) -> None:
        self._tell(lambda: self._resolve(outcomes))

    def _tell(self, what: Callable[[], None]) -> None:
        """Have the loop do something; a loop that is closed has nobody left who waits."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(what)

    # And from here on: the loop's again.

    def _resolve(self, outcomes: Sequence[_Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome.error, StoreTaken):
                self.taken.set()
            future = outcome.job.future
            self._waiting.discard(future)
            if future.done():
                continue
            if outcome.error is None:
                future.set_result(outcome.result)
            elif isinstance(outcome.error, StopIteration):  # which a Future refuses
                future.set_exception(RuntimeError("the unit raised StopIteration"))
            else:
                future.set_exception(outcome.error)
