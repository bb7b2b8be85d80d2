"""Which schema a database has, and whether this release can work on it. Does without Alembic, as the daemon.

The daemon and the command ask before they begin. The number of this release's schema is here, and which
earlier releases can work on it: a database says that itself, so that a release that is older than the
migration knows (decision 18). Tests hold both against the migrations.
"""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    String,
    Table,
    column,
    delete,
    insert,
    inspect,
    select,
    table,
)

from usnd.store.core.engine import reading

HEAD = "0025"
READERS = "0006"
"""The oldest schema whose release can work on HEAD: all migrations after it only add."""
_SQLITE = "sqlite:///"
_VERSIONS = table("alembic_version", column("version_num"))
_REACH = Table("schema_readers", MetaData(), Column("oldest", String(32), nullable=False))


@dataclass(frozen=True)
class Revision:
    """Of a database: its newest migration, and the schema of the oldest release that can work on it."""

    number: str
    oldest: str

    @property
    def usable(self) -> bool:
        """Whether this release can work on it: it is at its schema, or newer by what was only added."""
        return self.number == HEAD or self.oldest <= HEAD < self.number


def look(url: str) -> Revision | None:
    """What the database says of itself, or None for an empty one. Blocks; raises SQLAlchemy's errors."""
    if missing_file(url):
        return None
    with reading(url) as connection:
        if not inspect(connection).has_table(_VERSIONS.name):
            return None
        number = connection.execute(select(_VERSIONS.c.version_num)).scalar()
        if number is None:
            return None
        told = inspect(connection).has_table(_REACH.name)
        oldest = connection.execute(select(_REACH.c.oldest)).scalar() if told else None
    return Revision(number, oldest or number)


def tell_readers(connection: Connection) -> None:
    """Writes into a database that was brought to HEAD who can work on it."""
    _REACH.create(connection, checkfirst=True)
    connection.execute(delete(_REACH))
    connection.execute(insert(_REACH), {"oldest": READERS})


def current(url: str) -> str | None:
    """The newest migration in the database, or None for an empty one. As `look`."""
    found = look(url)
    return found.number if found else None


def missing_file(url: str) -> bool:
    """Whether the URL is of a SQLite file that is not there, but could be: connecting makes an empty one."""
    path = Path(url.removeprefix(_SQLITE))
    return url.startswith(_SQLITE) and path.parent.is_dir() and not path.exists()


def is_usable(url: str) -> bool:
    """Whether this release can work on the database. As `look`."""
    found = look(url)
    return found is not None and found.usable
