"""Many rows in one statement: a JSON array is one parameter, so that any number of rows is the same SQL.

The repositories write and read their sets by it, on PostgreSQL and SQLite. A statement for many rows costs
what one for one row costs, and is prepared once; texts come, and are settled, by the hundred.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

import msgspec
from sqlalchemy import URL, Column, Dialect, Text, TextClause, bindparam, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import Boolean

from usnd.store.core.execution import Executor
from usnd.store.core.statements import Rows

_Process = Callable[[Any], Any] | None


def json_of(values: Iterable[Any]) -> str:
    """A JSON array, as OneOf takes it."""
    return msgspec.json.encode(list(values)).decode()


class OneOf(FunctionElement[bool]):
    """`column` is one of the values in a JSON array: the bound parameter of that name, made by `json_of`.

    Unlike IN with a list it is the same statement for any number of values.
    """

    name = "one_of"
    inherit_cache = True
    type = Boolean()

    def __init__(self, column: Column[Any], parameter: str) -> None:
        super().__init__(column, bindparam(parameter, type_=Text()))

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002 # SQLAlchemy's signature
        """Itself: SQLAlchemy would write `… = 1` for SQLite, which no index answers."""
        return self


@compiles(OneOf, "postgresql")
def _postgresql(element: OneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    kind = next(iter(element.clauses)).type.compile(dialect=compiler.dialect)
    # As an array it is looked up in the index, whatever the planner believes about the set.
    return f"{column} = ANY (ARRAY(SELECT CAST(json_array_elements_text(CAST({values} AS json)) AS {kind})))"


@compiles(OneOf, "sqlite")
def _sqlite(element: OneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 # compiled parts, no values


class RowsStatement:
    """A statement over many rows. In its text `{rows}` is a FROM item `r` with the columns and `nth`.

    `{picked}` after a column says that it is one of the first column's values, by the index, as OneOf does.
    """

    def __init__(self, statement: str, *columns: Column[Any]) -> None:
        """The columns give the names and types of the rows' values."""
        self._statements = {
            name: _Statement(statement, columns, dialect) for name, dialect in _dialects().items()
        }

    def run(self, tx: Executor, rows: Iterable[Sequence[Any]], **values: Any) -> Rows:
        """Values in the order of the columns; `values`: of further parameters. SQLAlchemy's errors."""
        statement = self._statements[tx.dialect]
        return tx.execute(statement.text, {"rows": statement.encode(rows), **values})


class _Statement:
    """The same in the words of one database."""

    def __init__(self, statement: str, columns: Sequence[Column[Any]], dialect: Dialect) -> None:
        self._names = tuple(column.name for column in columns)
        self._processes: tuple[_Process, ...] = tuple(
            column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns
        )
        kinds = {column.name: column.type.compile(dialect=dialect) for column in columns}
        postgresql = dialect.name == "postgresql"
        source = _recordset(kinds) if postgresql else _each(kinds)
        keys = f"SELECT r.{self._names[0]} FROM {source}"  # noqa: S608 # names of columns
        picked = f"= ANY (ARRAY({keys}))" if postgresql else f"IN ({keys})"
        self.text: TextClause = text(statement.format(rows=source, picked=picked))

    def encode(self, rows: Iterable[Sequence[Any]]) -> str:
        return json_of(
            {
                name: value if process is None else process(value)
                for name, process, value in zip(self._names, self._processes, row, strict=True)
            }
            for row in rows
        )


def _dialects() -> dict[str, Dialect]:
    made = (URL.create(name).get_dialect()() for name in ("postgresql+psycopg", "sqlite"))
    return {dialect.name: dialect for dialect in made}


def _recordset(kinds: Mapping[str, str]) -> str:
    typed = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
    names = ", ".join(f'"{name}"' for name in kinds)
    records = f"json_to_recordset(CAST(:rows AS json)) AS ({typed})"
    return f"ROWS FROM ({records}) WITH ORDINALITY AS r({names}, nth)"


def _each(kinds: Mapping[str, str]) -> str:
    values = ", ".join(f"json_extract(value, '$.{name}') AS \"{name}\"" for name in kinds)
    return f"(SELECT {values}, key AS nth FROM json_each(:rows)) AS r"  # noqa: S608 # names of columns
