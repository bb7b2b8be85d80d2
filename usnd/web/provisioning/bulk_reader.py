"""A bulk of the CRM, read once: each row becomes a line in a nameless file, so that no bulk ever fills the
memory.

bulks.py reads it in and goes through the lines. The digest is over all of them: two bulks that mean the
same have the same one, however they are laid out, and wherever they are to go on from.
"""

import hashlib
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import IO

import msgspec

from usnd.domain.provisioning.codes import Code
from usnd.web.connections import NOT_KEPT
from usnd.web.provisioning.grammar import BULK, MOST_ROWS, PREFIX
from usnd.web.provisioning.request_reader import FaultyRequest, order_of
from usnd.web.provisioning.xml_reader import Fault, Node, XmlReader

LONGEST = 100 * 1024 * 1024
"""Octets of a document."""
_CHUNK = 65_536
_KEPT_IN_MEMORY = 512 * 1024
_YIELD = 0.001
"""Seconds between two chunks, for those whose requests are short."""


class NotKept(Fault):
    """The spool directory takes no more. `error`: why, for the journal."""

    def __init__(self, error: OSError) -> None:
        super().__init__(Code.FAULT, NOT_KEPT)
        self.error = error


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One row as it waits: an order in JSON with its operation, or what is wrong with it."""

    number: int
    operation: str = ""
    order: msgspec.Raw = msgspec.Raw(b"null")
    code: int = 0
    text: str = ""
    at: str = ""

    @property
    def fault(self) -> Fault | None:
        """None: it is an order."""
        return Fault(Code(self.code), self.text, self.at) if self.code else None


class Bulk:
    """One that was read whole and is well-formed. `first`: rows before it are done, but not told."""

    def __init__(self, id_: str, *, check: bool, first: int, rows: "_Rows") -> None:
        self.id = id_
        self.check = check
        self.first = first
        self.digest = rows.digest.hexdigest()
        self.count = rows.count
        self.orders = rows.orders
        self._file = rows.file

    def rows(self) -> Iterator[Row]:
        """All, in order."""
        self._file.seek(0)
        for line in self._file:
            yield _DECODER.decode(line)

    def close(self) -> None:
        """The file goes."""
        self._file.close()


_ENCODER, _DECODER = msgspec.json.Encoder(order="sorted"), msgspec.json.Decoder(Row)


class _Rows:
    """Takes the rows as they are read."""

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(_KEPT_IN_MEMORY)  # noqa: SIM115 # the Bulk's
        self.digest = hashlib.sha256()
        self.count = 0
        self.orders = 0

    def take(self, number: int, row: Node | Fault) -> None:
        """One row. Raises Fault if there are too many."""
        if number > MOST_ROWS:
            raise Fault(Code.TOO_LARGE, f"a bulk has at most {MOST_ROWS} rows")
        self.count = number
        if isinstance(row, Fault):
            line = Row(number, code=row.code.value, text=row.text, at=row.at)
        else:
            self.orders += 1
            line = Row(number, row.element.name, msgspec.Raw(_ENCODER.encode(order_of(row))))
        octets = _ENCODER.encode(line) + b"\n"
        self.digest.update(octets)
        try:
            self.file.write(octets)
        except OSError as error:
            raise NotKept(error) from error

    def complete(self) -> None:
        """All of it is in the file. Raises NotKept."""
        try:
            self.file.flush()
        except OSError as error:
            raise NotKept(error) from error

    def close(self) -> None:
        """The file goes; what it could not take goes with it."""
        with suppress(OSError):
            self.file.close()


def read(body: IO[bytes]) -> Bulk:
    """The whole document, a chunk at a time. Raises FaultyRequest: then nothing of it is done."""
    rows = _Rows()
    reader = XmlReader(BULK, rows.take)
    try:
        _feed(reader, body)
        document = reader.document
        assert document is not None, "expat has seen the end of the root"
        _not_empty(rows)
        first = _first(document, rows.count)
        rows.complete()
    except Fault as fault:
        rows.close()
        raise FaultyRequest(fault, reader.request_id) from fault
    except BaseException:
        rows.close()
        raise
    check = document.attributes.get("mode") == "check"
    rows.digest.update(b"check" if check else b"do")
    return Bulk(reader.request_id, check=check, first=first, rows=rows)


def _not_empty(rows: _Rows) -> None:
    if not rows.count:
        raise Fault(Code.EMPTY_BULK, "")


def _first(document: Node, rows: int) -> int:
    first = int(document.attributes.get("from", 1))
    if first > rows:
        has = "1 row" if rows == 1 else f"{rows} rows"
        raise Fault(
            Code.VALUE_NOT_ALLOWED,
            f"from cannot be {first}: the bulk has {has}; nothing was done",
            f"/{PREFIX}:{BULK.name}/@from",
        )
    return first


def _feed(reader: XmlReader, body: IO[bytes]) -> None:
    octets = 0
    while chunk := body.read(_CHUNK):
        octets += len(chunk)
        if octets > LONGEST:
            raise Fault(Code.TOO_LARGE, f"a bulk has at most {LONGEST} octets")
        reader.feed(chunk)
        time.sleep(_YIELD)
    reader.feed(b"", last=True)
