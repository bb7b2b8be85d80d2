"""A bulk is carried out: lot by lot, each row answered with a code of its own as soon as its lot is
committed.

site.py gives a bulk that was read. One lot of it is in flight at a time, so that texts never wait behind
it. If it is interrupted, the same bulk is sent again: usnd knows each row by its number, gives those that
were done the same result again, and the rest goes on. The summary counts all rows, also those that are
not told because they stand before `from`.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec
import structlog

from usnd.ca.identity import Identity
from usnd.control.answers import ProvisioningResult
from usnd.control.requests import MOST_ORDERS, StartBulk
from usnd.domain.provisioning.codes import Code
from usnd.web.certificates import Certificates, NotBelieved
from usnd.web.control_line import MOST_OCTETS, NoResult, provision, start_bulk
from usnd.web.note import Note
from usnd.web.provisioning import answers
from usnd.web.provisioning.bulk_reader import Bulk, Row
from usnd.web.provisioning.bulk_summary import BulkEnd

_PATIENCE = 25.0
"""Seconds for one lot: longer than usnd takes for anything."""
_TRIES = 6
_PAUSE = 0.5
"""Seconds before a lot is sent again."""
_ALIVE = b"\n"
"""Instead of a lot of which nothing is told: white space, so that nobody takes the connection for dead."""
_PASSING = frozenset({Code.NOT_ACTIVE, Code.TOO_MANY_REQUESTS, Code.NO_ANSWER_IN_TIME})
"""Of a whole lot: it may be sent again at once, for its rows are known by their numbers."""
_UNDECIDED = _PASSING | {Code.REQUEST_RUNS, Code.REQUEST_FAILED}
"""Of a row: another connection still has it in flight, or it is not known what became of it."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks, and the id that the site gave the request."""

    identity: Identity
    server: str


class BulkRefused(Exception):
    """usnd does not take it; nothing of it was done. `server`: the id of the first request of that id."""

    def __init__(self, code: Code, server: str) -> None:
        super().__init__(code)
        self.code, self.server = code, server


class Interrupted(Exception):
    """The bulk ends before its last row. `code`: why."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


class BulkRun:
    """The answer to one bulk, as an iterable of octets. `closed` is called once, whatever happens."""

    def __init__(  # what it works with
        self,
        bulk: Bulk,
        client: Client,
        control: Path,
        certificates: Certificates,
        stopping: Callable[[], bool],
        note: Note,
        closed: Callable[[], None],
    ) -> None:
        self._bulk = bulk
        self._client = client
        self._control = control
        self._certificates = certificates
        self._stopping = stopping
        self._note = note
        self._closed = closed
        self._server = client.server
        self._done = self._refused = 0
        self._octets = self._answer()
        self._log = structlog.get_logger("usnd.web")

    def start(self) -> None:
        """Tells usnd of it. Raises BulkRefused, NoResult."""
        if self._bulk.check or not self._bulk.orders:
            return
        who = self._client.identity
        asked = StartBulk(
            serial=who.serial,
            issuer=who.issuer,
            request=self._bulk.id,
            digest=self._bulk.digest,
            server=self._client.server,
            rows=self._bulk.orders,
        )
        told = start_bulk(self._control, asked, _PATIENCE)
        if told.code != Code.DONE:
            raise BulkRefused(Code(told.code), told.server)
        self._server = told.server

    def __iter__(self) -> Iterator[bytes]:
        """The document, a lot at a time."""
        return self._octets

    def close(self) -> None:
        """The client has all of it, or is gone."""
        self._octets.close()
        self._bulk.close()
        self._note.tell(rows=self._bulk.count, done=self._done, refused=self._refused)
        self._closed()

    def _answer(self) -> Generator[bytes, None, None]:
        yield answers.bulk_head(self._bulk.id, self._server)
        code = None
        rows = self._bulk.rows()
        try:
            while lot := list(islice(rows, MOST_ORDERS)):
                yield self._lot(lot).encode() or _ALIVE
        except Interrupted as error:
            code = error.code
        except Exception:  # noqa: BLE001 # the answer has begun: its summary tells
            self._log.error("unforeseen error", server=self._client.server, exc_info=True)
            code = Code.FAULT
        else:
            assert self._done + self._refused == self._bulk.count, "a row without an answer"
        end = BulkEnd(self._bulk.count, self._done, self._refused, self._bulk.check, code)
        self._note.code = end.code.value
        yield answers.bulk_end(end)

    def _lot(self, lot: Sequence[Row]) -> str:
        """The answers to these rows, from `first` on; those before it are done and counted, too.

        Raises Interrupted: none of them was told then.
        """
        orders = [row for row in lot if row.fault is None]
        results = dict(zip((row.number for row in orders), self._results(orders), strict=True))
        told = list[str]()
        for row in lot:
            fault = row.fault
            if fault is not None:
                self._refused += 1
            else:
                done = answers.is_done(Code(results[row.number].result.code))
                self._done += done
                self._refused += not done
            if row.number < self._bulk.first:
                continue
            told.append(
                answers.faulty_row(row.number, fault)
                if fault is not None
                else answers.row(row.number, row.operation, results[row.number].result)
            )
        return "".join(told)

    def _results(self, rows: Sequence[Row]) -> list[ProvisioningResult]:
        results = list[ProvisioningResult]()
        for part in _parts([(row, self._line(row)) for row in rows]):
            results += self._committed(part)
        return results

    def _committed(self, lines: Sequence[bytes]) -> Sequence[ProvisioningResult]:
        """Their results; what comes to nothing for the moment is sent again, a few times."""
        code = Code.NOT_ACTIVE
        for nth in range(_TRIES):
            if nth:
                time.sleep(_PAUSE)
            if self._stopping():
                raise Interrupted(Code.NOT_ACTIVE)
            try:
                self._certificates.check(self._client.identity)
                results = provision(self._control, lines, _PATIENCE)
            except NotBelieved as error:
                raise Interrupted(error.code) from error
            except NoResult as error:
                code = error.code
                self._log.warning(
                    "no results from usnd", server=self._client.server, code=code, error=str(error)
                )
                if code not in _PASSING:
                    raise Interrupted(code) from error
                continue
            undecided = [one.result.code for one in results if one.result.code in _UNDECIDED]
            if not undecided:
                return results
            code = Code(undecided[0])
        raise Interrupted(code)

    def _line(self, row: Row) -> bytes:
        who = self._client.identity
        return _ENCODER.encode(
            {
                "serial": who.serial,
                "issuer": who.issuer,
                "request": self._bulk.id,
                "row": row.number,
                "digest": self._bulk.digest,
                "server": self._client.server,
                "check": self._bulk.check,
                "order": row.order,
            }
        )


_ENCODER = msgspec.json.Encoder()


def _parts(rows: Sequence[tuple[Row, bytes]]) -> Iterator[list[bytes]]:
    """As few lines to usnd as hold them."""
    part, octets = list[bytes](), 0
    for _row, line in rows:
        if part and octets + len(line) + 1 > MOST_OCTETS:
            yield part
            part, octets = [], 0
        part.append(line)
        octets += len(line) + 1
    if part:
        yield part
