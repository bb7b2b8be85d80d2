"""How values cross into columns and back: times in UTC, enums as their value, text as people wrote it, keys.

store/schema builds its tables of these.
"""

from datetime import UTC, datetime
from enum import Enum as PythonEnum
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, Enum, Identity, Integer, String, Text
from sqlalchemy.types import TypeDecorator

KEY = BigInteger().with_variant(Integer, "sqlite")
"""Exactly this: SQLite numbers rows by itself only in a column of such a type."""


class Utc(TypeDecorator[datetime]):
    """An aware time, in UTC on the way in and out: SQLite keeps no zone. A naive time is a ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's signature
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"a time without a zone cannot be stored: {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's signature
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Written(TypeDecorator[str]):
    """Text that people wrote. What no database holds, NUL and lone surrogates, becomes U+FFFD.

    One such text from a handset must not be refused for ever and delivered again for ever.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        if value is None:
            return None
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")


class Known(TypeDecorator[PythonEnum]):
    """The value of an enum; one that a later release wrote, and this one does not know, is None."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[PythonEnum]) -> None:
        super().__init__()
        self.kind = kind
        self._named = {str(one.value): one for one in kind}

    def process_bind_param(self, value: PythonEnum | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        return None if value is None else str(value.value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> PythonEnum | None:  # noqa: ARG002 -- SQLAlchemy's signature
        return self._named.get(str(value))


def one_of(kind: type[PythonEnum], name: str) -> Enum:
    """The value of an enum, checked; wider than its longest value, so that a new one needs no new column."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


def row_id() -> Column[int]:
    """A key the database gives, never again after a deletion."""
    return Column("id", KEY, Identity(), primary_key=True)
