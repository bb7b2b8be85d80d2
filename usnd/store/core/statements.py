"""A statement in the words of one database: compiled once by SQLAlchemy, then run by the driver itself.

Every statement of a transaction goes through here. Values cross as the types of the columns say, and errors
are SQLAlchemy's. To run them through SQLAlchemy, too, costs more than the SQL does (docs/decisions/0015). A
list cannot be a value: see row_sets.py.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

Row = Mapping[str, Any]
_Values = dict[str, Any]
_Process = Callable[[Any], Any]

_MOST_KEPT = 1_000


class Rows(IteratorResult[*tuple[Any, ...]]):
    """What a statement gave, all of it read; `rowcount` is how many rows it changed."""

    def __init__(self, columns: SimpleResultMetaData, rows: Iterable[Sequence[Any]], rowcount: int) -> None:
        super().__init__(columns, iter(rows))
        self.rowcount = rowcount


def run(connection: Connection, statement: Executable, values: Row | Sequence[Row]) -> Rows:
    """Runs it in the connection's transaction, once for each row if there are several (at least one).

    Raises SQLAlchemy's errors; ValueError for a value that cannot cross.
    """
    names = values if isinstance(values, Mapping) else values[0]
    return _compiled(statement, tuple(names), connection.dialect).run(connection, values)


class _Compiled:
    """SQL with named parameters, and how values go in and come out."""

    def __init__(self, statement: ClauseElement, names: Sequence[str], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=names)
        assert isinstance(compiled, SQLCompiler)
        # SQLAlchemy writes out the lists that the statement itself has: IN (…).
        written = compiled.construct_expanded_state(dict.fromkeys(names))
        self._sql = written.statement
        self._dialect = dialect
        types = {name: bind.type for name, bind in compiled.binds.items() if name in written.parameters}
        into = {name: kind.dialect_impl(dialect).bind_processor(dialect) for name, kind in types.items()}
        self._into = _given({**into, **written.processors})
        own = {name: value for name, value in written.parameters.items() if name not in names}
        self._own = self._processed(own)
        out = [column.type.dialect_impl(dialect) for column in getattr(statement, "exported_columns", ())]
        self._out = _given({nth: kind.result_processor(dialect, None) for nth, kind in enumerate(out)})
        self._columns: SimpleResultMetaData | None = None

    def run(self, connection: Connection, values: Row | Sequence[Row]) -> Rows:
        cursor = connection.connection.cursor()
        try:
            if isinstance(values, Mapping):
                cursor.execute(self._sql, self._processed(values) | self._own)
            else:
                cursor.executemany(self._sql, [self._processed(row) | self._own for row in values])
            return self._found(cursor)
        except self._dialect.loaded_dbapi.Error as error:
            raise self._wrapped(error, connection, cursor) from error
        finally:
            cursor.close()

    def _processed(self, values: Row) -> _Values:
        processed = dict(values)
        for name, process in self._into:
            if name in processed:
                processed[name] = process(processed[name])
        return processed

    def _found(self, cursor: DBAPICursor) -> Rows:
        if self._columns is None:
            self._columns = SimpleResultMetaData([column[0] for column in cursor.description or ()])
        rows = cursor.fetchall() if cursor.description else ()
        return Rows(self._columns, map(self._read, rows) if self._out else rows, cursor.rowcount)

    def _read(self, row: Sequence[Any]) -> Sequence[Any]:
        read = list(row)
        for nth, process in self._out:
            read[nth] = process(read[nth])
        return tuple(read)

    def _wrapped(self, error: Exception, connection: Connection, cursor: DBAPICursor) -> BaseException:
        """As SQLAlchemy does it, and without values: they are people's numbers and words."""
        driver = connection.connection.dbapi_connection
        lost = self._dialect.is_disconnect(error, driver, cursor)  # type: ignore[arg-type] # checked by us
        return DBAPIError.instance(
            self._sql,
            None,
            error,
            self._dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=self._dialect,
        )


@lru_cache(_MOST_KEPT)
def _compiled(statement: ClauseElement, names: Sequence[str], dialect: Dialect) -> _Compiled:
    return _Compiled(statement, names, dialect)


def _given(processes: Mapping[Any, _Process | None]) -> tuple[tuple[Any, _Process], ...]:
    return tuple((which, process) for which, process in processes.items() if process is not None)
