"""What only this server's database has, kept aside before it is given up (R7): its directory, and a list.

postgres.py calls it before a database that was active alone follows the other's. Nothing acknowledged is
thrown away: `main` becomes `main.kept-TIME`, whole, and `main.kept-TIME.jsonl` lists what the other never
had.
"""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import structlog
from psycopg import sql

from usnd.pair.config import DatabaseConfig
from usnd.pair.database.directory import PATIENCE, DataDirectory, PostgresError
from usnd.pair.run_program import run
from usnd.process.postgres_connection import connect

_COMMIT = re.compile(r"tx: +(\d+),.*desc: COMMIT ")
_SUBXACTS = re.compile(r"subxacts: ([\d ]+)")
_TABLES = """
select format('%I.%I', schemaname, tablename) from pg_tables
where schemaname not in ('pg_catalog', 'information_schema') order by 1
"""
_DATABASES = "select datname from pg_database where datallowconn and not datistemplate order by 1"


class NotKeptError(PostgresError):
    """It could not be put aside, so that nothing was given up; the text says why."""


class Aside:
    """Of one database directory."""

    def __init__(self, config: DatabaseConfig, directory: DataDirectory) -> None:
        self._config, self._directory = config, directory
        self._data = config.data
        self._begun = config.data.with_suffix(".aside")
        self._log = structlog.get_logger("usnd.pair")

    async def keep(self, since: int) -> None:
        """Puts the directory aside, unless nothing in it is this server's alone. Raises NotKeptError.

        since: the place in the log (bytes) from which on this server was alone; 0: not known. A crash at any
        moment leaves it whole, here or aside.
        """
        try:
            await self._keep(since)
        except (PostgresError, OSError) as error:
            raise NotKeptError(str(error)) from error

    async def _keep(self, since: int) -> None:
        await self._directory.stop()
        if not (self._data / "PG_VERSION").exists():
            self._begun.unlink(missing_ok=True)
            return
        if not self._begun.exists() and not await self._directory.was_primary():
            return
        if self._data.is_mount():  # seen before all of it is read in vain
            raise PostgresError(
                f"{self._data} is a mount point, so cannot be renamed: mount its disk higher up"
            )
        self._begun.touch()
        name = self._data.with_suffix(f".kept-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
        rows = await self._list(name.with_name(f"{name.name}.jsonl"), since)
        await self._directory.stop()
        try:
            self._data.rename(name)
        except OSError as error:  # it is tried again, and leaves no list each time
            name.with_name(f"{name.name}.jsonl").unlink(missing_ok=True)
            raise PostgresError(f"{self._data} cannot be renamed: {error}") from error
        self._begun.unlink()
        self._log.warning("what only this server had is kept aside", directory=str(name), rows=rows)

    async def _list(self, file: Path, since: int) -> int | None:
        """How many rows are listed; None where they could not be, and the file says why."""
        try:
            commits = await self._commits(since)
            self._directory.connect_nowhere()
            await self._directory.start()
            lines = [json.dumps(line, default=str) for line in self._rows(commits)]
        except (PostgresError, psycopg.Error, OSError, ValueError) as error:
            told = {"not listed": str(error)[-500:], "see": "the directory beside this file has all of it"}
            await asyncio.to_thread(file.write_text, json.dumps(told) + "\n")
            return None
        head = {"alone since": since, "transactions": None if commits is None else len(commits)}
        await asyncio.to_thread(file.write_text, "\n".join((json.dumps(head), *lines)) + "\n")
        return len(lines)

    async def _commits(self, since: int) -> set[int] | None:
        """The transactions that were committed since then; None: all, since it is not known from when."""
        if not since:
            return None
        found: set[int] = set()
        timelines = self._timelines(await self._directory.timeline())
        for (timeline, begin), (_, end) in zip(timelines, [*timelines[1:], (0, 0)], strict=True):
            if end and end <= since:
                continue
            found |= await self._committed(timeline, max(since, begin))
        return found

    def _timelines(self, last: int) -> list[tuple[int, int]]:
        """Each with the place where it begins, as its history file says."""
        history = self._data / f"pg_wal/{last:08X}.history"
        text = history.read_text() if history.exists() else ""
        switches = [line.split()[:2] for line in text.splitlines() if line.strip() and line[0] != "#"]
        numbers = [*(int(number) for number, _ in switches), last]
        return list(zip(numbers, [0, *(_place(at) for _, at in switches)], strict=True))

    async def _committed(self, timeline: int, since: int) -> set[int]:
        """By pg_waldump; it ends with an error where the log ends, and has told all by then."""
        place = f"{since >> 32:X}/{since & 0xFFFFFFFF:X}"
        dump = ("env", "LC_ALL=C", str(self._config.programs / "pg_waldump"), "--rmgr=Transaction")
        where = ("-p", str(self._data / "pg_wal"), "-t", str(timeline), "-s", place)
        _, said = await run((*self._config.as_user, *dump, *where), PATIENCE)
        lines = [line for line in said.splitlines() if _COMMIT.search(line)]
        if not lines and "could not find file" in said:
            raise PostgresError(said[-300:])
        ids = {int(found[1]) for line in lines if (found := _COMMIT.search(line))}
        inner = (found[1].split() for line in lines if (found := _SUBXACTS.search(line)))
        return ids.union(*(map(int, numbers) for numbers in inner))

    def _rows(self, commits: set[int] | None) -> Iterator[dict[str, Any]]:
        """Those that these transactions wrote, as they are now; what they deleted is only in the log."""
        own = psycopg.conninfo.make_conninfo(self._config.own, client_encoding="utf8")
        with connect(own, connect_timeout=5, autocommit=True) as link:
            databases = [str(name) for (name,) in link.execute(_DATABASES)]
        for database in databases:
            yield from self._rows_of(database, commits)

    def _rows_of(self, database: str, commits: set[int] | None) -> Iterator[dict[str, Any]]:
        own = psycopg.conninfo.make_conninfo(self._config.own, dbname=database, client_encoding="utf8")
        wanted = sql.SQL("") if commits is None else sql.SQL(" where xmin::text = any(%s)")
        values = () if commits is None else ([str(one) for one in sorted(commits)],)
        with connect(own, connect_timeout=5, autocommit=True) as link:
            for (table,) in link.execute(_TABLES).fetchall():
                asked = sql.SQL("select to_jsonb(t) from {} t").format(sql.SQL(table)) + wanted
                for (row,) in link.execute(asked, values):
                    yield {"database": database, "table": table, "row": row}


def _place(text: str) -> int:
    """`1/2345678` in bytes."""
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)
