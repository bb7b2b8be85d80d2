"""An exporter of the usual order, to be compared with: it writes, renames, marks, commits.

As many exporters of CDRs do it: a file of all records that are not marked yet is written under another name
and renamed into the directory from which files are sent; then the records are marked as exported, and that is
committed. What lies in the directory is sent and put aside. Form, names and way to the destination are the
product's: only the order differs, and that the file is not a row first. Nothing but kills.py uses it.
"""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, insert, select, update

from usnd.config.sections import Config
from usnd.domain.billing.cdr_file import CdrFile
from usnd.domain.billing.formats import FORMATS
from usnd.domain.billing.rhythm import HOUR
from usnd.services.billing.clients import clients_of
from usnd.services.billing.export import Client
from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction

_TABLES = MetaData()
_MARKS = Table(
    "usual_marks",
    _TABLES,
    Column("destination", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
)
_MOST = 1_000_000
STEPS = ("written", "renamed", "marked", "committed", "there", "put aside")


class UsualExport:
    """now: UTC. reached: told of each step."""

    def __init__(self, config: Config, now: datetime, reached: Callable[[str], None]) -> None:
        assert config.billing.directory is not None
        self._config, self._now, self._reached = config, now, reached
        self._directory = config.billing.directory / "usual"

    def run(self) -> bool:
        """Once for each destination. False: something was not sent."""
        done = True
        for client in clients_of(self._config):
            out = self._directory / client.name
            (out / "sent").mkdir(parents=True, exist_ok=True)
            with engine_for(self._config.store.url).begin() as connection:
                marked = self._export(connection, client, out)
            if marked:
                self._reached("committed")
            done = self._send(client, out) and done
        return done

    def _export(self, connection: Connection, client: Client, out: Path) -> bool:
        """The file, and the mark. False: this hour has been exported."""
        _TABLES.create_all(connection)
        mark = connection.execute(select(_MARKS).where(_MARKS.c.destination == client.name)).one_or_none()
        number, last = (mark.number, mark.last) if mark is not None else (0, 0)
        until = self._now.replace(minute=0, second=0, microsecond=0)
        if number >= self._hours(until):
            return False
        cdrs = Transaction(connection).cdrs
        file = CdrFile(
            destination=client.name,
            number=number + 1,
            since=until - HOUR,
            until=until,
            first=last + 1,
            last=cdrs.newest(),
            format=client.form.format,
            layout=client.form.layout,
            closed_at=self._now,
        )
        form = FORMATS[file.format]
        body = form.opening(file) + form.records(file.layout, cdrs.up_to(last, file.last, _MOST))
        part = out / f".{file.name}.part"
        part.write_bytes(body + form.closing(file, sha256(body).hexdigest()))
        self._reached("written")
        part.replace(out / file.name)
        self._reached("renamed")
        marks = {"destination": client.name, "number": file.number, "last": file.last}
        if mark is None:
            connection.execute(insert(_MARKS).values(**marks))
        else:
            connection.execute(update(_MARKS).where(_MARKS.c.destination == client.name).values(**marks))
        self._reached("marked")
        return True

    def _hours(self, until: datetime) -> int:
        """How many files there are to be by then."""
        return (until - FIRST_HOUR) // HOUR

    def _send(self, client: Client, out: Path) -> bool:
        """All that lies there, in the order of the names."""
        waiting = sorted(path for path in out.iterdir() if path.is_file() and path.name[0] != ".")
        if waiting and client.way.prepare() is not None:
            return False
        for path in waiting:
            if client.way.send(path) is not None:
                return False
            self._reached("there")
            path.replace(out / "sent" / path.name)
            self._reached("put aside")
        return True


FIRST_HOUR = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
"""Before the first file of kills.py."""
